import type { IncomingMessage, ServerResponse } from 'node:http'
import { KmsError } from '../core/errors.js'
import type { BodyHold } from './admission.js'

/** Longest body in bytes; the largest real one has about 20,000. */
export const MAX_BODY_BYTES = 1024 * 1024

/**
 * How much of a body that is too long is read and thrown away, so that a client that sends it all reads the answer
 * instead of a reset connection.
 */
const MAX_DISCARDED_BYTES = 16 * MAX_BODY_BYTES

const NOTHING = new Uint8Array(0)

/** The client went away before its request was complete; nobody reads an answer. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

/**
 * Reads the raw body of a request; empty where there is none. The bytes are the caller's, who zeroes them.
 *
 * Written here rather than taken from a package because the parsers for Express read a body that is too long to its
 * end, however long it is, before they refuse it.
 *
 * @param hold - counts what is held
 * @throws KmsError KMS.0203 for a body that is too long, KMS.0214 for one that is compressed
 * @throws ClientGone, Overloaded
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  hold: BodyHold,
): Promise<Uint8Array> {
  const { headers } = request
  if (headers['content-encoding'] !== undefined) {
    throw new KmsError('KMS.0214', 'Content-Encoding is not accepted: send the body as it is.')
  }
  const stated = headers['content-length']
  if (stated === undefined && headers['transfer-encoding'] === undefined) return NOTHING
  const waits = headers.expect !== undefined
  if (Number(stated) > (waits ? MAX_BODY_BYTES : MAX_DISCARDED_BYTES)) throw tooLong(response)
  if (waits) response.writeContinue()
  return await collect(request, response, hold)
}

function collect(
  request: IncomingMessage,
  response: ServerResponse,
  hold: BodyHold,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', function keep(chunk: Buffer) {
      size += chunk.length
      if (size <= MAX_BODY_BYTES) {
        chunks.push(chunk)
        try {
          hold.add(chunk.length)
        } catch (overloaded) {
          leave(overloaded)
        }
        return
      }
      wipe(chunks)
      hold.release()
      if (size > MAX_DISCARDED_BYTES) leave(tooLong())

      /** The rest will not be read, so that the connection is of no more use. */
      function leave(reason: unknown): void {
        wipe(chunks)
        request.off('data', keep).pause()
        response.setHeader('Connection', 'close')
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- an error that was caught
        reject(reason)
      }
    })
    request.on('end', () => {
      if (size > MAX_BODY_BYTES) reject(tooLong())
      else resolve(join(chunks))
    })
    // Follows the end of every request, whether it was complete or not.
    request.on('close', () => {
      if (request.complete) return
      wipe(chunks)
      reject(new ClientGone('The connection ended before the body did.'))
    })
  })
}

/** Most bodies come in one piece, which is then not copied. */
function join(chunks: Buffer[]): Uint8Array {
  const [first = NOTHING] = chunks
  if (chunks.length < 2) return first
  const whole = Buffer.concat(chunks)
  wipe(chunks)
  return whole
}

function wipe(chunks: Buffer[]): void {
  for (const chunk of chunks) chunk.fill(0)
  chunks.length = 0
}

/** With a response: of a request whose rest will not be read, so that its connection is of no more use. */
function tooLong(response?: ServerResponse): KmsError {
  response?.setHeader('Connection', 'close')
  return new KmsError('KMS.0203', `The body must not exceed ${MAX_BODY_BYTES} bytes.`)
}

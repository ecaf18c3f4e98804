import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

/** Longest answer that is read, far above any of the API. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/** A request that is ready to be sent. */
export interface OutgoingRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly timeoutMs: number
}

/** What came back. */
export interface Answer {
  readonly status: number
  readonly text: string
}

/** A request that got no answer: the message is a sentence that says why. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/**
 * Sends a request with exactly the headers given, and reads the whole answer. An authority of one's own is trusted by
 * NODE_EXTRA_CA_CERTS.
 *
 * @throws NoAnswer
 */
export function sendRequest(outgoing: OutgoingRequest): Promise<Answer> {
  const { url, body, timeoutMs, ...options } = outgoing
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs)
    function fail(cause: Error): void {
      reject(new NoAnswer(reasonOf(cause, { url, timeoutMs, late: signal.aborted }), { cause }))
    }
    const sent = request(url, { ...options, signal, agent: false }, (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        length += chunk.length
        if (length > MAX_ANSWER_BYTES) response.destroy(new Error('The answer is too long.'))
      })
      response.on('error', fail)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') })
      })
    })
    sent.on('error', fail)
    sent.end(body)
  })
}

function reasonOf(
  cause: Error,
  request: { readonly url: URL; readonly timeoutMs: number; readonly late: boolean },
): string {
  const { origin } = request.url
  if (request.late) return `No answer from ${origin} within ${request.timeoutMs / 1000} s.`
  // An AggregateError of several addresses has a code, but an empty message.
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
  return `No answer from ${origin} (${code}).`
}

import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { Backend } from '../backend.js'
import { contextBytes, withPin } from '../core/context-bytes.js'
import { KmsError } from '../core/errors.js'
import { HsmError } from '../core/hsm.js'
import type { KeyId } from '../core/ids.js'
import { type RenewedText, renewFrame } from '../core/renew-frame.js'
import type { CommandIo } from './command.js'
import { withBackend } from './with-backend.js'
import { act, operatorEvent } from './operator-act.js'
import { readOptions } from './options.js'

/** What `kmsctl hsm reencrypt` takes. */
export const USAGE = `kmsctl hsm reencrypt < LINES > LINES

Moves ciphertexts to the version of their key that encrypts now. Each line of the standard input is a JSON object with
cipher_text (hexadecimal of a data key or a private key, base64 of a text) and, where it was made with them,
encryption_context, additional_authenticated_data and pin (in clear). Each line of the standard output is the answer to the
line of its number: cipher_text, key_id, key_version and whether it was moved, or an error. Capsules, and what was encrypted
under an RSA key, are not moved by it.
Exit code: 0 all are under the newest version, 1 some are not.
`

/** What it reads; replaced in tests. */
export interface ReencryptIo extends CommandIo {
  /** Default: the standard input of the process. */
  readonly stdin?: AsyncIterable<Uint8Array | string>
}

interface Line {
  readonly cipher_text: string
  readonly encryption_context?: unknown
  readonly additional_authenticated_data?: string
  readonly pin?: string
}

/** Moves what an operator feeds it; needs both tokens, and no right but that to them and to the database. */
export async function reencrypt(args: readonly string[], io: ReencryptIo): Promise<number> {
  if (args.includes('--help')) {
    io.out(USAGE)
    return 0
  }
  readOptions(args, { usage: USAGE, words: 0 })
  return await withBackend(io, (backend) =>
    act(backend, { operation: 'ReencryptCiphertexts' }, () => moveAll(backend, io)),
  )
}

async function moveAll(backend: Backend, io: ReencryptIo): Promise<number> {
  const moved = new Map<KeyId, number>()
  let failed = 0
  const input = Readable.from(io.stdin ?? process.stdin)
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    try {
      const { cmk, from, cipherText } = await move(backend, text)
      const isMoved = from !== cmk.currentVersion
      if (isMoved) moved.set(cmk.id, (moved.get(cmk.id) ?? 0) + 1)
      print(io, {
        cipher_text: cipherText,
        key_id: cmk.id,
        key_version: cmk.currentVersion,
        moved: isMoved,
      })
    } catch (error) {
      failed += 1
      print(io, { error: answerOf(error) })
    }
  }
  for (const [keyId, count] of moved) {
    const details = { ciphertexts: String(count) }
    await backend.audit.record(operatorEvent({ operation: 'MoveCiphertexts', keyId, details }))
  }
  if (failed > 0) io.err(`${failed} ciphertexts were not moved: their lines say why.\n`)
  return failed === 0 ? 0 : 1
}

function move({ stores, tokens }: Backend, text: string): Promise<RenewedText> {
  const line = parse(text)
  const context = contextBytes({
    map: line.encryption_context,
    text: line.additional_authenticated_data,
  })
  return renewFrame(
    { keys: stores.keys, tokens },
    {
      cipherText: line.cipher_text,
      context: line.pin === undefined ? context : withPin(context, Buffer.from(line.pin, 'latin1')),
    },
  )
}

/** The line may hold a PIN: it is not repeated, nor is the parser's message, which quotes it. */
function parse(text: string): Line {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new KmsError('KMS.0308', 'The line must be a JSON object.')
  }
  if (isLine(value)) return value
  throw new KmsError(
    'KMS.0308',
    'The line must be an object with the text cipher_text, and at most encryption_context, additional_authenticated_data and pin.',
  )
}

const TEXTS: readonly string[] = ['cipher_text', 'additional_authenticated_data', 'pin']

function isLine(value: unknown): value is Line {
  if (typeof value !== 'object' || value === null || !('cipher_text' in value)) return false
  return Object.entries(value).every(
    ([name, member]) =>
      name === 'encryption_context' || (TEXTS.includes(name) && typeof member === 'string'),
  )
}

/** An outage of the token fails the line, and the ones behind it say whether it lasts. */
function answerOf(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof KmsError) return { code: error.code, message: error.message }
  if (error instanceof HsmError) return { code: 'KMS.0104', message: error.message }
  throw error
}

function print(io: CommandIo, answer: unknown): void {
  io.out(`${JSON.stringify(answer)}\n`)
}

import { createHash, randomBytes } from 'node:crypto'
import type { MeasuredService } from './measured-service.js'
import type { OperationName } from './report.js'
import { type PreparedRequest, call, member, prepare } from './signed-call.js'

/** Length of the data keys, that of the published example. */
export const DATAKEY_BYTES = 64
/** So many different requests are sent in turn. */
const VARIETY = 16

/** Requests about one CMK and some data keys, and the means to judge what is answered to them. */
export interface Workload {
  /** The CMK. */
  readonly keyId: string
  /** Signs the requests of some operations now: a signature holds for 15 minutes. */
  requests(operations: readonly OperationName[]): readonly PreparedRequest[]
  /** @throws Error when the text is no right answer of the operation: a frame has to open to a data key that was sent */
  verify(operation: OperationName, answer: string): Promise<void>
}

/** Makes a CMK, data keys, and their ciphertexts. */
export async function prepareWorkload(service: MeasuredService): Promise<Workload> {
  const { key_info: keyInfo } = await call(service, 'create-key', { key_alias: 'bench' })
  const keyId = member(keyInfo, 'key_id')
  const dataKeys = Array.from({ length: VARIETY }, () => randomBytes(DATAKEY_BYTES))
  const known = new Set(dataKeys.map(hex))
  const toEncrypt = dataKeys.map((dataKey) => ({
    key_id: keyId,
    plain_text: `${hex(dataKey)}${digest(dataKey)}`,
    datakey_plain_length: String(DATAKEY_BYTES),
  }))
  const answers = await Promise.all(
    toEncrypt.map((fields) => call(service, 'encrypt-datakey', fields)),
  )
  function decryption(cipherText: string) {
    const length = String(DATAKEY_BYTES)
    return { key_id: keyId, cipher_text: cipherText, datakey_cipher_length: length }
  }
  const toDecrypt = answers.map((answer) => decryption(member(answer, 'cipher_text')))
  const fieldsOf = { 'encrypt-datakey': toEncrypt, 'decrypt-datakey': toDecrypt }
  return {
    keyId,
    requests(operations) {
      return Array.from({ length: VARIETY }, (_, index) => index).flatMap((index) =>
        operations.map((name) => prepare(service, name, fieldsOf[name][index] ?? {})),
      )
    },
    async verify(operation, answer) {
      const value: unknown = JSON.parse(answer)
      if (operation === 'encrypt-datakey') {
        const fields = decryption(member(value, 'cipher_text'))
        requireKnown(known, await call(service, 'decrypt-datakey', fields))
      } else {
        requireKnown(known, value)
      }
    },
  }
}

function requireKnown(known: ReadonlySet<string>, answer: unknown): void {
  const dataKey = member(answer, 'data_key')
  const right =
    known.has(dataKey) && member(answer, 'datakey_dgst') === digest(Buffer.from(dataKey, 'hex'))
  if (!right) throw new Error('The service answered a data key that was never sent to it.')
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase()
}

function digest(bytes: Uint8Array): string {
  return hex(createHash('sha256').update(bytes).digest())
}

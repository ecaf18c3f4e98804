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
  /** The CMK, or the first of them. */
  readonly keyId: string
  /** Signs the requests of some operations now: a signature holds for 15 minutes. */
  requests(operations: readonly OperationName[]): readonly PreparedRequest[]
  /** @throws Error when the text is no right answer of the operation: a frame has to open to a data key that was sent */
  verify(operation: OperationName, answer: string): Promise<void>
}

/** Makes data keys and their ciphertexts, under CMKs that are there, in turn, or under one that is made. */
export async function prepareWorkload(
  service: MeasuredService,
  existing: readonly string[] = [],
): Promise<Workload> {
  const keyIds = existing.length > 0 ? existing : [await createCmk(service)]
  const [keyId = ''] = keyIds
  const dataKeys = Array.from({ length: VARIETY }, () => randomBytes(DATAKEY_BYTES))
  const known = new Set(dataKeys.map(hex))
  const toEncrypt = dataKeys.map((dataKey, place) => ({
    key_id: keyIds[place % keyIds.length],
    plain_text: `${hex(dataKey)}${digest(dataKey)}`,
    datakey_plain_length: String(DATAKEY_BYTES),
  }))
  const answers = await Promise.all(
    toEncrypt.map((fields) => call(service, 'encrypt-datakey', fields)),
  )
  function decryption(answer: unknown) {
    return {
      key_id: member(answer, 'key_id'),
      cipher_text: member(answer, 'cipher_text'),
      datakey_cipher_length: String(DATAKEY_BYTES),
    }
  }
  const toDecrypt = answers.map(decryption)
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
        requireKnown(known, await call(service, 'decrypt-datakey', decryption(value)))
      } else {
        requireKnown(known, value)
      }
    },
  }
}

async function createCmk(service: MeasuredService): Promise<string> {
  const { key_info: keyInfo } = await call(service, 'create-key', { key_alias: 'bench' })
  return member(keyInfo, 'key_id')
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

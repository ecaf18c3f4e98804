import { createHash, randomBytes } from 'node:crypto'
import { signRequest } from '../../src/auth/signer.js'
import { sendRequest } from '../../src/cli/send-request.js'
import type { MeasuredService } from './measured-service.js'
import type { OperationName } from './report.js'

/** Length of the data keys, that of the published example. */
export const DATAKEY_BYTES = 64
/** So many different requests are sent in turn. */
const VARIETY = 16
const TIMEOUT_MS = 30_000

/** A request that is signed and ready to be sent, to the service and to the baseline alike. */
export interface PreparedRequest {
  readonly method: 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Requests about one CMK and some data keys, and the means to judge what is answered to them. */
export interface Workload {
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

/**
 * Sends one request to a server and returns the body of the answer.
 *
 * @throws Error when the status is no success
 */
export async function send(url: string, request: PreparedRequest): Promise<string> {
  const { method, headers, body, path } = request
  const length = { 'content-length': String(body.length) }
  const { status, text } = await sendRequest({
    method,
    url: new URL(path, url),
    headers: { ...headers, ...length },
    body,
    timeoutMs: TIMEOUT_MS,
  })
  if (status >= 200 && status <= 299) return text
  throw new Error(`${path} answered the status ${status}: ${text}`)
}

function prepare(service: MeasuredService, name: string, fields: object): PreparedRequest {
  const {
    project_id: projectId,
    access_key_id: id,
    secret_access_key: secret,
  } = service.credentials
  const path = `/v1.0/${projectId}/kms/${name}`
  const body = Buffer.from(JSON.stringify(fields))
  const headers = signRequest({
    method: 'POST',
    url: new URL(path, service.url),
    headers: { 'content-type': 'application/json' },
    body,
    accessKeyId: id,
    secretAccessKey: secret,
    projectId,
    now: Date.now(),
  })
  return { method: 'POST', path, headers, body }
}

async function call(
  service: MeasuredService,
  name: string,
  fields: object,
): Promise<Readonly<Record<string, unknown>>> {
  const value: unknown = JSON.parse(await send(service.url, prepare(service, name, fields)))
  if (typeof value === 'object' && value !== null) return { ...value }
  throw new Error(`The service answered something else than an object to ${name}.`)
}

function requireKnown(known: ReadonlySet<string>, answer: unknown): void {
  const dataKey = member(answer, 'data_key')
  const right =
    known.has(dataKey) && member(answer, 'datakey_dgst') === digest(Buffer.from(dataKey, 'hex'))
  if (!right) throw new Error('The service answered a data key that was never sent to it.')
}

function member(value: unknown, name: string): string {
  const found: unknown = typeof value === 'object' && value ? Reflect.get(value, name) : undefined
  if (typeof found === 'string') return found
  throw new Error(`The service answered something without the text ${name}.`)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase()
}

function digest(bytes: Uint8Array): string {
  return hex(createHash('sha256').update(bytes).digest())
}

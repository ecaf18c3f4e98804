import { signRequest } from '../../src/auth/signer.js'
import { sendRequest } from '../../src/cli/send-request.js'
import type { MeasuredService } from './measured-service.js'

const TIMEOUT_MS = 30_000

/** A request that is signed and ready to be sent, to the service and to the baseline alike. */
export interface PreparedRequest {
  readonly method: 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
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

/** Signs a request of an operation, which is named by what follows `/kms/` in its path. */
export function prepare(service: MeasuredService, name: string, fields: object): PreparedRequest {
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

/**
 * Makes one call.
 *
 * @throws Error when the answer is no success or no object
 */
export async function call(
  service: MeasuredService,
  name: string,
  fields: object,
): Promise<Readonly<Record<string, unknown>>> {
  const value: unknown = JSON.parse(await send(service.url, prepare(service, name, fields)))
  if (typeof value === 'object' && value !== null) return { ...value }
  throw new Error(`The service answered something else than an object to ${name}.`)
}

/** @throws Error when a value has no member of this name that is a text */
export function member(value: unknown, name: string): string {
  const found: unknown = typeof value === 'object' && value ? Reflect.get(value, name) : undefined
  if (typeof found === 'string') return found
  throw new Error(`The service answered something without the text ${name}.`)
}

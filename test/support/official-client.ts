import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js'
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials.js'

/** Where a client calls, and with which access key. */
export interface ClientCredentials {
  readonly endpoint: string
  readonly project_id: string
  readonly access_key_id: string
  readonly secret_access_key: string
}

/** An answer of the API. */
export interface ApiAnswer {
  readonly status: number
  readonly requestId: string | null
  /** The header Retry-After. */
  readonly retryAfter: string | null
  readonly body: Readonly<Record<string, unknown>>
}

/** A client of the API that signs with the core of the official SDK. */
export class OfficialClient {
  readonly #credentials: ClientCredentials
  readonly #signing: BasicCredentials

  constructor(credentials: ClientCredentials) {
    this.#credentials = credentials
    this.#signing = new BasicCredentials({
      ak: credentials.access_key_id,
      sk: credentials.secret_access_key,
      projectId: credentials.project_id,
    })
  }

  /** Calls a POST operation under `/v1.0/{project_id}/kms/`. */
  async call(operation: string, data: Readonly<Record<string, unknown>>): Promise<ApiAnswer> {
    const { endpoint, project_id } = this.#credentials
    const url = `${endpoint}/v1.0/${project_id}/kms/${operation}`
    const { host, ...headers }: Record<string, string> = AKSKSigner.sign(
      {
        method: 'POST',
        endpoint: url,
        queryParams: {},
        headers: { 'X-Project-Id': project_id, 'content-type': 'application/json' },
        data: { ...data },
      },
      this.#signing,
    )
    if (host !== undefined && host !== new URL(url).host)
      throw new Error('Another host was signed.')
    return send(url, { method: 'POST', headers, body: JSON.stringify(data) })
  }

  /** Calls an operation that must succeed, and returns the body of its answer. */
  async succeed(
    operation: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { status, body } = await this.call(operation, data)
    if (status !== 200) throw new Error(`${operation}: ${status} ${JSON.stringify(body)}`)
    return body
  }

  /** Makes a CMK and returns its id. */
  async createKey(alias: string): Promise<string> {
    const { key_info: info } = await this.succeed('create-key', { key_alias: alias })
    return text(info, 'key_id')
  }
}

/** A member of an answer that must be a text. */
export function text(value: unknown, member: string): string {
  if (typeof value === 'object' && value !== null && member in value) {
    const found: unknown = Object.entries(value).find(([name]) => name === member)?.[1]
    if (typeof found === 'string') return found
  }
  throw new Error(`The answer has no text ${member}.`)
}

/** The connection broke before the whole answer was there. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}

async function send(url: string, init: RequestInit): Promise<ApiAnswer> {
  const { response, raw } = await exchange(url, init).catch((cause: unknown) => {
    throw new ConnectionLost('The connection was lost.', { cause })
  })
  const body: unknown = raw === '' ? {} : JSON.parse(raw)
  return {
    status: response.status,
    requestId: response.headers.get('x-request-id'),
    retryAfter: response.headers.get('retry-after'),
    // The API answers JSON objects alone; whoever reads a member judges it.
    body: body as Readonly<Record<string, unknown>>,
  }
}

async function exchange(url: string, init: RequestInit) {
  const response = await fetch(url, init)
  return { response, raw: await response.text() }
}

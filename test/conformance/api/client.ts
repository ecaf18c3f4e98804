import { signRequest } from '../../../src/auth/signer.js'
import type { Credentials } from '../../../src/credentials-file.js'
import { type Reply, exchange } from '../../http/client.js'
import { type ApiOperation, readDocument } from './document.js'
import { type JsonObject, isObject } from './value.js'

/** How a service under test is reached, and as whom. */
export interface ClientTarget {
  readonly credentials: Credentials
  readonly clusters: readonly [string, string]
  /** Goes in the place of a signature. */
  readonly token?: string
  /** Sees the body of every request and its answer. */
  watch?(this: void, body: string, reply: Reply): void
}

interface Sent {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A service under test, known by nothing but its address, its credentials and its OpenAPI document. */
export class ApiClient {
  readonly operations: ReadonlyMap<string, ApiOperation>
  readonly credentials: Credentials
  /** Names of HSM clusters: one for a keystore that comes and goes, one for a keystore with keys. */
  readonly clusters: readonly [string, string]

  readonly #token: string | undefined
  readonly #watch: ClientTarget['watch']

  private constructor(operations: readonly ApiOperation[], target: ClientTarget) {
    this.#token = target.token
    this.#watch = target.watch
    this.operations = new Map(operations.map((operation) => [operation.name, operation]))
    this.credentials = target.credentials
    this.clusters = target.clusters
  }

  static async open(target: ClientTarget): Promise<ApiClient> {
    const origin = target.credentials.endpoint
    const { text } = await exchange({ method: 'GET', origin, path: '/openapi.json' })
    return new ApiClient(readDocument(text), target)
  }

  /** The same service for whom a bearer token is of, in a project. */
  withToken(token: string, project: string): ApiClient {
    const credentials = { ...this.credentials, project_id: project }
    const { operations, clusters } = this
    return new ApiClient([...operations.values()], { credentials, clusters, token })
  }

  operation(name: string): ApiOperation {
    const operation = this.operations.get(name)
    if (!operation) throw new Error(`The document has no operation ${name}.`)
    return operation
  }

  /** Calls an operation; each field goes where the document has it. */
  call(name: string, fields: JsonObject = {}, headers: Record<string, string> = {}) {
    const operation = this.operation(name)
    const path = pathOf(operation, { project_id: this.credentials.project_id, ...fields })
    const body = operation.body ? JSON.stringify(bodyOf(operation, fields)) : ''
    return this.send({ method: operation.method, path, body, headers })
  }

  /** Calls an operation that must succeed and returns its answer. */
  async succeed(name: string, fields: JsonObject = {}): Promise<JsonObject> {
    const { status, text } = await this.call(name, fields)
    if (status !== this.operation(name).status) throw new Error(`${name}: ${status} ${text}`)
    const value: unknown = text === '' ? {} : JSON.parse(text)
    return isObject(value) ? value : {}
  }

  /** Signs a request, or adds the token, and sends it. */
  async send(request: Sent): Promise<Reply> {
    const reply = await this.#send(request)
    this.#watch?.(request.body, reply)
    return reply
  }

  #send(request: Sent): Promise<Reply> {
    const { method, path, body } = request
    const { endpoint, access_key_id, secret_access_key, project_id } = this.credentials
    const json = { 'content-type': 'application/json', ...request.headers }
    if (this.#token !== undefined) {
      const headers = { ...json, 'x-auth-token': this.#token }
      return exchange({ method, origin: endpoint, path, headers, body })
    }
    const headers = signRequest({
      method,
      url: `${endpoint}${path}`,
      headers: json,
      body: Buffer.from(body),
      accessKeyId: access_key_id,
      secretAccessKey: secret_access_key,
      projectId: project_id,
      now: Date.now(),
    })
    return exchange({ method, origin: endpoint, path, headers, body })
  }
}

/** The address of an operation with its parameters filled in. */
export function pathOf(operation: ApiOperation, fields: JsonObject): string {
  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_match, name: string) =>
    encodeURIComponent(String(fields[name] ?? fields[`path_${name}`])),
  )
  const query = Object.keys(operation.query)
    .filter((name) => fields[name] !== undefined)
    .map((name) => `${name}=${encodeURIComponent(String(fields[name]))}`)
  return query.length > 0 ? `${path}?${query.join('&')}` : path
}

/** Fields of the body: those that belong to the path stay away, unless the body has them too. */
function bodyOf(operation: ApiOperation, fields: JsonObject): JsonObject {
  const elsewhere = new Set([...operation.pathParameters, ...Object.keys(operation.query)])
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([name]) => !elsewhere.has(name) || operation.body?.[name] !== undefined,
    ),
  )
}

import { Agent, type IncomingMessage, request } from 'node:http'
import { once } from 'node:events'
import { signRequest } from '../../src/auth/signer.js'
import { type ApiAnswer, type ClientCredentials, ConnectionLost } from './official-client.js'

/** A client that makes all its calls over one connection, and so to one process of a service. */
export class OneConnection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #credentials: ClientCredentials

  constructor(credentials: ClientCredentials) {
    this.#credentials = credentials
  }

  /** Calls a POST operation under `/v1.0/{project_id}/kms/`; the last byte of the body leaves `lateMs` after the others. */
  call(operation: string, data: Readonly<Record<string, unknown>>, lateMs = 0): Promise<ApiAnswer> {
    return this.send('POST', `kms/${operation}`, data, lateMs)
  }

  /** Calls any operation; the path is what follows the project. */
  async send(
    method: string,
    path: string,
    data?: Readonly<Record<string, unknown>>,
    lateMs = 0,
  ): Promise<ApiAnswer> {
    const { endpoint, project_id } = this.#credentials
    const url = `${endpoint}/v1.0/${project_id}/${path}`
    const body = Buffer.from(data ? JSON.stringify(data) : '')
    const headers = signRequest({
      method,
      url,
      headers: { 'content-type': 'application/json' },
      body,
      accessKeyId: this.#credentials.access_key_id,
      secretAccessKey: this.#credentials.secret_access_key,
      projectId: project_id,
      now: Date.now(),
    })
    try {
      const length = { 'content-length': String(body.length) }
      return await this.#send({ method, url, headers: { ...headers, ...length } }, body, lateMs)
    } catch (cause) {
      throw new ConnectionLost('The connection was lost.', { cause })
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  async #send(
    {
      url,
      ...options
    }: {
      readonly method: string
      readonly url: string
      readonly headers: Record<string, string>
    },
    body: Buffer,
    lateMs: number,
  ): Promise<ApiAnswer> {
    const sent = request(url, { ...options, agent: this.#agent })
    if (lateMs > 0) {
      sent.write(body.subarray(0, -1))
      setTimeout(() => sent.end(body.subarray(-1)), lateMs)
    } else sent.end(body)
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk as Buffer)
    const raw = Buffer.concat(chunks).toString()
    const parsed: unknown = raw === '' ? {} : JSON.parse(raw)
    return {
      status: answer.statusCode ?? 0,
      requestId: String(answer.headers['x-request-id']),
      retryAfter: answer.headers['retry-after'] ?? null,
      // The API answers JSON objects alone; whoever reads a member judges it.
      body: parsed as Readonly<Record<string, unknown>>,
    }
  }
}

import { OfficialClient, text } from '../support/official-client.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'
import { wrapMaterial } from '../support/wrap-material.js'

type Fields = Readonly<Record<string, unknown>>

/** The service as a process that is ended and started again between calls. */
export class RestartableService {
  readonly #dataDirectory: string
  #process: ServiceProcess
  #client: OfficialClient

  private constructor(process: ServiceProcess) {
    this.#dataDirectory = process.dataDirectory
    this.#process = process
    this.#client = new OfficialClient(process.credentials())
  }

  static async start(dataDirectory: string): Promise<RestartableService> {
    return new RestartableService(await startServiceProcess(dataDirectory))
  }

  async restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#process.end(signal)
    this.#process = await startServiceProcess(this.#dataDirectory)
    this.#client = new OfficialClient(this.#process.credentials())
  }

  async end(): Promise<number | null> {
    return this.#process.end('SIGTERM')
  }

  /** Calls an operation; returns its answer, and the code of a refusal. */
  async call(
    operation: string,
    fields: Fields,
  ): Promise<{ readonly body: Fields; readonly code: string | undefined }> {
    const { status, body } = await this.#client.call(operation, fields)
    return { body, code: status === 200 ? undefined : text(body, 'error_code') }
  }

  async createKey(origin: 'kms' | 'external', alias: string): Promise<RealKey> {
    const fields = { key_alias: alias, origin }
    const { key_info: info } = await this.#client.succeed('create-key', fields)
    return new RealKey(this, text(info, 'key_id'))
  }
}

/** One key of the running service, and everything that was ever encrypted under it. */
export class RealKey {
  readonly service: RestartableService
  readonly #keyId: string
  readonly #frames: { readonly cipherText: string; readonly dek: string }[] = []

  constructor(service: RestartableService, keyId: string) {
    this.service = service
    this.#keyId = keyId
  }

  get frames(): number {
    return this.#frames.length
  }

  /** Calls an operation on the key and returns the code of the refusal, if it is one. */
  async call(operation: string, fields: Fields = {}): Promise<string | undefined> {
    return (await this.read(operation, fields)).code
  }

  read(operation: string, fields: Fields = {}) {
    return this.service.call(operation, { key_id: this.#keyId, ...fields })
  }

  async encrypt(): Promise<string | undefined> {
    const { body, code } = await this.read('create-datakey')
    if (code !== undefined) return code
    this.#frames.push({ cipherText: text(body, 'cipher_text'), dek: text(body, 'plain_text') })
    return undefined
  }

  /** Opens one of the frames; a data key other than the one it was made of is an error of its own. */
  async decrypt(index: number): Promise<string | undefined> {
    const frame = this.#frames[index % this.#frames.length]
    if (!frame) throw new Error('Nothing was encrypted yet.')
    const { body, code } = await this.read('decrypt-datakey', {
      cipher_text: frame.cipherText,
      datakey_cipher_length: String(frame.dek.length / 2),
    })
    if (code !== undefined) return code
    return text(body, 'data_key') === frame.dek ? undefined : 'another data key'
  }

  async import(
    secret: Uint8Array,
    parametersCode: string | undefined,
  ): Promise<string | undefined> {
    const algorithm = { wrapping_algorithm: 'RSAES_OAEP_SHA_256' }
    const { body, code } = await this.read('get-parameters-for-import', algorithm)
    if (code !== parametersCode) return `${String(code)} for parameters`
    if (code !== undefined) return code
    return this.call('import-key-material', wrapMaterial(body, secret))
  }
}

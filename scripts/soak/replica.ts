import type { ClientCredentials } from '../../test/support/official-client.js'
import { OfficialClient } from '../../test/support/official-client.js'
import { type ServiceProcess, startServiceProcess } from '../../test/support/service-process.js'

const START_LIMIT_MS = 60_000

/** One of the services on the common database and token, which is killed and started again. */
export class Replica {
  readonly name: string
  readonly #dataDirectory: string
  readonly #environment: Readonly<Record<string, string>>
  #process: ServiceProcess
  #host: string
  #client: OfficialClient | undefined
  /** While it was down, on the clock of performance.now(): connections may break then. */
  readonly #down: { readonly from: number; to: number }[] = []

  private constructor(
    name: string,
    place: { dataDirectory: string; environment: Readonly<Record<string, string>> },
    process: ServiceProcess,
  ) {
    this.name = name
    this.#dataDirectory = place.dataDirectory
    this.#environment = place.environment
    this.#process = process
    this.#host = new URL(process.url).host
  }

  static async start(
    name: string,
    place: { dataDirectory: string; environment: Readonly<Record<string, string>> },
  ): Promise<Replica> {
    return new Replica(
      name,
      place,
      await startServiceProcess(place.dataDirectory, place.environment),
    )
  }

  get pid(): number {
    return this.#process.pid
  }

  /** Where it listens, also after a restart. */
  get url(): string {
    return `http://${this.#host}`
  }

  get client(): OfficialClient {
    if (this.#client === undefined) throw new Error('The replica has no access key yet.')
    return this.#client
  }

  credentials(): ClientCredentials {
    return this.#process.credentials()
  }

  /** The access key is that of the whole service; the address is this replica's. */
  useCredentials(credentials: ClientCredentials): void {
    this.#client = new OfficialClient({ ...credentials, endpoint: this.url })
  }

  /** Kills it in the midst of its work, and starts it again at the same address. */
  async kill(): Promise<void> {
    const span = { from: performance.now(), to: Infinity }
    this.#down.push(span)
    await this.#process.end('SIGKILL')
    this.#process = await this.#startAgain()
    span.to = performance.now()
  }

  /** Whether it was down at some time between two moments. */
  wasDown(from: number, to: number): boolean {
    return this.#down.some((span) => span.from <= to && span.to >= from)
  }

  async isReady(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/health/ready`)
      await response.arrayBuffer()
      return response.status === 200
    } catch {
      return false
    }
  }

  /** Ends it in good order; returns its exit code. */
  end(): Promise<number | null> {
    return this.#process.end('SIGTERM')
  }

  /** Token or database may be away at this moment: a supervisor tries again. */
  async #startAgain(): Promise<ServiceProcess> {
    for (const limit = Date.now() + START_LIMIT_MS; ;) {
      try {
        const environment = { ...this.#environment, KMS_LISTEN: this.#host }
        return await startServiceProcess(this.#dataDirectory, environment)
      } catch (error) {
        if (Date.now() > limit) throw error
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
    }
  }
}

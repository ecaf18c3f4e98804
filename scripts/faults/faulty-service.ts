import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseTokenUri } from '../../src/hsm/uri.js'
import { agentPids } from '../../test/support/agents.js'
import { FaultInjector } from '../../test/support/fault-injector/fault-injector.js'
import { OfficialClient } from '../../test/support/official-client.js'
import { type ServiceProcess, startServiceProcess } from '../../test/support/service-process.js'
import { openSoftHsmToken } from '../../test/support/softhsm-token.js'
import type { TestToken } from '../../test/support/test-token.js'
import { type WorkloadKeys, makeKeys } from './workload.js'

/** Deadline of a call of the token, in milliseconds: shorter than an operator's, so that hangs take less time. */
export const HSM_DEADLINE_MS = 1500
/** Agents of the service. */
export const AGENTS = 2

/** What a service is started with. */
export interface Wish {
  readonly on?: TestToken
  readonly sessionsPerAgent?: number
}

/** The service as a process, on a token of its own behind the fault injector. */
export class FaultyService {
  readonly #folder: string
  readonly #token: TestToken
  readonly #process: ServiceProcess
  readonly faults: FaultInjector
  readonly client: OfficialClient
  readonly keys: WorkloadKeys

  private constructor(made: {
    folder: string
    token: TestToken
    faults: FaultInjector
    process: ServiceProcess
    client: OfficialClient
    keys: WorkloadKeys
  }) {
    this.#folder = made.folder
    this.#token = made.token
    this.#process = made.process
    this.faults = made.faults
    this.client = made.client
    this.keys = made.keys
  }

  /**
   * Starts the service and makes the keys of the load; on a token of its own, unless one is given. `sessionsPerAgent`: 1
   * unless given; an agent has a thread for each where there are several.
   */
  static async start({ on, sessionsPerAgent = 1 }: Wish = {}): Promise<FaultyService> {
    const folder = await mkdtemp(join(tmpdir(), 'kms-matrix-'))
    const facts = { sessionsPerAgent }
    const { token, faults } = FaultInjector.around(on ?? (await openSoftHsmToken()), facts)
    const process = await startOn(folder, token)
    const client = new OfficialClient(process.credentials())
    return new FaultyService({
      folder,
      token,
      faults,
      process,
      client,
      keys: await makeKeys(client),
    })
  }

  /** Writes the file with the PIN anew, as an operator does who mended it. */
  async renewPin(): Promise<void> {
    const { pinFile } = parseTokenUri(this.#token.uri)
    await writeFile(`${pinFile}.new`, await readFile(pinFile), { mode: 0o600 })
    await rename(`${pinFile}.new`, pinFile)
  }

  /** The service and its agents. */
  processes(): readonly number[] {
    return [this.#process.pid, ...this.agents()]
  }

  agents(): readonly number[] {
    return agentPids(this.#process.pid)
  }

  /** Whether the service says that it is ready. */
  async isReady(): Promise<boolean> {
    const response = await fetch(`${this.#process.url}/health/ready`)
    await response.arrayBuffer()
    return response.status === 200
  }

  /** Waits until every agent serves again; returns whether they do. */
  async settled(limitMs: number): Promise<boolean> {
    for (const limit = Date.now() + limitMs; Date.now() < limit;) {
      if ((await this.#readyAgents()) === AGENTS) return true
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return false
  }

  /** Ends everything and deletes the token; returns the service's exit code. */
  async end(): Promise<number | null> {
    const code = await this.#process.end('SIGTERM')
    await this.#token.remove()
    await rm(this.#folder, { recursive: true, force: true })
    return code
  }

  async #readyAgents(): Promise<number> {
    const metrics = await (await fetch(`${this.#process.url}/metrics`)).text()
    return Number(/^kms_hsm_agents\{state="ready"\} (\d+)/m.exec(metrics)?.[1] ?? 0)
  }
}

function startOn(folder: string, token: TestToken): Promise<ServiceProcess> {
  return startServiceProcess(join(folder, 'var'), {
    ...token.environment,
    KMS_PKCS11_URI: token.uri,
    KMS_HSM_PROFILE: token.profile,
    KMS_AGENTS: String(AGENTS),
    KMS_HSM_TIMEOUT_MS: String(HSM_DEADLINE_MS),
    KMS_HSM_GENERATION_TIMEOUT_MS: String(HSM_DEADLINE_MS),
    KMS_CMK_QUOTA: '100000',
  })
}

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { settingsOf } from '../support/chosen-token.js'
import { newFolder } from '../support/folder.js'
import { type CommandResult, kmsctl } from '../support/kmsctl.js'
import { OfficialClient } from '../support/official-client.js'
import {
  type ServiceProcess,
  failToStart,
  startServiceProcess,
} from '../support/service-process.js'
import type { TestToken } from '../support/test-token.js'

/** A service that moves from token to token, on one data directory. */
export interface MovingBench {
  readonly dataDirectory: string
  /** Settings of a service on one token, with another as the one before. */
  settings(this: void, token: TestToken, previous?: TestToken): Promise<Record<string, string>>
  start(this: void, token: TestToken, previous?: TestToken): Promise<ServiceProcess>
  /** Starts a service that must not start; returns what it says. */
  refused(this: void, token: TestToken, previous?: TestToken): Promise<string>
  kmsctl(
    this: void,
    tokens: readonly [token: TestToken, previous?: TestToken],
    ...args: readonly string[]
  ): Promise<CommandResult>
  /** Moves ciphertexts with `kmsctl hsm reencrypt`; the lines of its answer. */
  reencrypt(
    this: void,
    tokens: readonly [token: TestToken, previous?: TestToken],
    lines: readonly unknown[],
  ): Promise<{
    readonly code: number | null
    readonly answers: readonly Readonly<Record<string, unknown>>[]
  }>
  remove(this: void): Promise<void>
}

/** Makes the folder of one. */
export async function openMovingBench(): Promise<MovingBench> {
  const folder = await newFolder()
  const dataDirectory = join(folder.path, 'var')
  const running: ServiceProcess[] = []
  async function settings(token: TestToken, previous?: TestToken): Promise<Record<string, string>> {
    const own = { ...settingsOf(token), KMS_AGENTS: '1' }
    if (!previous) return own
    const path = join(folder.path, `previous-${Math.random()}.json`)
    const { uri, profile, environment } = previous
    await writeFile(path, JSON.stringify({ uri, profile, environment }))
    return { ...own, KMS_HSM_PREVIOUS: path }
  }
  return {
    dataDirectory,
    settings,
    async start(token, previous) {
      const service = await startServiceProcess(dataDirectory, await settings(token, previous))
      running.push(service)
      return service
    },
    async refused(token, previous) {
      const own = await settings(token, previous)
      const { code, err } = await failToStart({
        ...own,
        KMS_LISTEN: '127.0.0.1:0',
        KMS_DATA_DIR: dataDirectory,
      })
      if (code === 0 || code === null) throw new Error('The service started.')
      return err
    },
    async kmsctl([token, previous], ...args) {
      return kmsctl(dataDirectory, args, { environment: await settings(token, previous) })
    },
    async reencrypt([token, previous], lines) {
      const { code, out } = await kmsctl(dataDirectory, ['hsm', 'reencrypt'], {
        environment: await settings(token, previous),
        input: lines
          .map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
          .join('\n'),
      })
      const answers = out.split('\n').filter((line) => line !== '')
      return { code, answers: answers.map((line) => JSON.parse(line) as Record<string, unknown>) }
    },
    async remove() {
      await Promise.all(running.map((service) => service.end('SIGKILL')))
      await folder.remove()
    },
  }
}

/** A client with the first credentials of a service, at its address of now. */
export function clientOf(service: ServiceProcess): OfficialClient {
  return new OfficialClient({ ...service.credentials(), endpoint: service.url })
}

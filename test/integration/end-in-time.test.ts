import { type Socket, connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { agentPids, httpProcessPids, isAlive, until } from '../support/agents.js'
import { settingsOf } from '../support/chosen-token.js'
import { describeUnless } from '../support/describe-unless.js'
import { digested } from '../support/digested-datakey.js'
import { whyNoInjector } from '../support/fault-injector/build.js'
import { FaultInjector } from '../support/fault-injector/fault-injector.js'
import { newFolder } from '../support/folder.js'
import { ConnectionLost, text } from '../support/official-client.js'
import { OneConnection } from '../support/one-connection.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'
import { openSoftHsmToken, softHsmModule } from '../support/softhsm-token.js'
import type { TestToken } from '../support/test-token.js'

/** What SIGTERM promises. */
const PROMISE_MS = 10_000

const reason = softHsmModule() === undefined ? 'SoftHSM is not installed' : whyNoInjector()

describeUnless(reason, 'SIGTERM', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>
  let token: TestToken
  let faults: FaultInjector
  let service: ServiceProcess | undefined
  const clients: OneConnection[] = []
  const sockets: Socket[] = []
  beforeEach(async () => {
    folder = await newFolder()
    ;({ token, faults } = FaultInjector.around(await openSoftHsmToken()))
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close()
    for (const socket of sockets.splice(0)) socket.destroy()
    await service?.end('SIGKILL')
    service = undefined
    await token.remove()
    await folder.remove()
  })

  async function start(processes: number): Promise<ServiceProcess> {
    service = await startServiceProcess(join(folder.path, 'var'), {
      ...settingsOf(token),
      KMS_AGENTS: String(processes),
      KMS_HTTP_PROCESSES: String(processes),
      // Longer than the whole end: nothing of it may wait for a deadline.
      KMS_HSM_TIMEOUT_MS: '30000',
    })
    return service
  }

  function clientOf(own: ServiceProcess): OneConnection {
    const client = new OneConnection(own.credentials())
    clients.push(client)
    return client
  }

  function everybodyOf(own: ServiceProcess): readonly number[] {
    const processes = [own.pid, ...httpProcessPids(own.pid)]
    return [...processes, ...processes.flatMap((pid) => agentPids(pid))]
  }

  test.each([1, 3])(
    'ends in time with agents that hang, idle connections and slow requests (processes: %d)',
    async (processes) => {
      const own = await start(processes)
      const answer = await clientOf(own).call('create-key', { key_alias: 'end' })
      const key_id = text(answer.body['key_info'], 'key_id')
      const { plain_text, datakey_plain_length } = digested(32)
      const body = { key_id, plain_text, datakey_plain_length }
      for (let count = 0; count < 6; count++) {
        // One that was used stays open, idle; another never sends anything.
        expect((await clientOf(own).call('describe-key', { key_id })).status).toBe(200)
        sockets.push(
          connect(Number(new URL(own.url).port), '127.0.0.1').on('error', () => undefined),
        )
      }
      const everybody = everybodyOf(own)
      expect(everybody).toHaveLength(processes === 1 ? 2 : 1 + 2 * processes)

      // Its body comes to its end while the service ends: it is served to its end.
      const late = clientOf(own).call('describe-key', { key_id }, 2_000)
      await new Promise((resolve) => setTimeout(resolve, 300))
      const hung = faults.inject({ function: 'C_WrapKey' }, { hang: 'for-ever' })
      const lost = Promise.allSettled(
        Array.from({ length: 4 * processes }, () => clientOf(own).call('encrypt-datakey', body)),
      )
      await until(() => hung.hits() === processes)
      const began = performance.now()
      expect(await own.end('SIGTERM')).toBe(0)
      expect(performance.now() - began).toBeLessThan(PROMISE_MS)
      expect((await late).status).toBe(200)
      for (const result of await lost) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(ConnectionLost)
        else expect(result.value.status).toBe(503)
      }
      await until(() => !everybody.some(isAlive), 2_000)
    },
    180_000,
  )

  test('ends in time while a process still starts', async () => {
    const own = await start(2)
    const [replaced = 0] = httpProcessPids(own.pid)
    const login = faults.inject({ function: 'C_Login' }, { hang: 'for-ever' })
    process.kill(replaced, 'SIGKILL')
    await until(() => login.hits() > 0, 30_000)
    const everybody = everybodyOf(own)
    const began = performance.now()
    expect(await own.end('SIGTERM')).toBe(0)
    expect(performance.now() - began).toBeLessThan(PROMISE_MS)
    await until(() => !everybody.some(isAlive), 2_000)
  }, 180_000)

  test('ends at once where nothing is under way', async () => {
    const own = await start(1)
    for (let count = 0; count < 4; count++) {
      expect((await clientOf(own).call('list-keys', {})).status).toBe(200)
    }
    const began = performance.now()
    expect(await own.end('SIGTERM')).toBe(0)
    // Idle connections are not waited for: the grace of requests alone is 5 s.
    expect(performance.now() - began).toBeLessThan(4_000)
  }, 120_000)
})

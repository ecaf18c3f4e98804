import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { exchange } from '../http/client.js'
import { agentPids, httpProcessPids, isAlive, until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import { ConnectionLost, OfficialClient, text } from '../support/official-client.js'
import { OneConnection } from '../support/one-connection.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'
import { softHsmModule } from '../support/softhsm-token.js'

const PROCESSES = 3
const START_MS = 120_000

let folder: Awaited<ReturnType<typeof newFolder>>
let service: ServiceProcess | undefined

beforeEach(async () => {
  folder = await newFolder()
})
afterEach(async () => {
  await service?.end('SIGKILL')
  service = undefined
  await folder.remove()
})

async function start(environment: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  service = await startServiceProcess(join(folder.path, 'var'), {
    KMS_HTTP_PROCESSES: String(PROCESSES),
    KMS_AGENTS: String(PROCESSES),
    ...environment,
  })
  return service
}

/** Connections enough for each process to have one, whichever is free first. */
function connections({ credentials }: ServiceProcess): readonly OneConnection[] {
  return Array.from({ length: 4 * PROCESSES }, () => new OneConnection(credentials()))
}

/** Which processes answered, told from the log. */
async function whoServed(own: ServiceProcess, count: number): Promise<ReadonlySet<unknown>> {
  function lines(): readonly string[] {
    const all = own.log().trimEnd().split('\n')
    return all.filter((line) => line.includes('"request"'))
  }
  await until(() => lines().length >= count)
  return new Set(lines().map((line) => (JSON.parse(line) as { pid: number }).pid))
}

async function metric({ url }: ServiceProcess, line: string): Promise<number> {
  // A connection of its own: one that is kept may be that of a process which was killed.
  const { text: answer } = await exchange({ method: 'GET', origin: url, path: '/metrics' })
  const found = answer.split('\n').find((one) => one.startsWith(`${line} `))
  return Number(found?.slice(line.length))
}

describeUnless(
  softHsmModule() ? undefined : 'SoftHSM is not installed',
  'several HTTP processes',
  () => {
    test(
      'serve one address as one service, and end with it',
      async () => {
        const own = await start()
        const pids = httpProcessPids(own.pid)
        expect(pids).toHaveLength(PROCESSES)
        expect(own.errors().match(/listens on/g)).toHaveLength(1)
        const everybody = [own.pid, ...pids, ...pids.flatMap((pid) => agentPids(pid))]
        expect(everybody).toHaveLength(1 + 2 * PROCESSES)
        for (const pid of everybody) {
          expect(readFileSync(`/proc/${pid}/coredump_filter`, 'latin1').trim()).toBe('00000000')
        }

        const clients = connections(own)
        for (const client of clients) expect((await client.call('list-keys', {})).status).toBe(200)
        expect([...(await whoServed(own, clients.length))].sort()).toEqual([...pids].sort())
        const counted = 'kms_requests_total{operation="ListKeys",code="ok"}'
        expect(await metric(own, counted)).toBe(clients.length)
        expect(await metric(own, 'kms_hsm_agents{state="ready"}')).toBe(PROCESSES)
        expect(await metric(own, 'kms_http_processes{state="serving"}')).toBe(PROCESSES)
        expect(await (await fetch(`${own.url}/health/ready`)).json()).toEqual({ status: 'ready' })

        const [key] = await Promise.all(clients.map((client, n) => createKey(client, `alias-${n}`)))
        const underWay = clients.map((client) => client.call('describe-key', { key_id: key }))
        const began = performance.now()
        const ended = own.end('SIGTERM')
        // Those that are under way are finished; those that come too late find nobody.
        for (const result of await Promise.allSettled(underWay)) {
          if (result.status === 'fulfilled') expect(result.value.status).toBe(200)
          else expect(result.reason).toBeInstanceOf(ConnectionLost)
        }
        expect(await ended).toBe(0)
        expect(performance.now() - began).toBeLessThan(10_000)
        expect(everybody.filter(isAlive)).toEqual([])
        for (const client of clients) client.close()
      },
      START_MS,
    )

    test('go on without one that is killed or hangs, and replace it', async () => {
      const own = await start()
      const client = new OfficialClient(own.credentials())
      const [killed, stopped] = httpProcessPids(own.pid)
      let running = true
      let lost = 0
      const load = Array.from({ length: 12 }, async () => {
        let calls = 0
        for (; running; calls++) {
          const answer = await client.call('list-keys', {}).catch((error: unknown) => {
            if (!(error instanceof ConnectionLost)) throw error
            lost++
            return { status: 200 }
          })
          expect(answer.status).toBe(200)
        }
        return calls
      })
      await new Promise((resolve) => setTimeout(resolve, 500))
      process.kill(killed ?? 0, 'SIGKILL')
      await until(() => own.log().includes('"signal":"SIGKILL"'))
      await until(() => httpProcessPids(own.pid).length === PROCESSES, 60_000)
      running = false
      expect(Math.min(...(await Promise.all(load)))).toBeGreaterThan(0)
      // Of each connection that it had no more than the call that was under way.
      expect(lost).toBeLessThanOrEqual(12)
      await untilServing(own)
      const before = await metric(own, 'kms_requests_total{operation="ListKeys",code="ok"}')
      process.kill(stopped ?? 0, 'SIGSTOP')
      await until(() => !isAlive(stopped ?? 0), 60_000)
      await untilServing(own)
      expect(httpProcessPids(own.pid)).toHaveLength(PROCESSES)
      expect(await metric(own, 'kms_http_process_restarts_total')).toBe(2)
      // What they counted stays counted.
      const after = await metric(own, 'kms_requests_total{operation="ListKeys",code="ok"}')
      expect(after).toBeGreaterThanOrEqual(before)
      expect(await own.end('SIGTERM')).toBe(0)
    }, 240_000)

    test('end when their supervisor is killed, and leave the address to the next', async () => {
      const own = await start()
      const pids = httpProcessPids(own.pid)
      const orphans = [...pids, ...pids.flatMap((pid) => agentPids(pid))]
      const { port } = new URL(own.url)
      await own.end('SIGKILL')
      await start({ KMS_LISTEN: `127.0.0.1:${port}` })
      await until(() => !orphans.some(isAlive), 12_000)
      expect(await service?.end('SIGTERM')).toBe(0)
    }, 240_000)

    test(
      'count calls and failures together, and forget together',
      async () => {
        const own = await start({ KMS_RATE_PER_CALLER: '30', KMS_LOCKOUT_FAILURES: '4' })
        const clients = connections(own)
        const keyId = await createKey(clients[0], 'shared')
        for (const state of ['disable-key', 'enable-key', 'disable-key'] as const) {
          // Every process has the row in its memory, and none uses it once the change was answered.
          const status = state === 'enable-key' ? 200 : 400
          await pause(1100)
          for (const client of clients) await client.call('describe-key', { key_id: keyId })
          expect((await clients.at(-1)?.call(state, { key_id: keyId }))?.status).toBe(200)
          const states = clients.map((client) => client.call('describe-key', { key_id: keyId }))
          for (const { body } of await Promise.all(states)) {
            const wanted = status === 200 ? '2' : '3'
            expect(text(body['key_info'], 'key_state')).toBe(wanted)
          }
        }
        await pause(1100)
        let admitted = 0
        const began = performance.now()
        await Promise.all(
          clients.map(async (client) => {
            for (let count = 0; count < 10; count++) {
              const { status } = await client.call('list-keys', {})
              if (status === 200) admitted++
              else expect(status).toBe(429)
            }
          }),
        )
        // Processes that counted for themselves would admit three times as many.
        const seconds = 1 + Math.ceil((performance.now() - began) / 1000)
        expect(admitted).toBeGreaterThanOrEqual(15)
        expect(admitted).toBeLessThanOrEqual(Math.min(30 * seconds, clients.length * 10))

        await pause(1100)
        const wrong = { ...own.credentials(), secret_access_key: 'x'.repeat(40) }
        for (let count = 0; count < 4; count++) {
          const attempt = new OneConnection(wrong)
          expect((await attempt.call('list-keys', {})).status).toBe(401)
          attempt.close()
        }
        await pause(100)
        for (const client of clients) expect((await client.call('list-keys', {})).status).toBe(401)
        for (const client of clients) client.close()
        expect(await own.end('SIGTERM')).toBe(0)
      },
      START_MS,
    )
  },
)

async function createKey(client: OneConnection | undefined, alias: string): Promise<string> {
  const answer = await client?.call('create-key', { key_alias: alias })
  return text(answer?.body['key_info'], 'key_id')
}

function untilServing(own: ServiceProcess): Promise<void> {
  return untilAsync(
    async () => (await metric(own, 'kms_http_processes{state="serving"}')) === PROCESSES,
  )
}

async function untilAsync(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('The condition did not come true in time.')
    await pause(50)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeUnless } from '../support/describe-unless.js'
import { digested } from '../support/digested-datakey.js'
import { newFolder } from '../support/folder.js'
import { agentPids } from '../support/agents.js'
import { text } from '../support/official-client.js'
import { OneConnection } from '../support/one-connection.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'
import { softHsmModule } from '../support/softhsm-token.js'

const CONNECTIONS = 200
const QUEUE = 8
const REQUESTS = 40
const SECONDS = 8
const DEADLINE_MS = 4_000
/** What the refusals of some seconds may leave behind, of a process that had its first calls before. */
const MOST_GROWTH = 120 * 1024 * 1024

describeUnless(
  softHsmModule() ? undefined : 'SoftHSM is not installed',
  'far more load than the HSM takes',
  () => {
    let folder: Awaited<ReturnType<typeof newFolder>>
    let service: ServiceProcess
    let keyId: string
    const clients: OneConnection[] = []

    beforeAll(async () => {
      folder = await newFolder()
      service = await startServiceProcess(join(folder.path, 'var'), {
        KMS_AGENTS: '1',
        KMS_QUEUE_LIMIT: String(QUEUE),
        KMS_REQUEST_LIMIT: String(REQUESTS),
        KMS_HSM_TIMEOUT_MS: String(DEADLINE_MS),
      })
      const client = clientOf()
      const { body } = await client.call('create-key', { key_alias: 'loaded' })
      keyId = text(body['key_info'], 'key_id')
    }, 120_000)
    afterAll(async () => {
      for (const client of clients) client.close()
      expect(await service.end('SIGTERM')).toBe(0)
      await folder.remove()
    }, 60_000)

    function clientOf(): OneConnection {
      const client = new OneConnection(service.credentials())
      clients.push(client)
      return client
    }

    function encrypt(client: OneConnection) {
      const { plain_text, datakey_plain_length } = digested(32)
      return client.call('encrypt-datakey', { key_id: keyId, plain_text, datakey_plain_length })
    }

    /** Resident memory of the service itself, in bytes. */
    function memory(): number {
      const status = readFileSync(`/proc/${service.pid}/status`, 'latin1')
      return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1])
    }

    /** An HSM that works for a tenth of the time. */
    function slowDown(): () => void {
      let stopped = false
      const timer = setInterval(() => {
        stopped = !stopped
        for (const pid of agentPids(service.pid)) process.kill(pid, stopped ? 'SIGSTOP' : 'SIGCONT')
      }, 100)
      return () => {
        clearInterval(timer)
        for (const pid of agentPids(service.pid)) process.kill(pid, 'SIGCONT')
      }
    }

    test('is refused fast and in bounded memory, and forgotten when it is over', async () => {
      for (let count = 0; count < 200; count++) expect((await encrypt(clientOf())).status).toBe(200)
      const before = memory()
      const normal = slowDown()
      const counts = new Map<string, number>()
      let highest = 0
      let running = true
      const lanes = Array.from({ length: CONNECTIONS }, async () => {
        const client = clientOf()
        while (running) {
          const { status, body } = await encrypt(client)
          const code = body['error_code'] === undefined ? 'ok' : text(body, 'error_code')
          counts.set(code, (counts.get(code) ?? 0) + 1)
          expect([200, 503]).toContain(status)
          // Sooner than it is told to, and not so soon that it keeps itself busy.
          if (status === 503) await new Promise((resolve) => setTimeout(resolve, 200))
          highest = Math.max(highest, memory())
        }
      })
      await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000))
      // Probes are answered in the midst of it.
      const probe = performance.now()
      expect((await fetch(`${service.url}/health/live`)).status).toBe(200)
      expect(performance.now() - probe).toBeLessThan(3_000)
      running = false
      await Promise.all(lanes)
      normal()
      expect(counts.get('ok')).toBeGreaterThan(0)
      expect([...counts.keys()].sort()).toEqual(['KMS.0104', 'ok'])
      expect(counts.get('KMS.0104')).toBeGreaterThan(CONNECTIONS)
      // Nobody waited for the deadline of a call only to be refused.
      const refusals = refusedIn(service.log())
      const slowest = refusals[Math.floor(refusals.length * 0.99)] ?? Infinity
      expect(slowest).toBeLessThan(DEADLINE_MS / 2)
      expect(highest - before).toBeLessThan(MOST_GROWTH)
      const client = clientOf()
      const after = performance.now()
      expect((await encrypt(client)).status).toBe(200)
      expect(performance.now() - after).toBeLessThan(1_000)
      expect((await fetch(`${service.url}/health/ready`)).status).toBe(200)
    }, 120_000)
  },
)

/** How long refusals took in the service, shortest first, in milliseconds. */
function refusedIn(log: string): readonly number[] {
  return log
    .split('\n')
    .filter((line) => line.includes('"status":503'))
    .map((line) => (JSON.parse(line) as { duration_ms: number }).duration_ms)
    .sort((a, b) => a - b)
}

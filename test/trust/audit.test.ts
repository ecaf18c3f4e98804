import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { exchange } from '../http/client.js'
import { mountSmallFileSystem, whyNoMount } from '../store/small-file-system.js'
import { describeUnless } from '../support/describe-unless.js'
import { until } from '../support/agents.js'
import { newFolder } from '../support/folder.js'
import { kmsctl } from '../support/kmsctl.js'
import { OfficialClient } from '../support/official-client.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'
import { noToken } from '../support/chosen-token.js'
import { type Answered, callUntil, expectWhole } from './audited-service.js'

/** Lets a test set the clock of a service back, by so many milliseconds with every signal. */
const CLOCK = `
const { now } = Date
let back = 0
process.on('SIGUSR2', () => { back += 90_000 })
Date.now = () => now() - back
`

describeUnless(noToken, 'the audit log of a service', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>
  let directory: string
  let log: string
  const running: ServiceProcess[] = []
  beforeEach(async () => {
    folder = await newFolder()
    directory = join(folder.path, 'var')
    log = join(directory, 'audit')
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((service) => service.end('SIGKILL')))
    await folder.remove()
  })

  async function start(environment: Record<string, string> = {}): Promise<ServiceProcess> {
    const service = await startServiceProcess(directory, environment)
    running.push(service)
    return service
  }

  test('has every call that was answered before kill -9, whenever that comes', async () => {
    const answered: Answered = new Map()
    for (let round = 0; round < 5; round += 1) {
      const service = await start({ KMS_AUDIT_CHECKPOINT_S: '1', KMS_AUDIT_FILE_MB: '1' })
      const load = Array.from({ length: 8 }, () => callUntil(service, answered, () => false))
      await sleep(300 + Math.random() * 900)
      // On a machine that is busy a while has few calls.
      await until(() => answered.size > (round + 1) * 100, 60_000)
      await sleep(Math.random() * 100)
      await service.end('SIGKILL')
      await Promise.all(load)
    }
    expect(answered.size).toBeGreaterThan(500)
    const reports = await expectWhole(log, answered)
    expect(reports.filter(({ closed }) => !closed)).toHaveLength(5)
  }, 400_000)

  test('is signed to its end by SIGTERM, and by kmsctl too; an operator can verify it', async () => {
    const service = await start()
    const answered: Answered = new Map()
    let stop = false
    const load = callUntil(service, answered, () => stop)
    await sleep(500)
    stop = true
    await load
    expect(await service.end('SIGTERM')).toBe(0)
    expect((await kmsctl(directory, ['account', 'create', 'acme'])).code).toBe(0)
    const reports = await expectWhole(log, answered)
    expect(reports.map(({ closed }) => closed)).toEqual([true, true])
    const { code, out, err } = await kmsctl(directory, ['audit', 'verify'])
    expect([code, err]).toEqual([0, 'The log is as it was written.\n'])
    expect(JSON.parse(out)).toMatchObject({ flaws: 0 })
    const exported = await kmsctl(directory, ['audit', 'export', '--form', 'cadf'])
    expect(exported.out).toContain('"trace_name":"CreateAccount"')
    const heads = await kmsctl(directory, ['audit', 'heads'])
    const file = join(folder.path, 'heads.json')
    writeFileSync(file, heads.out)
    const last = reports.toSorted((a, b) => b.time - a.time)[0]?.writer ?? ''
    rmSync(join(log, last), { recursive: true })
    expect((await kmsctl(directory, ['audit', 'verify'])).code).toBe(0)
    const cut = await kmsctl(directory, ['audit', 'verify', '--heads', file])
    expect([cut.code, cut.err]).toEqual([1, expect.stringContaining('The chain is gone')])
  }, 120_000)

  test('is verified by the service itself, whose metric tells what it found', async () => {
    await (await start()).end('SIGTERM')
    const service = await start({ KMS_AUDIT_VERIFY_S: '1' })
    async function flawed(): Promise<string | undefined> {
      const { text } = await exchange({ method: 'GET', origin: service.url, path: '/metrics' })
      const checked = /^kms_audit_verified_timestamp_seconds (\d+)/m.exec(text)?.[1]
      return checked === '0' ? undefined : /^kms_audit_flawed_chains (\d+)$/m.exec(text)?.[1]
    }
    async function becomes(count: string): Promise<void> {
      for (let waited = 0; (await flawed()) !== count; waited += 1) {
        expect(waited).toBeLessThan(100)
        await sleep(100)
      }
    }
    await becomes('0')
    const [first = ''] = readdirSync(log).filter((name) => /^[0-9a-f]{32}$/.test(name))
    const file = join(log, first, '00000001.jsonl')
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('StartService', 'StopService'))
    await becomes('1')
    await until(() => service.log().includes('the audit log was changed'))
    expect(service.log()).toContain(`${first}/00000001.jsonl`)
    writeFileSync(file, text)
    await becomes('0')
  }, 60_000)

  test('is one chain for each of two replicas at once', async () => {
    const replicas = [await start(), await start()]
    const answered: Answered = new Map()
    let stop = false
    const load = replicas.flatMap((service) =>
      Array.from({ length: 4 }, () => callUntil(service, answered, () => stop)),
    )
    await sleep(2000)
    await until(() => answered.size > 400, 60_000)
    stop = true
    await Promise.all(load)
    for (const service of replicas) expect(await service.end('SIGTERM')).toBe(0)
    const reports = await expectWhole(log, answered)
    expect(reports.filter(({ events }) => events > 50)).toHaveLength(2)
  }, 120_000)

  test('goes on when the clock goes back', async () => {
    const clock = join(folder.path, 'clock.mjs')
    writeFileSync(clock, CLOCK)
    const service = await start({ NODE_OPTIONS: `--import=${clock}` })
    const answered: Answered = new Map()
    let stop = false
    const load = callUntil(service, answered, () => stop)
    for (let round = 0; round < 4; round += 1) {
      await sleep(300)
      process.kill(service.pid, 'SIGUSR2')
    }
    await sleep(300)
    stop = true
    await load
    expect(await service.end('SIGTERM')).toBe(0)
    await expectWhole(log, answered)
    const { out } = await kmsctl(directory, ['audit', 'export'])
    expect(out).toContain('"clock_back_ms":')
  }, 120_000)

  describeUnless(whyNoMount(), 'on a disk that is full', () => {
    test('refuses work, and goes on when there is room again', async () => {
      const disk = mountSmallFileSystem()
      try {
        const ballast = join(disk.folder, 'ballast')
        writeFileSync(ballast, Buffer.alloc(700 * 1024))
        const auditFolder = join(disk.folder, 'audit')
        const service = await start({ KMS_AUDIT_DIR: auditFolder })
        const client = new OfficialClient(service.credentials())
        const answered: Answered = new Map()
        let refused
        for (let calls = 0; refused === undefined && calls < 5000; calls += 1) {
          const reply = await client.call('gen-random', { random_data_length: '64' })
          if (reply.status === 503) refused = reply
          else answered.set(reply.requestId ?? '', 'CreateRandom')
        }
        expect(refused?.body).toMatchObject({ error_code: 'KMS.0104' })
        const page = await exchange({ method: 'GET', origin: service.url, path: '/health/ready' })
        expect([page.status, page.text]).toEqual([503, expect.stringContaining('audit')])
        const id = refused?.requestId ?? 'none'
        await until(() => service.log().includes(id))
        // Nothing is done that could not be recorded.
        const key = await client.call('create-key', { key_alias: 'unlogged' })
        expect(key.status).toBe(503)
        rmSync(ballast)
        for (let waited = 0; waited < 100; waited += 1) {
          const { status } = await client.call('gen-random', { random_data_length: '64' })
          if (status === 200) break
          await sleep(100)
        }
        const made = await client.call('gen-random', { random_data_length: '64' })
        expect(made.status).toBe(200)
        answered.set(made.requestId ?? '', 'CreateRandom')
        const keys = await client.call('list-keys', {})
        expect(keys.body['keys']).toEqual([])
        answered.set(keys.requestId ?? '', 'ListKeys')
        expect(await service.end('SIGTERM')).toBe(0)
        await expectWhole(auditFolder, answered)
        expect(statSync(auditFolder).mode & 0o777).toBe(0o700)
      } finally {
        await Promise.all(running.splice(0).map((service) => service.end('SIGKILL')))
        disk.remove()
      }
    }, 120_000)
  })
})

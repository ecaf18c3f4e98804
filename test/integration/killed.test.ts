import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { agentPids, isAlive, until } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { digested } from '../support/digested-datakey.js'
import { newFolder } from '../support/folder.js'
import { ConnectionLost, OfficialClient, text } from '../support/official-client.js'
import { postgresBinaries, startPostgres } from '../support/postgres.js'
import { readyAgents } from '../support/ready-agents.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'
import { noToken } from '../support/chosen-token.js'

/** What the service answered before it was killed: all of it must hold afterwards. */
interface Acknowledged {
  readonly keys: string[]
  readonly frames: { readonly keyId: string; readonly cipherText: string; readonly dek: string }[]
}

describeUnless(noToken, 'kill -9 under load', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>
  beforeEach(async () => {
    folder = await newFolder()
  })
  afterEach(() => folder.remove())

  test('of the service loses nothing that was answered (SQLite)', async () => {
    await killService(join(folder.path, 'var'))
  }, 180_000)

  describeUnless(
    postgresBinaries() ? undefined : 'PostgreSQL is not installed',
    'on PostgreSQL',
    () => {
      test('of the service loses nothing that was answered', async () => {
        const postgres = await startPostgres()
        try {
          await killService(join(folder.path, 'var'), { KMS_DATABASE_URL: postgres.url })
        } finally {
          await postgres.stop()
        }
      }, 180_000)
    },
  )

  test('of agents fails no idempotent call', async () => {
    const service = await startServiceProcess(join(folder.path, 'var'))
    try {
      const client = new OfficialClient(service.credentials())
      const keyId = await client.createKey('agents')
      const { dek, ...fields } = digested(32)
      let running = true
      const calls = Array.from({ length: 16 }, () => 0)
      const load = calls.map(async (_, lane) => {
        for (; running; calls[lane] = (calls[lane] ?? 0) + 1) {
          const sent = await client.succeed('encrypt-datakey', { key_id: keyId, ...fields })
          await openAgain(client, {
            keyId,
            cipherText: text(sent, 'cipher_text'),
            dek: dek.toString('hex'),
          })
        }
      })
      const over = Promise.all(load)
      for (let round = 0; round < 6; round++) {
        await new Promise((resolve) => setTimeout(resolve, 300))
        await until(async () => (await readyAgents(service)) === 2, 30_000)
        const before = [...calls]
        const [pid] = agentPids(service.pid)
        if (pid !== undefined) process.kill(pid, 'SIGKILL')
        // A call outlives one agent, and no second one: what the token is at takes a second where it is slow.
        const answered = until(
          () => calls.every((count, lane) => count > (before[lane] ?? 0)),
          30_000,
        )
        await Promise.race([answered, over])
      }
      await until(() => agentPids(service.pid).length === 2)
      running = false
      await over
      expect(Math.min(...calls)).toBeGreaterThanOrEqual(6)
    } finally {
      expect(await service.end('SIGTERM')).toBe(0)
    }
  }, 120_000)
})

async function killService(
  directory: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const acknowledged: Acknowledged = { keys: [], frames: [] }
  for (let round = 0; round < 3; round++) {
    const service = await startServiceProcess(directory, environment)
    const agents = agentPids(service.pid)
    expect(agents).toHaveLength(2)
    const load = Array.from({ length: 8 }, (_, lane) =>
      loadUntilKilled(service, `round${round}-lane${lane}`, acknowledged),
    )
    await new Promise((resolve) => setTimeout(resolve, 900 + 200 * round))
    // Tokens and machines may be slow.
    await until(() => acknowledged.frames.length > 40 * (round + 1), 60_000)
    await service.end('SIGKILL')
    await Promise.all(load)
    // An agent that outlives its service would hold a session, and a PIN's worth of trust, for nobody.
    await until(() => !agents.some(isAlive))
  }
  const service = await startServiceProcess(directory, environment)
  try {
    await verify(new OfficialClient(service.credentials()), acknowledged)
  } finally {
    expect(await service.end('SIGTERM')).toBe(0)
  }
}

async function loadUntilKilled(
  service: ServiceProcess,
  name: string,
  { keys, frames }: Acknowledged,
): Promise<void> {
  const client = new OfficialClient(service.credentials())
  try {
    for (let turn = 0; ; turn++) {
      const keyId = await client.createKey(`${name}-${turn}`)
      keys.push(keyId)
      for (let wrap = 0; wrap < 10; wrap++) {
        const { dek, ...fields } = digested(1 + ((turn * 10 + wrap) % 64))
        const sent = await client.succeed('encrypt-datakey', { key_id: keyId, ...fields })
        frames.push({ keyId, cipherText: text(sent, 'cipher_text'), dek: dek.toString('hex') })
      }
    }
  } catch (error) {
    // The connection breaks when the service is killed; an answer that is an error is none of that.
    if (!(error instanceof ConnectionLost)) throw error
  }
}

async function verify(client: OfficialClient, { keys, frames }: Acknowledged): Promise<void> {
  expect(keys.length).toBeGreaterThan(8)
  expect(frames.length).toBeGreaterThan(80)
  for (const keyId of keys) {
    const { key_info: info } = await client.succeed('describe-key', { key_id: keyId })
    expect(info).toMatchObject({ key_id: keyId, key_state: '2' })
  }
  for (const frame of frames) await openAgain(client, frame)
}

async function openAgain(
  client: OfficialClient,
  frame: { readonly keyId: string; readonly cipherText: string; readonly dek: string },
): Promise<void> {
  const opened = await client.succeed('decrypt-datakey', {
    key_id: frame.keyId,
    cipher_text: frame.cipherText,
    datakey_cipher_length: String(frame.dek.length / 2),
  })
  expect(opened['data_key']).toBe(frame.dek.toUpperCase())
}

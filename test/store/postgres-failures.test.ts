import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { StoreUnavailable } from '../../src/core/key-store.js'
import { type Database, openDatabase } from '../../src/store/database.js'
import { everythingTold } from '../contract/store-errors.js'
import { insertCmk, newProject, sampleCmk } from '../contract/store-samples.js'
import { describeUnless } from '../support/describe-unless.js'
import { type Postgres, postgresBinaries, startPostgres } from '../support/postgres.js'
import { openGate } from './tcp-gate.js'

const reason = postgresBinaries() === undefined ? 'PostgreSQL is not installed' : undefined

describeUnless(reason, 'a PostgreSQL database', () => {
  let server: Postgres | undefined

  beforeAll(async () => {
    server = await startPostgres()
  })

  afterAll(() => server?.stop())

  async function newUrl(): Promise<string> {
    if (!server) throw new Error('No server runs.')
    return server.createDatabase()
  }

  async function withDatabase(url: string, use: (database: Database) => Promise<void>) {
    const database = await openDatabase(url)
    try {
      await use(database)
    } finally {
      await database.close()
    }
  }

  /** Runs SQL past the stores, over a connection of its own. */
  async function execute(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      const { rows } = await client.query<Record<string, unknown>>(sql)
      return rows
    } finally {
      await client.end()
    }
  }

  test('that is down is unavailable, and serves again when it is up', async () => {
    const url = new URL(await newUrl())
    const gate = await openGate(Number(url.port))
    url.port = String(gate.port)
    await withDatabase(url.href, async (database) => {
      const { keys } = database
      const cmk = sampleCmk()
      await insertCmk(keys, cmk)
      for (let round = 0; round < 2; round += 1) {
        const busy = Array.from({ length: 20 }, () => insertCmk(keys, sampleCmk()))
        gate.shut()
        await expectOnlyUnavailable(busy)
        for (const call of [
          database.ping(),
          keys.find(cmk.projectId, cmk.id),
          keys.allVersions(),
        ]) {
          await expect(call).rejects.toBeInstanceOf(StoreUnavailable)
        }
        await expect(openDatabase(url.href)).rejects.toBeInstanceOf(StoreUnavailable)
        gate.open()
        await database.ping()
        expect(await keys.find(cmk.projectId, cmk.id)).toStrictEqual(cmk)
        await insertCmk(keys, sampleCmk())
      }
    })
    await gate.close()
  })

  test('that crashes under use keeps what it has answered, and serves again', async () => {
    const url = await newUrl()
    await withDatabase(url, async (database) => {
      const { keys } = database
      const project = newProject()
      const stored: string[] = []
      const failures: unknown[] = []
      let running = true
      async function insertOnAndOn(): Promise<void> {
        while (running) {
          const cmk = sampleCmk({ projectId: project })
          await insertCmk(keys, cmk, 1_000_000).then(
            () => stored.push(cmk.id),
            async (error: unknown) => {
              failures.push(error)
              await setTimeout(10)
            },
          )
        }
      }
      const inserting = Array.from({ length: 4 }, insertOnAndOn)
      await until(() => stored.length > 20)
      await crashServer(url)
      await until(() => failures.length > 0)
      const before = stored.length
      await until(() => stored.length > before + 20)
      running = false
      await Promise.all(inserting)
      await database.ping()
      expect(failures.every((error) => error instanceof StoreUnavailable)).toBe(true)
      const page = { offset: 0, limit: 1_000_000 }
      const { cmks } = await keys.list({ projectId: project, filter: {}, page })
      const found = new Set<string>(cmks.map(({ id }) => id))
      expect(stored.filter((id) => !found.has(id))).toStrictEqual([])
    })
  })

  test('that ends idle connections does not end us, and is connected to anew', async () => {
    const url = await newUrl()
    await withDatabase(url, async (database) => {
      const { keys } = database
      await Promise.all(Array.from({ length: 5 }, () => database.ping()))
      const others = 'datname = current_database() and pid <> pg_backend_pid()'
      const ended = await execute(
        url,
        `select pg_terminate_backend(pid, 5000) from pg_stat_activity where ${others}`,
      )
      expect(ended.length).toBeGreaterThan(0)
      await setTimeout(50)
      await insertCmk(keys, sampleCmk())
    })
  })

  test('that takes no writes fails its ping and every write', async () => {
    const url = await newUrl()
    const name = new URL(url).pathname.slice(1)
    await withDatabase(url, (database) => database.ping())
    await execute(url, `alter database ${name} set default_transaction_read_only = on`)
    await withDatabase(url, async (database) => {
      const { keys } = database
      await expect(database.ping()).rejects.toBeInstanceOf(StoreUnavailable)
      const cmk = sampleCmk()
      await expect(insertCmk(keys, cmk)).rejects.toThrow('25006')
      await expect(insertCmk(keys, cmk)).rejects.toBeInstanceOf(StoreUnavailable)
      expect(await keys.find(cmk.projectId, cmk.id)).toBeUndefined()
    })
  })

  test('that refuses the login or does not exist is unavailable, and nothing tells the password', async () => {
    const url = new URL(await newUrl())
    url.password = 'a-password-to-look-for'
    const nowhere = new URL(await newUrl())
    nowhere.pathname = '/nowhere'
    for (const wrong of [url, nowhere]) {
      const failure = await openDatabase(wrong.href).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(StoreUnavailable)
      expect(everythingTold(failure)).not.toContain(wrong.password)
    }
    const malformed = openDatabase('postgres://kms:a-password-to-look-for@host:port/name')
    const failure = await malformed.catch((error: unknown) => error)
    expect(everythingTold(failure)).toContain('malformed')
    expect(everythingTold(failure)).not.toContain('a-password-to-look-for')
  })

  /** Kills one process of the server: it then ends all others, recovers from its log, and starts them anew. */
  async function crashServer(url: string): Promise<void> {
    const client = new pg.Client({ connectionString: url })
    client.on('error', () => undefined)
    await client.connect()
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    if (!rows[0]) throw new Error('The server does not tell its process.')
    process.kill(rows[0].pid, 'SIGKILL')
    await client.end().catch(() => undefined)
  }
})

async function expectOnlyUnavailable(calls: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(calls)
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(failed.length).toBeGreaterThan(0)
  expect(failed.every((failure) => failure.reason instanceof StoreUnavailable)).toBe(true)
}

async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 10) {
    if (waited > 20_000) throw new Error('What the test waits for did not happen.')
    await setTimeout(10)
  }
}

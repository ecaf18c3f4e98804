import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { type PoolLimits, openPostgresPool } from '../../src/store/postgres-pool.js'
import { describeUnless } from '../support/describe-unless.js'
import { type Postgres, postgresBinaries, startPostgres } from '../support/postgres.js'
import { openGate } from './tcp-gate.js'

const reason = postgresBinaries() === undefined ? 'PostgreSQL is not installed' : undefined
const LIMITS: PoolLimits = { connections: 1, connectMs: 500, statementMs: 5_000, silenceMs: 3_000 }

interface Pid {
  readonly pid: number
}

describeUnless(reason, 'a pool of PostgreSQL connections', () => {
  let server: Postgres | undefined

  beforeAll(async () => {
    server = await startPostgres()
  })

  afterAll(() => server?.stop())

  async function withPool(
    limits: Partial<PoolLimits>,
    use: (pool: ReturnType<typeof openPostgresPool>, url: string) => Promise<void>,
    given?: string,
  ): Promise<void> {
    const url = given ?? (await server?.createDatabase()) ?? ''
    const pool = openPostgresPool(url, { ...LIMITS, ...limits })
    try {
      await use(pool, url)
    } finally {
      await pool.end()
    }
  }

  test('reads 64-bit integers as numbers, and keeps bytes as they are', async () => {
    await withPool({}, async (pool) => {
      const client = await pool.connect()
      const sql = 'select 1795392000123::bigint as time, count(*) as count, $1::bytea as bytes'
      const { rows } = await client.query(sql, [Uint8Array.of(0, 255, 39, 92)])
      client.release()
      const bytes = Buffer.of(0, 255, 39, 92)
      expect(rows).toStrictEqual([{ time: 1_795_392_000_123, count: 1, bytes }])
    })
  })

  test('has commits wait for the disk where the settings of the server do not', async () => {
    const url = (await server?.createDatabase()) ?? ''
    const owner = new pg.Client({ connectionString: url })
    await owner.connect()
    await owner.query(
      `alter database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`,
    )
    await owner.end()
    await withPool(
      {},
      async (pool) => {
        const client = await pool.connect()
        const { rows } = await client.query('show synchronous_commit', [])
        client.release()
        expect(rows).toStrictEqual([{ synchronous_commit: 'on' }])
      },
      url,
    )
  })

  test('survives the loss of a lent connection between two queries, and lends another', async () => {
    await withPool({}, async (pool, url) => {
      const client = await pool.connect()
      const { rows } = await client.query<Pid>('select pg_backend_pid() as pid', [])
      await client.query('begin', [])
      const killer = new pg.Client({ connectionString: url })
      await killer.connect()
      await killer.query('select pg_terminate_backend($1, 5000)', [rows[0]?.pid])
      await killer.end()
      await setTimeout(50)
      await expect(client.query('select 1', [])).rejects.toThrow()
      // The error of the query is what counts: the rollback that follows it must not hide it behind its own.
      await client.query('rollback', [])
      client.release()
      const next = await pool.connect()
      const answer = await next.query<Pid>('select pg_backend_pid() as pid', [])
      next.release()
      expect(answer.rows[0]?.pid).not.toBe(rows[0]?.pid)
    })
  })

  test('has the server end a statement that takes too long, and goes on with the connection', async () => {
    await withPool({ statementMs: 100 }, async (pool) => {
      const client = await pool.connect()
      const { rows } = await client.query<Pid>('select pg_backend_pid() as pid', [])
      await expect(client.query('select pg_sleep(20)', [])).rejects.toMatchObject({ code: '57014' })
      client.release()
      const same = await pool.connect()
      expect((await same.query('select pg_backend_pid() as pid', [])).rows).toStrictEqual(rows)
      same.release()
    })
  })

  test('gives up on a server that has fallen silent, and drops the connection', async () => {
    const url = new URL((await server?.createDatabase()) ?? '')
    const gate = await openGate(Number(url.port))
    url.port = String(gate.port)
    const limits = { connectMs: 200, statementMs: 100, silenceMs: 100 }
    await withPool(
      limits,
      async (pool) => {
        const client = await pool.connect()
        await client.query('begin', [])
        gate.mute()
        await expect(client.query('select 1', [])).rejects.toThrow('timeout')
        await client.query('rollback', [])
        client.release()
        await expect(pool.connect()).rejects.toThrow('timeout')
        gate.open()
        const next = await pool.connect()
        expect((await next.query('select 1 as one', [])).rows).toStrictEqual([{ one: 1 }])
        next.release()
      },
      url.href,
    )
    await gate.close()
  })
})

import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { mergedEvents } from '../../src/audit/export/merged-events.js'
import type { KeyId } from '../../src/core/ids.js'
import { agentPids } from '../support/agents.js'
import { describeUnless } from '../support/describe-unless.js'
import { text } from '../support/official-client.js'
import { OneConnection } from '../support/one-connection.js'
import { postgresBinaries } from '../support/postgres.js'
import type { ServiceProcess } from '../support/service-process.js'
import { softHsmModule } from '../support/softhsm-token.js'
import { type TwoReplicas, startTwoReplicas } from './two-replicas.js'

const reason = !softHsmModule()
  ? 'SoftHSM is not installed'
  : postgresBinaries() === undefined
    ? 'PostgreSQL is not installed'
    : undefined

describeUnless(reason, 'due work of two services', () => {
  let replicas: TwoReplicas
  let sql: pg.Client

  beforeAll(async () => {
    replicas = await startTwoReplicas({
      both: { KMS_DUE_WORK_INTERVAL_S: '1' },
      other: { KMS_HTTP_PROCESSES: '2', KMS_AGENTS: '2' },
    })
    sql = new pg.Client({ connectionString: replicas.databaseUrl })
    await sql.connect()
  }, 240_000)
  afterAll(async () => {
    await sql.end()
    await replicas.close()
  }, 60_000)

  async function createKeys(replica: ServiceProcess, name: string): Promise<readonly KeyId[]> {
    const client = new OneConnection(replicas.first(replica))
    const ids: KeyId[] = []
    for (let count = 0; count < 12; count++) {
      const { body } = await client.call('create-key', { key_alias: `${name}-${count}` })
      // The service has just made it.
      ids.push(text(body['key_info'], 'key_id') as KeyId)
    }
    client.close()
    return ids
  }

  /** Lets the waiting time of keys be over, all at one instant. */
  async function makeDue(ids: readonly KeyId[]): Promise<void> {
    await sql.query(
      `update cmk set state = '4', deletion_at = $2, due_at = $2, revision = revision + 1 where id = any($1)`,
      [ids, Date.now() - 1000],
    )
  }

  async function countOf(condition: string, ids: readonly KeyId[]): Promise<number> {
    const { rows } = await sql.query<{ count: string }>(
      `select count(*) as count from cmk where id = any($1) and ${condition}`,
      [ids],
    )
    return Number(rows[0]?.count)
  }

  async function untilCount(
    condition: string,
    ids: readonly KeyId[],
    wanted = ids.length,
  ): Promise<void> {
    const end = performance.now() + 60_000
    while ((await countOf(condition, ids)) < wanted) {
      if (performance.now() > end) throw new Error(`Not all keys: ${condition}`)
      await pause(50)
    }
  }

  /** How often each key was destroyed, as the chains of all processes have it. */
  async function destructions(ids: readonly KeyId[]): Promise<readonly number[]> {
    const counts = new Map<string | undefined, number>()
    const all = { from: -Infinity, to: Infinity }
    for await (const { operation, key_id } of mergedEvents(replicas.auditFolder, all)) {
      if (operation === 'DestroyKey') counts.set(key_id, (counts.get(key_id) ?? 0) + 1)
    }
    return ids.map((id) => counts.get(id) ?? 0)
  }

  test('is done once', async () => {
    const ids = await createKeys(replicas.one, 'once')
    await makeDue(ids)
    await untilCount('due_at is null', ids)
    await pause(2_500)
    expect(await destructions(ids)).toEqual(ids.map(() => 1))
  }, 120_000)

  test('is left to the one that has claimed it, and done by the other when that one was killed', async () => {
    expect(await replicas.one.end('SIGTERM')).toBe(0)
    expect(await replicas.other.end('SIGTERM')).toBe(0)
    const holder = await replicas.start()
    const ids = await createKeys(holder, 'killed')
    // Its token stands still: the work begins and does not end.
    const agents = agentPids(holder.pid)
    for (const pid of agents) process.kill(pid, 'SIGSTOP')
    await makeDue(ids)
    // All are claimed at once; the one that is begun has become a tombstone, which anybody may finish.
    await untilCount('claimed_until is not null', ids, ids.length - 1)
    const killed = holder.end('SIGKILL')
    for (const pid of agents) process.kill(pid, 'SIGKILL')
    await killed
    const [first, second] = [await replicas.start(), await replicas.start()]
    await pause(3_000)
    // The claims hold: nobody can know that their holder is dead.
    expect(await countOf('due_at is null', ids)).toBeLessThanOrEqual(1)
    await sql.query('update cmk set claimed_until = $2 where id = any($1)', [ids, Date.now()])
    await untilCount('due_at is null', ids)
    await pause(2_500)
    expect(await destructions(ids)).toEqual(ids.map(() => 1))
    expect(await first.end('SIGTERM')).toBe(0)
    expect(await second.end('SIGTERM')).toBe(0)
  }, 240_000)
})

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

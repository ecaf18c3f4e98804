import { chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { type DatabaseName, SCALE_OPERATIONS } from '../../scripts/bench/report.js'
import { describeUnless } from '../support/describe-unless.js'
import { inNewFolder } from '../support/folder.js'
import { postgresBinaries } from '../support/postgres.js'
import { softHsmModule } from '../support/softhsm-token.js'
import { startBench } from './bench-process.js'
import { runBench } from './run-bench.js'

const KEYS = 60
const noToken = softHsmModule() ? undefined : 'SoftHSM is not installed'
const noPostgres = postgresBinaries() === undefined ? 'PostgreSQL is not installed' : undefined

describeUnless(noToken, 'the bench of scale', () => {
  test('measures every call on SQLite, judges it, and leaves nothing behind', async () => {
    await expectScale('sqlite', [])
  }, 180_000)

  test('ends what it has started when it is told to end', async () => {
    await inNewFolder(async (folder) => {
      const options = ['--scale', '--keys', '10000', '--json', join(folder, 'report.json')]
      const bench = startBench(options, folder)
      await bench.says(/storing 10000 keys/)
      bench.kill('SIGTERM')
      expect((await bench.ended).exitCode).toBe(143)
      expect(await readdir(folder)).toEqual([])
    })
  }, 180_000)
})

describeUnless(noToken ?? noPostgres, 'the bench of scale on PostgreSQL', () => {
  test('starts a server of its own, and leaves nothing behind', async () => {
    await expectScale('postgres', ['--database', 'postgres'])
  }, 180_000)
})

async function expectScale(database: DatabaseName, options: readonly string[]): Promise<void> {
  await inNewFolder(async (folder) => {
    // Root lends PostgreSQL another account, which has to reach its files.
    await chmod(folder, 0o711)
    const scale = ['--scale', '--keys', String(KEYS), '--rounds', '2']
    const { report, out } = await runBench(folder, [...scale, ...options])
    expect(report).toMatchObject({ raw: [], comparisons: [], memory: null })
    expect(report.scale?.small).toEqual({ keys: 10, tags: 20, grants: 10 })
    expect(report.scale?.large).toEqual({ keys: KEYS, tags: 100, grants: 1000 })
    const measured = report.scale?.comparisons ?? []
    expect(measured.map((one) => `${one.operation} ${one.database}`)).toEqual(
      SCALE_OPERATIONS.map((operation) => `${operation} ${database}`),
    )
    for (const { small, large, rounds } of measured) {
      expect(rounds).toHaveLength(2)
      expect(Math.min(small.requests, large.requests)).toBeGreaterThan(0)
    }
    expect(report.marks.map(({ value }) => value)).toEqual(
      measured.map(({ time_ratio: ratio }) => ratio),
    )
    for (const { mark } of report.marks) expect(out).toContain(mark)
  })
}

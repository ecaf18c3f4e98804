import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { Report } from '../../scripts/bench/report.js'
import { describeUnless } from '../support/describe-unless.js'
import { inNewFolder } from '../support/folder.js'
import { softHsmModule } from '../support/softhsm-token.js'
import { startBench } from './bench-process.js'
import { runBench } from './run-bench.js'

describeUnless(softHsmModule() ? undefined : 'SoftHSM is not installed', 'the bench', () => {
  test('measures every operation, prints a table, writes a report, and leaves nothing behind', async () => {
    await inNewFolder(async (folder) => {
      const { report, out } = await runBench(folder, ['--connections', '1,32', '--requests', '300'])
      expect(report.raw.map(({ operation }) => operation)).toEqual([
        'encrypt-datakey',
        'decrypt-datakey',
      ])
      expect(
        report.comparisons.map(({ operation, connections }) => `${operation} ${connections}`),
      ).toEqual([
        'encrypt-datakey 1',
        'encrypt-datakey 32',
        'decrypt-datakey 1',
        'decrypt-datakey 32',
      ])
      for (const { service, baseline, rounds } of report.comparisons) {
        expect(rounds).toHaveLength(1)
        for (const { requests, p50_ms: p50, p99_ms: p99 } of [service, baseline]) {
          expect(requests).toBeGreaterThan(0)
          expect(p99).toBeGreaterThanOrEqual(p50)
        }
      }
      expect(report.marks).toHaveLength(7)
      for (const { mark } of report.marks) expect(out).toContain(mark)
      expectMemory(report)
    })
  }, 180_000)

  test('measures what it is asked for and nothing else', async () => {
    await inNewFolder(async (folder) => {
      const options = ['--operations', 'decrypt-datakey', '--connections', '2', '--requests', '0']
      const { report } = await runBench(folder, [...options, '--rounds', '2'])
      expect(report.comparisons).toHaveLength(1)
      expect(report.comparisons[0]).toMatchObject({ operation: 'decrypt-datakey', connections: 2 })
      expect(report.comparisons[0]?.rounds).toHaveLength(2)
      expect(report.memory).toBeNull()
      expect(new Set(report.marks.map(({ outcome }) => outcome))).toEqual(new Set(['not measured']))
    })
  }, 180_000)

  test('ends what it has started when it is told to end', async () => {
    await inNewFolder(async (folder) => {
      const bench = startBench(['--json', join(folder, 'report.json')], folder)
      await bench.says(/encrypt-datakey, 1 connections/)
      bench.kill('SIGTERM')
      expect((await bench.ended).exitCode).toBe(143)
      expect(await readdir(folder)).toEqual([])
    })
  }, 180_000)
})

test.each([
  ['an unknown option', ['--speed']],
  ['an unknown operation', ['--operations', 'encrypt-datakey,sign']],
  ['no connections', ['--connections', '0']],
  ['a part of a round', ['--rounds', '1.5']],
  ['no time', ['--seconds', 'soon']],
  ['an unknown database', ['--scale', '--database', 'sqlite,oracle']],
  ['a database without a comparison of projects', ['--database', 'postgres']],
  ['keys without a comparison of projects', ['--keys', '100']],
  ['a large project that is none', ['--scale', '--keys', '19']],
  ['operations of the other kind of run', ['--scale', '--operations', 'encrypt-datakey']],
  ['connections of the other kind of run', ['--scale', '--connections', '2']],
  ['memory in a comparison of projects', ['--scale', '--requests', '0']],
  ['two kinds of run at once', ['--scale', '--latency']],
  ['sessions without slow calls', ['--sessions', '8']],
  ['sessions that the agents cannot share', ['--latency', '--sessions', '8', '--agents', '3']],
  ['no delay', ['--latency', '--delays', '0']],
  ['keys of a project on the token', ['--token', '--keys', '100']],
  ['no keys on the token', ['--token', '--sizes', '10,0']],
])('refuses %s', async (_what, options) => {
  await inNewFolder(async (folder) => {
    const { exitCode, out, err } = await startBench(options, folder).ended
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
    expect(err).toMatch(/^bench: .*--\w+.*\.\n$/)
  })
})

function expectMemory({ memory }: Report): void {
  if (process.platform !== 'linux') return
  for (const phase of memory?.phases ?? []) {
    expect(phase.requests).toBe(300)
    expect(phase.service_rss_mb).toBeGreaterThan(30)
    expect(phase.peak_distinct_mb).toBeGreaterThan(phase.service_rss_mb)
    expect(phase.peak_rss_mb).toBeGreaterThan(phase.peak_distinct_mb)
  }
  // How many agents there are depends on the machine.
  const [service, ...others] = memory?.processes.map(({ name }) => name) ?? []
  expect(service).toBe('service')
  expect(new Set(others)).toEqual(new Set(['agent']))
}

import { expect, test } from '@jest/globals'
import { judgeLatency, judgeTokens } from '../../scripts/bench/marks.js'
import type { Figures, Latency, TokenRow } from '../../scripts/bench/report.js'
import { describeUnless } from '../support/describe-unless.js'
import { inNewFolder } from '../support/folder.js'
import { softHsmModule } from '../support/softhsm-token.js'
import { runBench } from './run-bench.js'

const noToken = softHsmModule() ? undefined : 'SoftHSM is not installed'
const figures: Figures = {
  requests: 1,
  per_second: 1,
  p50_ms: 1,
  p99_ms: 1,
  cpu_us: null,
  children_cpu_us: null,
}

describeUnless(noToken, 'the bench of slow tokens', () => {
  test('counts the calls of a request, and what the sessions make of them', async () => {
    await inNewFolder(async (folder) => {
      const few = ['--sessions', '4', '--agents', '2', '--delays', '20,40', '--rounds', '2']
      const longer = ['--seconds', '2', '--warm-up', '2']
      const { report, out } = await runBench(folder, ['--latency', ...few, ...longer])
      const { agents, sessions, rows } = report.latency ?? { rows: [] }
      expect({ agents, sessions }).toEqual({ agents: 2, sessions: 4 })
      expect(rows.map((row) => row.delay_ms)).toEqual([20, 40])
      for (const row of rows) {
        expect(row.connections).toBe(8)
        expect(row.rounds).toHaveLength(2)
        // C_CreateObject, C_WrapKey, C_DestroyObject, C_SignInit, C_Sign; calls of other requests may fall among them.
        expect(row.calls).toBeGreaterThanOrEqual(4.5)
        // More than one session's share, and no more than all have.
        expect(row.throughput_ratio).toBeGreaterThan(0.3)
        expect(row.throughput_ratio).toBeLessThan(1.4)
        expect(row.event_loop_p99_ms).toBeGreaterThan(9)
        expect(row.peak_rss_mb).toBeGreaterThan(100)
      }
      expect(report.marks).toHaveLength(4)
      for (const { mark } of report.marks) expect(out).toContain(mark)
    })
  }, 180_000)
})

describeUnless(noToken, 'the bench of CMKs on the token', () => {
  test('makes them, uses them, and times the starts', async () => {
    await inNewFolder(async (folder) => {
      const { report, out } = await runBench(folder, [
        '--token',
        '--sizes',
        '40,3',
        '--rounds',
        '2',
      ])
      const rows = report.token ?? []
      expect(rows.map(({ keys }) => keys)).toEqual([3, 40])
      expect(rows[0]?.time_ratio).toBe(1)
      for (const row of rows) {
        expect(row.rounds).toHaveLength(2)
        expect(row.service.requests).toBeGreaterThan(0)
        expect(row.start_ms).toBeGreaterThan(100)
      }
      expect(report.marks.map(({ value }) => value)).toEqual([
        rows[1]?.time_ratio,
        rows[1]?.start_ms,
      ])
      for (const { mark } of report.marks) expect(out).toContain(mark)
    })
  }, 180_000)
})

test('the sessions of a slow token are judged at 2 ms, memory and the event loop at every delay', () => {
  const row = {
    operation: 'encrypt-datakey',
    delay_ms: 2,
    connections: 64,
    service: figures,
    calls: 5,
    throughput_ratio: 0.8,
    event_loop_p99_ms: 20,
    peak_rss_mb: 700,
    rounds: [],
  } as const
  const slower = {
    ...row,
    delay_ms: 3,
    throughput_ratio: 0.1,
    event_loop_p99_ms: 21,
    peak_rss_mb: 701,
  }
  function outcomes(rows: Latency['rows']) {
    return judgeLatency({ agents: 1, sessions: 32, rows }).map(({ outcome }) => outcome)
  }
  expect(outcomes([{ ...row, rounds: [] }])).toEqual(['met', 'met', 'met'])
  expect(outcomes([{ ...row, throughput_ratio: 0.79, rounds: [] }])[0]).toBe('missed')
  expect(outcomes([{ ...slower, rounds: [] }])[0]).toBe('not measured')
  expect(
    outcomes([
      { ...row, rounds: [] },
      { ...slower, rounds: [] },
    ]),
  ).toEqual(['met', 'missed', 'met', 'missed'])
})

test('every larger number of CMKs is judged against the smallest', () => {
  const row: TokenRow = {
    keys: 10,
    service: figures,
    time_ratio: 1,
    start_ms: 9000,
    peak_rss_mb: null,
    rounds: [],
  }
  const marks = judgeTokens([
    row,
    { ...row, keys: 1000, time_ratio: 1.1, start_ms: 3000 },
    { ...row, keys: 10_000, time_ratio: 1.11, start_ms: 3001 },
  ])
  expect(marks.map(({ outcome }) => outcome)).toEqual(['met', 'met', 'missed', 'missed'])
  expect(marks[2]?.mark).toMatch(/10000 CMKs on the token to that with 10$/)
})

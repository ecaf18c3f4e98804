import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, test } from '@jest/globals'
import { summarise } from '../../scripts/bench/compare.js'
import { judge } from '../../scripts/bench/marks.js'
import { childrenOf, processorTime, residentMemory } from '../../scripts/bench/processes.js'
import type { Figures, Memory } from '../../scripts/bench/report.js'
import { median, percentile } from '../../scripts/bench/statistics.js'
import { describeUnless } from '../support/describe-unless.js'

test.each([
  [[3], 3],
  [[9, 1, 4], 4],
  [[10, 2, 1, 100], 6],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected)
})

test('a percentile is the smallest value that the share does not exceed', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  expect(percentile(hundred, 0.5)).toBe(50)
  expect(percentile(hundred, 0.99)).toBe(99)
  expect(percentile([5, 7], 0.99)).toBe(7)
  expect(percentile([5], 0)).toBe(5)
  expect(() => percentile([], 0.5)).toThrow(RangeError)
})

test('ratios are taken within the rounds, so that a slow round slows both of its sides', () => {
  const rounds = [
    { service: figures(700, 6), baseline: figures(1000, 3) },
    { service: figures(70, 60), baseline: figures(100, 30) },
    { service: figures(900, 4), baseline: figures(1000, 1) },
  ]
  const summary = summarise({ operation: 'encrypt-datakey', processes: 1, connections: 32 }, rounds)
  expect(summary.throughput_ratio).toBeCloseTo(0.7)
  expect(summary.p99_ratio).toBeCloseTo(2)
  expect(summary.service).toMatchObject({ requests: 30, per_second: 700, p99_ms: 6, cpu_us: 5 })
})

describe('marks', () => {
  test.each([
    [0.6, 3, 'met', 'met'],
    [0.59, 3.01, 'missed', 'missed'],
  ])('judge a throughput of %d and a p99 of %d', (throughput, p99, first, second) => {
    const rounds = [{ service: figures(throughput, p99), baseline: figures(1, 1) }]
    const summary = summarise(
      { operation: 'decrypt-datakey', processes: 1, connections: 32 },
      rounds,
    )
    expect(outcomes(judge([summary], null))).toEqual([
      'not measured',
      'not measured',
      first,
      second,
      'not measured',
      'not measured',
      'not measured',
    ])
  })

  test('judge nothing at other numbers of connections', () => {
    const rounds = [{ service: figures(1, 1), baseline: figures(1, 1) }]
    const summary = summarise(
      { operation: 'encrypt-datakey', processes: 1, connections: 128 },
      rounds,
    )
    expect(new Set(outcomes(judge([summary], null)))).toEqual(new Set(['not measured']))
  })

  test.each([
    [{ peak: 399, rss: 4.9, heap: 0.9 }, 'met'],
    [{ peak: 401, rss: 5.1, heap: 1.1 }, 'missed'],
  ])('judge memory: %j', (figures, outcome) => {
    const judged = outcomes(judge([], memory(figures))).slice(4)
    expect(judged).toEqual([outcome, outcome, outcome])
  })
})

const foreign = process.platform === 'linux' ? undefined : 'there is no /proc'

describeUnless(foreign, 'processes', () => {
  test('memory is that which the process itself sees', () => {
    const resident = residentMemory(process.pid)
    const mb = process.memoryUsage.rss() / 2 ** 20
    expect(Math.abs((resident?.mb ?? 0) - mb)).toBeLessThan(20)
    expect(resident?.peakMb).toBeGreaterThanOrEqual(resident?.mb ?? NaN)
  })

  test('children are known while they live, and their time is counted afterwards', async () => {
    const before = processorTime(process.pid)
    const program = 'for (const end = Date.now() + 300; Date.now() < end; );'
    const child = spawn(process.execPath, ['-e', program])
    expect(childrenOf(process.pid)).toContain(child.pid)
    await once(child, 'exit')
    expect(childrenOf(process.pid)).not.toContain(child.pid)
    expect(residentMemory(child.pid ?? 0)).toBeUndefined()
    const after = processorTime(process.pid)
    expect(after.children - before.children).toBeGreaterThan(20_000)
  })
})

test('the best number of HTTP processes is judged where several were measured', () => {
  const [one, two] = [1, 2].map((processes) =>
    summarise({ operation: 'encrypt-datakey', processes, connections: 128 }, [
      { service: figures(400 * processes, 5), baseline: figures(1000, 5) },
    ]),
  )
  if (!one || !two) throw new Error('Two were made.')
  function judged(comparisons: readonly (typeof one)[]) {
    return judge(
      comparisons.flatMap((found) => found ?? []),
      null,
    ).filter(({ mark }) => mark.includes('best'))
  }
  expect(judged([one])).toEqual([])
  expect(judged([one, two])).toMatchObject([{ outcome: 'met', value: 0.8 }])
  expect(judged([two, one])[0]?.mark).toContain('128 connections, 2 HTTP processes')
})

function figures(perSecond: number, p99: number): Figures {
  const times = { p50_ms: p99 / 2, p99_ms: p99, cpu_us: 5, children_cpu_us: null }
  return { requests: 10, per_second: perSecond, ...times }
}

function memory({ peak, rss, heap }: { peak: number; rss: number; heap: number }): Memory {
  const phase = {
    requests: 100,
    seconds: 1,
    peak_rss_mb: 100,
    peak_distinct_mb: 80,
    service_rss_mb: 50,
    settled_rss_mb: 40,
    settled_heap_mb: 10,
  }
  return {
    connections: 32,
    phases: [{ ...phase, peak_rss_mb: peak }, phase],
    processes: [],
    growth_rss_mb: 0,
    growth_settled_rss_mb: rss,
    growth_settled_heap_mb: heap,
  }
}

function outcomes(marks: ReturnType<typeof judge>): readonly string[] {
  return marks.map(({ outcome }) => outcome)
}

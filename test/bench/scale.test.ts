import { describe, expect, test } from '@jest/globals'
import { judgeScale } from '../../scripts/bench/marks.js'
import { parseOptions } from '../../scripts/bench/options.js'
import {
  type Figures,
  type Report,
  SCALE_OPERATIONS,
  type ScaleOperation,
} from '../../scripts/bench/report.js'
import { medianRatio, pairedRounds } from '../../scripts/bench/rounds.js'
import { type FilledProject, requestsOf, verify } from '../../scripts/bench/scale/calls.js'
import { summariseScale } from '../../scripts/bench/scale/compare.js'
import {
  SMALL,
  commonlyTagged,
  grantsAt,
  largeOutline,
  sizeOf,
  tagsAt,
} from '../../scripts/bench/scale/content.js'
import { formatReport } from '../../scripts/bench/table.js'
import { GRANTS_PER_KEY } from '../../src/core/grant.js'
import { newKeyId } from '../../src/core/ids.js'
import { TAGS_PER_KEY } from '../../src/core/tag.js'

const LARGE = largeOutline(10_000)

describe('options of scale', () => {
  test('stand for the full comparison on SQLite unless told otherwise', () => {
    expect(parseOptions(['--scale'])).toMatchObject({
      rounds: 7,
      seconds: 2,
      json: 'reports/bench-scale.json',
      scale: { databases: ['sqlite'], keys: 10_000 },
    })
  })

  test('leave the other run as it was', () => {
    expect(parseOptions([])).toMatchObject({
      rounds: 3,
      json: 'reports/bench.json',
      scale: undefined,
    })
  })

  test('choose databases and keys', () => {
    const options = parseOptions(['--scale', '--database', 'postgres,sqlite', '--keys', '50'])
    expect(options?.scale).toEqual({ databases: ['sqlite', 'postgres'], keys: 50 })
  })
})

describe('what the projects hold', () => {
  test('is of the sizes that are compared', () => {
    expect(sizeOf(SMALL)).toEqual({ keys: 10, tags: 20, grants: 10 })
    expect(sizeOf(LARGE)).toEqual({ keys: 10_000, tags: 100, grants: 1000 })
  })

  test('keeps the limits of a key, and reaches them', () => {
    const places = Array.from({ length: LARGE.keys }, (_, place) => place)
    const tagged = places.map((place) => new Set(tagsAt(place).map(({ key }) => key)).size)
    expect(tagged).toEqual(places.map((place) => tagsAt(place).length))
    expect(Math.max(...tagged)).toBe(TAGS_PER_KEY)
    const granted = places.map((place) => grantsAt(LARGE, place))
    expect(Math.max(...granted)).toBe(GRANTS_PER_KEY)
    expect(granted.reduce((sum, count) => sum + count)).toBe(1000)
  })

  test('has the queried tag on the first page of both, and on many keys of the large one', () => {
    expect(commonlyTagged(SMALL)).toBe(SMALL.keys)
    expect(commonlyTagged(LARGE)).toBe(2000)
  })
})

describe('answers', () => {
  const keyIds = Array.from({ length: 10 }, () => newKeyId())
  const page = Array.from({ length: 10 }, () => ({}))
  const tags = tagsAt(0)
  const right = {
    'list-keys': { keys: keyIds, key_details: page, total: 10 },
    'describe-key': { key_info: { key_id: keyIds[0] } },
    'resource_instances/action': {
      resources: page.map(() => ({ tags })),
      total_count: 10,
    },
    'list-grants': { grants: page, total: 10 },
  } as const
  const wrong = {
    'list-keys': { ...right['list-keys'], total: 11 },
    'describe-key': { key_info: { key_id: keyIds[1] } },
    'resource_instances/action': { resources: [], total_count: 10 },
    'list-grants': {},
  } as const

  test.each(['list-keys', 'describe-key', 'resource_instances/action', 'list-grants'] as const)(
    'to %s count when they are what the project holds, and not otherwise',
    async (operation) => {
      const held = project(keyIds)
      await verify(held, operation, JSON.stringify(right[operation]))
      const lie = verify(held, operation, JSON.stringify(wrong[operation]))
      await expect(lie).rejects.toThrow(`to ${operation}`)
    },
  )
})

test('as many keys of a large project are described as of a small one, and they lie far apart', () => {
  const keyIds = Array.from({ length: 1000 }, () => newKeyId())
  const asked = requestsOf(project(keyIds), 'describe-key').map(
    ({ body }) => (JSON.parse(body.toString('utf8')) as { readonly key_id: string }).key_id,
  )
  expect(asked).toEqual(keyIds.filter((_, place) => place % 100 === 0))
})

test('rounds begin with either side in turn, and keep the sides apart', async () => {
  const order: string[] = []
  function side(name: string, rate: number): () => Promise<Figures> {
    return () => {
      order.push(name)
      return Promise.resolve(figures(rate, 1))
    }
  }
  const rounds = await pairedRounds(3, side('a', 1), side('b', 2))
  expect(order.join('')).toBe('abbaab')
  const rates = rounds.map(([a, b]) => [a.per_second, b.per_second] as const)
  expect(rates).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
  ])
  expect(medianRatio(rates)).toBe(0.5)
})

test('a ratio is that of the times of a call within a round', () => {
  const summary = comparison('list-keys', [
    [figures(1000, 1), figures(500, 3)],
    [figures(100, 10), figures(50, 30)],
    [figures(900, 1), figures(900, 1)],
  ])
  expect(summary).toMatchObject({ time_ratio: 2, p50_ratio: 3 })
  expect([summary.small.per_second, summary.large.per_second]).toEqual([900, 500])
})

describe('marks of scale', () => {
  test.each([
    [1000, 'met'],
    [667, 'met'],
    [666, 'missed'],
  ])('judge %d calls a second of 1000: %s', (rate, outcome) => {
    const judged = judgeScale([comparison('list-grants', [[figures(1000, 1), figures(rate, 1)]])])
    expect(judged).toEqual([
      {
        mark: 'time of list-grants on sqlite, large project to small',
        wanted: 'at most 1.5',
        value: 1000 / rate,
        outcome,
      },
    ])
  })
})

test('the table shows every call with its cost, its ratio and its mark, and nothing that was not measured', () => {
  const comparisons = SCALE_OPERATIONS.map((operation) =>
    comparison(operation, [[figures(1000, 0.5), figures(500, 0.75)]]),
  )
  const table = formatReport(reportOf(comparisons))
  for (const operation of SCALE_OPERATIONS) {
    expect(table).toMatch(
      new RegExp(`${operation} +SQLite +1.00 +0.50 +1000 +5 +2.00 +0.75 +500 +5 +2.00 +1.50`),
    )
    expect(table).toMatch(new RegExp(`time of ${operation} on sqlite.* at most 1.5 +2.00 +MISSED`))
  }
  expect(table).toContain('large: 10000 keys, 100 tags, 1000 grants')
  expect(table).not.toContain('Express')
})

function project(keyIds: FilledProject['keyIds']): FilledProject {
  return {
    service: {
      name: 'The service',
      pid: process.pid,
      url: 'http://127.0.0.1:1',
      databaseUrl: 'sqlite:/nowhere',
      credentials: {
        endpoint: 'http://127.0.0.1:1',
        project_id: 'p'.repeat(32),
        user_id: 'u',
        domain_id: 'd'.repeat(32),
        access_key_id: 'A'.repeat(20),
        secret_access_key: 's'.repeat(40),
      },
      kill: () => undefined,
      requireAlive: () => Promise.resolve(),
      stop: () => Promise.resolve(),
    },
    outline: SMALL,
    keyIds,
    workload: {
      keyId: keyIds.at(-1) ?? '',
      requests: () => [],
      verify: () => Promise.resolve(),
    },
  }
}

function comparison(
  operation: ScaleOperation,
  rounds: Parameters<typeof summariseScale>[1],
): ReturnType<typeof summariseScale> {
  return summariseScale({ database: 'sqlite', operation }, rounds)
}

function figures(perSecond: number, p50: number): Figures {
  const times = { p50_ms: p50, p99_ms: p50 * 2, cpu_us: 5, children_cpu_us: null }
  return { requests: 10, per_second: perSecond, ...times }
}

function reportOf(comparisons: readonly ReturnType<typeof comparison>[]): Report {
  return {
    finished_at: '2026-11-24T00:00:00.000Z',
    version: '0',
    machine: { node: 'v0', platform: 'none', processors: 1, processor: 'none' },
    settings: { rounds: 1, seconds: 1, datakey_bytes: 64, environment: {} },
    latency: null,
    token: null,
    raw: [],
    comparisons: [],
    memory: null,
    scale: { small: sizeOf(SMALL), large: sizeOf(LARGE), comparisons: [...comparisons] },
    marks: [...judgeScale(comparisons)],
  }
}

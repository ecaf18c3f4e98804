import {
  type Comparison,
  type Mark,
  type Memory,
  OPERATION_NAMES,
  type ScaleComparison,
} from './report.js'

/** Where throughput and latency are judged. */
const CONNECTIONS = 32
const LEAST_THROUGHPUT = 0.6
const MOST_P99 = 3
const MOST_MEMORY_MB = 400
/** What two full collections may differ by though nothing leaks; a leak of 64 bytes a request would add 6 MB. */
const MOST_RSS_GROWTH_MB = 5
const MOST_HEAP_GROWTH_MB = 1
/** What a call may cost on a large project, of what it costs on a small one. */
const MOST_SCALE_RATIO = 1.5

/** Judges what was measured. */
export function judge(comparisons: readonly Comparison[], memory: Memory | null): readonly Mark[] {
  return [
    ...OPERATION_NAMES.flatMap((operation) => {
      const found = comparisons.find(
        (one) => one.operation === operation && one.connections === CONNECTIONS,
      )
      const where = `${operation}, ${CONNECTIONS} connections, against bare Express`
      return [
        atLeast(`throughput of ${where}`, found?.throughput_ratio, LEAST_THROUGHPUT),
        atMost(`p99 of ${where}`, found?.p99_ratio, MOST_P99),
      ]
    }),
    ...memoryMarks(memory),
  ]
}

/** Judges what calls on a large project cost. */
export function judgeScale(comparisons: readonly ScaleComparison[]): readonly Mark[] {
  return comparisons.map(({ database, operation, time_ratio: ratio }) =>
    atMost(`time of ${operation} on ${database}, large project to small`, ratio, MOST_SCALE_RATIO),
  )
}

function memoryMarks(memory: Memory | null): readonly Mark[] {
  const requests = memory?.phases[0].requests ?? 0
  const peak = memory?.phases.map(({ peak_rss_mb: mb }) => mb)
  return [
    atMost(
      `peak memory of all processes in MB, ${requests} requests and as many again`,
      peak && Math.max(...peak),
      MOST_MEMORY_MB,
    ),
    atMost(
      `growth of the service in MB over the second ${requests} requests`,
      memory?.growth_settled_rss_mb,
      MOST_RSS_GROWTH_MB,
    ),
    atMost(
      `growth of its heap in MB over the second ${requests} requests`,
      memory?.growth_settled_heap_mb,
      MOST_HEAP_GROWTH_MB,
    ),
  ]
}

function atLeast(mark: string, value: number | undefined, limit: number): Mark {
  const outcome = value !== undefined && value >= limit ? 'met' : 'missed'
  return whenMeasured({ mark, wanted: `at least ${limit}`, outcome }, value)
}

function atMost(mark: string, value: number | undefined, limit: number): Mark {
  const outcome = value !== undefined && value <= limit ? 'met' : 'missed'
  return whenMeasured({ mark, wanted: `at most ${limit}`, outcome }, value)
}

function whenMeasured(mark: Omit<Mark, 'value'>, value: number | undefined): Mark {
  return value === undefined
    ? { ...mark, value: null, outcome: 'not measured' }
    : { ...mark, value }
}

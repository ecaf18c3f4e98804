import {
  type Comparison,
  type Latency,
  type Mark,
  type Memory,
  OPERATION_NAMES,
  type ScaleComparison,
  type TokenRow,
} from './report.js'

/** Where throughput and latency are judged. */
const CONNECTIONS = 32
const LEAST_THROUGHPUT = 0.6
/** Of bare Express, at the best number of HTTP processes and the most connections. */
const LEAST_BEST_THROUGHPUT = 0.8
const MOST_P99 = 3
const MOST_MEMORY_MB = 400
/** What two full collections may differ by though nothing leaks; a leak of 64 bytes a request would add 6 MB. */
const MOST_RSS_GROWTH_MB = 5
const MOST_HEAP_GROWTH_MB = 1
/** What a call may cost on a large project, of what it costs on a small one. */
const MOST_SCALE_RATIO = 1.5
/** Where the sessions of a slow token are judged: with quicker calls two processors are what is short. */
const JUDGED_DELAY_MS = 2
const LEAST_OF_SESSIONS = 0.8
const MOST_LATENCY_MEMORY_MB = 700
const MOST_EVENT_LOOP_P99_MS = 20
/** What a call may cost with many CMKs on the token, of what it costs with few. */
const MOST_TOKEN_RATIO = 1.1
const MOST_START_MS = 3000

/** Judges what was measured. */
export function judge(comparisons: readonly Comparison[], memory: Memory | null): readonly Mark[] {
  return [
    ...OPERATION_NAMES.flatMap((operation) => {
      const found = best(comparisons, operation, CONNECTIONS)
      const where = `${operation}, ${CONNECTIONS} connections, against bare Express`
      return [
        atLeast(`throughput of ${where}`, found?.throughput_ratio, LEAST_THROUGHPUT),
        atMost(`p99 of ${where}`, found?.p99_ratio, MOST_P99),
      ]
    }),
    ...processMarks(comparisons),
    ...memoryMarks(memory),
  ]
}

/** What several HTTP processes make of the main job; nothing where one number of them was measured. */
function processMarks(comparisons: readonly Comparison[]): readonly Mark[] {
  if (new Set(comparisons.map(({ processes }) => processes)).size < 2) return []
  const [operation] = OPERATION_NAMES
  const most = Math.max(...comparisons.map(({ connections }) => connections))
  const found = best(comparisons, operation, most)
  return [
    atLeast(
      `throughput of ${operation}, ${most} connections, ${found?.processes ?? 0} HTTP processes (the best), against bare Express`,
      found?.throughput_ratio,
      LEAST_BEST_THROUGHPUT,
    ),
  ]
}

/** The number of HTTP processes that does most. */
function best(
  comparisons: readonly Comparison[],
  operation: Comparison['operation'],
  connections: number,
): Comparison | undefined {
  return comparisons
    .filter((one) => one.operation === operation && one.connections === connections)
    .reduce<Comparison | undefined>(
      (found, one) => (found && found.throughput_ratio >= one.throughput_ratio ? found : one),
      undefined,
    )
}

/** Judges what calls on a large project cost. */
export function judgeScale(comparisons: readonly ScaleComparison[]): readonly Mark[] {
  return comparisons.map(({ database, operation, time_ratio: ratio }) =>
    atMost(`time of ${operation} on ${database}, large project to small`, ratio, MOST_SCALE_RATIO),
  )
}

/** Judges what a token with slow calls gave. */
export function judgeLatency({ sessions, rows }: Latency): readonly Mark[] {
  const judged = rows.find(({ delay_ms: ms }) => ms === JUDGED_DELAY_MS)
  const where = `${sessions} sessions and ${JUDGED_DELAY_MS} ms for each PKCS#11 call`
  return [
    atLeast(
      `throughput of ${where}, of sessions / (calls x time of a call)`,
      judged?.throughput_ratio,
      LEAST_OF_SESSIONS,
    ),
    atMost(
      'peak memory of all processes in MB',
      Math.max(...rows.map(({ peak_rss_mb: mb }) => mb)),
      MOST_LATENCY_MEMORY_MB,
    ),
    ...rows.map((row) =>
      atMost(
        `p99 of the delay of the event loop in ms, ${row.delay_ms} ms for each call`,
        row.event_loop_p99_ms,
        MOST_EVENT_LOOP_P99_MS,
      ),
    ),
  ]
}

/** Judges what CMKs on the token cost; the first row is that of fewest. */
export function judgeTokens(rows: readonly TokenRow[]): readonly Mark[] {
  const [fewest] = rows
  return rows
    .slice(1)
    .flatMap(({ keys, time_ratio: ratio, start_ms: ms }) => [
      atMost(
        `time of encrypt-datakey with ${keys} CMKs on the token to that with ${fewest?.keys ?? 0}`,
        ratio,
        MOST_TOKEN_RATIO,
      ),
      atMost(`time of a start with ${keys} CMKs on the token in ms`, ms, MOST_START_MS),
    ])
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

import { type Static, Type } from '../../src/packages/typebox.js'

/** Operations that are measured, by the last part of their paths. */
export const OPERATION_NAMES = ['encrypt-datakey', 'decrypt-datakey'] as const

/** Calls whose cost must not grow with a project, by what follows `/kms/` in their paths. */
export const SCALE_OPERATIONS = [
  'list-keys',
  'describe-key',
  'resource_instances/action',
  'list-grants',
  'encrypt-datakey',
] as const

/** Databases that can be measured. */
export const DATABASE_NAMES = ['sqlite', 'postgres'] as const

const Operation = Type.Enum([...OPERATION_NAMES])

/** What one run of load gave. */
const Figures = Type.Object({
  requests: Type.Integer(),
  per_second: Type.Number(),
  p50_ms: Type.Number(),
  p99_ms: Type.Number(),
  /** Processor time of the process that answers, for each request; null where there is no /proc. */
  cpu_us: Type.Union([Type.Number(), Type.Null()]),
  /** The same of the processes below it: the agents, and the HTTP processes where there are several. */
  children_cpu_us: Type.Union([Type.Number(), Type.Null()]),
})

/** One operation at one number of connections: medians of the rounds, and of the ratios within each round. */
const Comparison = Type.Object({
  operation: Operation,
  /** Processes of the service that serve HTTP. */
  processes: Type.Integer(),
  connections: Type.Integer(),
  service: Figures,
  baseline: Figures,
  throughput_ratio: Type.Number(),
  p99_ratio: Type.Number(),
  rounds: Type.Array(Type.Object({ service: Figures, baseline: Figures }), { minItems: 1 }),
})

/** The same PKCS#11 calls in one process, with nothing around them. */
export const RawRate = Type.Object({
  operation: Operation,
  per_second: Type.Number(),
  p50_ms: Type.Number(),
  p99_ms: Type.Number(),
})

const Phase = Type.Object({
  requests: Type.Integer(),
  seconds: Type.Number(),
  /** Highest sum over all processes of the service, in one sample. */
  peak_rss_mb: Type.Number(),
  /** The same with the pages of files, which the processes share for the most part, counted once. */
  peak_distinct_mb: Type.Number(),
  /** Of the service process alone, under load: median of the last fifth of the samples. */
  service_rss_mb: Type.Number(),
  /** Of the service process after a full garbage collection. */
  settled_rss_mb: Type.Number(),
  settled_heap_mb: Type.Number(),
})

const Memory = Type.Object({
  connections: Type.Integer(),
  phases: Type.Tuple([Phase, Phase]),
  /** Highest memory that each process ever had (VmHWM); agents that were replaced are among them. */
  processes: Type.Array(Type.Object({ name: Type.String(), peak_rss_mb: Type.Number() })),
  /** From the end of the first phase to the end of the second. */
  growth_rss_mb: Type.Number(),
  growth_settled_rss_mb: Type.Number(),
  growth_settled_heap_mb: Type.Number(),
})

/** What a project holds. */
const Size = Type.Object({ keys: Type.Integer(), tags: Type.Integer(), grants: Type.Integer() })

/** One call on a small and on a large project, at one connection: medians of the rounds, and of the ratios within each. */
const ScaleComparison = Type.Object({
  database: Type.Enum([...DATABASE_NAMES]),
  operation: Type.Enum([...SCALE_OPERATIONS]),
  small: Figures,
  large: Figures,
  /** Time of a call on the large project, the mean of all calls of a run, to that on the small one. */
  time_ratio: Type.Number(),
  /** The same of the median call. */
  p50_ratio: Type.Number(),
  rounds: Type.Array(Type.Object({ small: Figures, large: Figures }), { minItems: 1 }),
})

const Scale = Type.Object({
  small: Size,
  large: Size,
  comparisons: Type.Array(ScaleComparison),
})

/** Encrypt-datakey on a token each of whose calls takes some milliseconds. */
const LatencyRow = Type.Object({
  operation: Operation,
  delay_ms: Type.Number(),
  connections: Type.Integer(),
  service: Figures,
  /** PKCS#11 calls for each request. */
  calls: Type.Number(),
  /** Of what the sessions could do at most: sessions / (calls x delay). */
  throughput_ratio: Type.Number(),
  /** As the service shows it: the 10 ms between two looks are part of it. */
  event_loop_p99_ms: Type.Number(),
  /** Highest sum over all processes of the service, in one sample. */
  peak_rss_mb: Type.Number(),
  rounds: Type.Array(
    Type.Object({
      service: Figures,
      calls: Type.Number(),
      throughput_ratio: Type.Number(),
      event_loop_p99_ms: Type.Number(),
    }),
    { minItems: 1 },
  ),
})

const Latency = Type.Object({
  agents: Type.Integer(),
  /** Of all agents together. */
  sessions: Type.Integer(),
  rows: Type.Array(LatencyRow),
})

/** Encrypt-datakey with CMKs that are all on the token, at one connection. */
const TokenRow = Type.Object({
  /** CMKs on the token. */
  keys: Type.Integer(),
  service: Figures,
  /** Time of a call, the mean of all calls of a run, to that with fewest CMKs; median of the rounds. */
  time_ratio: Type.Number(),
  /** From the start of the process until it listens: the median of several starts. */
  start_ms: Type.Number(),
  peak_rss_mb: Type.Union([Type.Number(), Type.Null()]),
  rounds: Type.Array(Figures, { minItems: 1 }),
})

const Mark = Type.Object({
  mark: Type.String(),
  /** The limit in words: "at least 0.6". */
  wanted: Type.String(),
  value: Type.Union([Type.Number(), Type.Null()]),
  outcome: Type.Enum(['met', 'missed', 'not measured']),
})

/** The JSON document that a run writes. Times are milliseconds and sizes are 2^20 bytes unless a name says else. */
export const Report = Type.Object({
  finished_at: Type.String(),
  version: Type.String(),
  machine: Type.Object({
    node: Type.String(),
    platform: Type.String(),
    processors: Type.Integer(),
    processor: Type.String(),
  }),
  settings: Type.Object({
    rounds: Type.Integer(),
    seconds: Type.Number(),
    datakey_bytes: Type.Integer(),
    /** `KMS_…` variables that the caller set for the service. */
    environment: Type.Record(Type.String(), Type.String()),
  }),
  raw: Type.Array(RawRate),
  comparisons: Type.Array(Comparison),
  memory: Type.Union([Memory, Type.Null()]),
  /** Null unless the run was one of scale, which measures nothing else; so are the next two. */
  scale: Type.Union([Scale, Type.Null()]),
  latency: Type.Union([Latency, Type.Null()]),
  token: Type.Union([Type.Array(TokenRow), Type.Null()]),
  marks: Type.Array(Mark),
})

export type OperationName = (typeof OPERATION_NAMES)[number]
export type ScaleOperation = (typeof SCALE_OPERATIONS)[number]
export type DatabaseName = (typeof DATABASE_NAMES)[number]
export type Figures = Static<typeof Figures>
export type Comparison = Static<typeof Comparison>
export type RawRate = Static<typeof RawRate>
export type Phase = Static<typeof Phase>
export type Memory = Static<typeof Memory>
export type Size = Static<typeof Size>
export type ScaleComparison = Static<typeof ScaleComparison>
export type Scale = Static<typeof Scale>
export type LatencyRow = Static<typeof LatencyRow>
export type Latency = Static<typeof Latency>
export type TokenRow = Static<typeof TokenRow>
export type Mark = Static<typeof Mark>
export type Report = Static<typeof Report>

import { type Static, Type } from 'typebox'

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
  /** The same of the processes that it started: the agents. */
  children_cpu_us: Type.Union([Type.Number(), Type.Null()]),
})

/** One operation at one number of connections: medians of the rounds, and of the ratios within each round. */
const Comparison = Type.Object({
  operation: Operation,
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
  /** Null unless the run was one of scale, which measures nothing else. */
  scale: Type.Union([Scale, Type.Null()]),
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
export type Mark = Static<typeof Mark>
export type Report = Static<typeof Report>

import {
  AggregatorRegistry,
  Counter,
  Gauge,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client'

type Snapshot = readonly MetricObjectWithValues<MetricValue<string>>[]

/** How many HTTP processes there are by what they do. */
export interface ProcessCounts {
  readonly serving: number
  readonly starting: number
}

/**
 * The figures of all HTTP processes in one. What a process counted that has ended stays counted: a sum that fell would
 * look as if everything had been counted anew.
 */
export class SummedMetrics<Process> {
  readonly #registry = new Registry()
  readonly #processes = new Gauge({
    name: 'kms_http_processes',
    help: 'HTTP processes by state.',
    labelNames: ['state'] as const,
    registers: [this.#registry],
  })
  readonly #restarts = new Counter({
    name: 'kms_http_process_restarts_total',
    help: 'HTTP processes that ended and were replaced.',
    registers: [this.#registry],
  })
  readonly #last = new Map<Process, Snapshot>()
  #gone: Snapshot = []

  readonly contentType = this.#registry.contentType

  /** Takes what a process says its figures are; one that says nothing keeps those that it said before. */
  heard(process: Process, said: unknown): void {
    if (isSnapshot(said)) this.#last.set(process, said)
  }

  /** A process has ended, and is replaced. */
  async ended(process: Process): Promise<void> {
    this.#restarts.inc()
    const last = this.#last.get(process)
    this.#last.delete(process)
    if (last) this.#gone = await sum([this.#gone, last.filter(grows)]).getMetricsAsJSON()
  }

  /** Everything in the text format of Prometheus. */
  async text({ serving, starting }: ProcessCounts): Promise<string> {
    this.#processes.set({ state: 'serving' }, serving)
    this.#processes.set({ state: 'starting' }, starting)
    const own = await this.#registry.getMetricsAsJSON()
    // Those that serve come first: where one value stands for all, it is theirs.
    return await sum([...this.#last.values(), this.#gone, own]).metrics()
  }
}

/** Counters and histograms only ever grow; what a gauge showed is over with its process. */
function grows({ type }: Snapshot[number]): boolean {
  // The package types it as a number; what it sends is the name.
  return ['counter', 'histogram'].includes(String(type))
}

function sum(snapshots: readonly Snapshot[]): Registry {
  return AggregatorRegistry.aggregate(snapshots.map((snapshot) => [...snapshot]))
}

function isSnapshot(value: unknown): value is Snapshot {
  return (
    Array.isArray(value) &&
    value.every(
      (metric: unknown) =>
        typeof metric === 'object' && metric !== null && 'name' in metric && 'values' in metric,
    )
  )
}

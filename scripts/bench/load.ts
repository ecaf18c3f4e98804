import { type Answer, LoadConnection, type LoadSender, requestBytes } from './load-connection.js'
import { processorTime, processesAreShown } from './processes.js'
import type { Figures } from './report.js'
import type { ServerProcess } from './server-process.js'
import { percentile } from './statistics.js'
import type { PreparedRequest } from './signed-call.js'

/** How often somebody looks for answers that do not come. */
const LOOK_MS = 500
const TIMEOUT_MS = 10_000

/** What to send, and for how long. */
export interface Load {
  readonly server: ServerProcess
  /** Sent in turn on each connection, each connection from the first one on. */
  readonly requests: readonly PreparedRequest[]
  readonly connections: number
  readonly until: { readonly seconds: number } | { readonly requests: number }
}

/** What came of it. */
export interface LoadResult {
  readonly figures: Figures
  readonly seconds: number
  /** The last answer to the first of the requests. */
  readonly sample: string
}

/**
 * Sends requests over persistent connections, each as soon as the one before is answered.
 *
 * @throws Error unless every answer is a success
 */
export async function runLoad(load: Load, signal: AbortSignal): Promise<LoadResult> {
  const { server } = load
  const before = processesAreShown() ? processorTime(server.pid) : undefined
  const { latencies, seconds, sample } = await generate(load, signal)
  const after = processesAreShown() ? processorTime(server.pid) : undefined
  const requests = latencies.length
  function cost(whose: 'own' | 'children'): number | null {
    return before && after ? (after[whose] - before[whose]) / requests : null
  }
  return {
    figures: {
      requests,
      per_second: requests / seconds,
      p50_ms: percentile(latencies, 0.5),
      p99_ms: percentile(latencies, 0.99),
      cpu_us: cost('own'),
      children_cpu_us: cost('children'),
    },
    seconds,
    sample,
  }
}

interface Generated {
  /** Milliseconds, one for each answer. */
  readonly latencies: readonly number[]
  readonly seconds: number
  readonly sample: string
}

async function generate(load: Load, signal: AbortSignal): Promise<Generated> {
  signal.throwIfAborted()
  const run = new LoadRun(load)
  function stop(): void {
    run.stop()
  }
  signal.addEventListener('abort', stop)
  try {
    const failure = await run.over
    signal.throwIfAborted()
    if (failure === undefined) return run
    await load.server.requireAlive()
    throw new Error(`${load.server.name} did not answer every request: ${failure}`)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** The connections of one load, and what they got. */
class LoadRun implements LoadSender, Generated {
  readonly #requests: readonly Buffer[]
  readonly #most: number
  readonly #connections: readonly LoadConnection[]
  readonly #startedAt = performance.now()
  readonly #until: number
  readonly #look: NodeJS.Timeout
  readonly #statuses = new Map<number, number>()
  #endedAt = this.#startedAt
  #sent = 0
  #busy: number
  #end: (failure?: string) => void = () => undefined
  readonly latencies: number[] = []
  sample = ''
  /** Why it ended before its time, if it did. */
  readonly over: Promise<string | undefined>

  constructor({ server, requests, connections, until }: Load) {
    this.#requests = requests.map((request) => requestBytes(server.url, request))
    this.#until = 'seconds' in until ? this.#startedAt + 1000 * until.seconds : Infinity
    this.#most = 'requests' in until ? until.requests : Infinity
    this.over = new Promise((resolve) => (this.#end = resolve))
    this.#busy = connections
    this.#connections = Array.from(
      { length: connections },
      () => new LoadConnection(server.url, this),
    )
    this.#look = setInterval(() => this.#requireTimely(), LOOK_MS)
  }

  get seconds(): number {
    return (this.#endedAt - this.#startedAt) / 1000
  }

  opened(connection: LoadConnection): void {
    const bytes = this.#requests[connection.sent % this.#requests.length]
    if (bytes && this.#sent < this.#most && performance.now() < this.#until) {
      this.#sent++
      connection.send(bytes)
    } else {
      connection.end()
      if (--this.#busy === 0) this.stop(this.latencies.length === 0 ? 'no time for one' : undefined)
    }
  }

  answered(connection: LoadConnection, { status, body }: Answer): void {
    this.#endedAt = performance.now()
    this.latencies.push(this.#endedAt - connection.sentAt)
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
    if (status < 200 || status > 299) {
      this.stop('one without success')
      return
    }
    if (connection.sent % this.#requests.length === 1 % this.#requests.length) {
      this.sample = body.toString()
    }
    this.opened(connection)
  }

  broke(error: Error): void {
    this.stop(error.message)
  }

  /** Ends every connection, whatever it is at. */
  stop(reason?: string): void {
    clearInterval(this.#look)
    for (const connection of this.#connections) connection.end()
    const answers = [...this.#statuses].map(([status, count]) => `${count} of status ${status}`)
    this.#end(reason && `${reason}; answers: ${answers.join(', ') || 'none'}.`)
  }

  #requireTimely(): void {
    const oldest = Math.min(...this.#connections.map(({ sentAt }) => sentAt))
    if (performance.now() - oldest > TIMEOUT_MS) this.stop('one answer was late')
  }
}

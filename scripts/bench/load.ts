import autocannon from 'autocannon'
import { processorTime, processesAreShown } from './processes.js'
import type { Figures } from './report.js'
import type { ServerProcess } from './server-process.js'
import { percentile } from './statistics.js'
import type { PreparedRequest } from './signed-call.js'

/** How often the generator looks whether its time is up. */
const SAMPLE_MS = 50
const TIMEOUT_SECONDS = 10

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
  /** Milliseconds, one for each answer. autocannon's own histogram counts in whole ones. */
  readonly latencies: readonly number[]
  readonly seconds: number
  readonly sample: string
}

async function generate(load: Load, signal: AbortSignal): Promise<Generated> {
  signal.throwIfAborted()
  const latencies: number[] = []
  let sample = ''
  const startedAt = performance.now()
  let endedAt = startedAt
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const options = optionsOf(load, (body) => (sample = body))
    const cannon = autocannon(options, (error: unknown, result) => {
      signal.removeEventListener('abort', stop)
      if (error) reject(new Error('The load could not be generated.', { cause: error }))
      else resolve(result)
    })
    function stop(): void {
      cannon.stop()
    }
    signal.addEventListener('abort', stop)
    cannon.on('response', (_client, _status, _bytes, ms) => {
      latencies.push(ms)
      endedAt = performance.now()
    })
  })
  signal.throwIfAborted()
  await requireSuccess(load.server, result)
  return { latencies, seconds: (endedAt - startedAt) / 1000, sample }
}

function optionsOf(load: Load, keep: (body: string) => void): autocannon.Options {
  const { server, connections, until } = load
  const requests = load.requests.map((request, index) => ({
    ...request,
    headers: { ...request.headers },
    ...(index === 0 && { onResponse: (_status: number, body: string) => keep(body) }),
  }))
  return {
    url: server.url,
    connections,
    requests,
    ...('seconds' in until ? { duration: until.seconds } : { amount: until.requests }),
    sampleInt: SAMPLE_MS,
    timeout: TIMEOUT_SECONDS,
    bailout: 1,
  }
}

async function requireSuccess(server: ServerProcess, result: autocannon.Result): Promise<void> {
  const { errors, timeouts, non2xx } = result
  if (errors === 0 && non2xx === 0 && result['2xx'] > 0) return
  await server.requireAlive()
  const statuses = Object.entries(result.statusCodeStats ?? {})
    .map(([status, { count = 0 }]) => `${count} of status ${status}`)
    .join(', ')
  throw new Error(
    `${server.name} did not answer every request: ${errors} broken connections, ${timeouts} of them late; ` +
      `answers: ${statuses || 'none'}.`,
  )
}

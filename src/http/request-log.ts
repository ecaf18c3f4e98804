import type { Follower } from '../telemetry/follower.js'
import type { Log } from '../telemetry/log.js'
import type { Metrics } from '../telemetry/metrics.js'
import type { Exchange } from './exchange.js'

/** Metric label of requests that reached no operation. */
const NO_OPERATION = 'none'

/** How a request ended. */
export interface Outcome {
  /** `ok`, an error code, or `aborted`. */
  readonly code: string
  readonly status: number
  /** What the operator must see and the client must not: set for 5xx. */
  readonly error?: unknown
}

/** Writes down how requests ended: one log line each, and the figures. Bodies are never part of it. */
export class RequestLog {
  readonly #log: Log
  readonly #metrics: Metrics
  readonly #follower: Follower

  constructor(log: Log, metrics: Metrics, follower: Follower) {
    this.#log = log
    this.#metrics = metrics
    this.#follower = follower
  }

  /** Records a request to an operation, or to an address that leads nowhere. */
  record(exchange: Exchange, outcome: Outcome): void {
    const endedAt = performance.now()
    const elapsed = endedAt - exchange.startedAt
    const operation = exchange.operation?.name ?? NO_OPERATION
    this.#metrics.request(operation, outcome.code, elapsed / 1000)
    const fields = fieldsOf(exchange, outcome, elapsed)
    if (outcome.error === undefined) this.#log.info(fields, 'request')
    else this.#log.error({ ...fields, err: outcome.error }, 'request failed')
    const { followed, keyId } = exchange
    if (!followed) return
    const { code, status } = outcome
    this.#follower.ended(followed, {
      operation,
      code,
      status,
      keyId,
      endedAt,
      elapsedMs: elapsed,
      fields,
    })
  }

  /** Records a request to a page for operators, which probes ask for all day. */
  recordPage(exchange: Exchange, page: { readonly path: string; readonly status: number }): void {
    const { requestId: request_id } = exchange
    this.#log.debug({ request_id, page: page.path, status: page.status }, 'page')
  }
}

function fieldsOf(exchange: Exchange, { code, status }: Outcome, elapsed: number) {
  const { operation, caller } = exchange
  return {
    request_id: exchange.requestId,
    operation: operation?.name,
    action: operation?.action,
    code,
    status,
    duration_ms: Math.round(elapsed * 1000) / 1000,
    project_id: caller?.projectId,
    access_key_id: caller?.accessKeyId,
    key_id: exchange.keyId,
    sequence: exchange.sequence,
    address: exchange.client.address,
    trace_id: exchange.followed?.traceId,
  }
}

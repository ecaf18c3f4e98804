import type { EventRecord } from '../../codec/audit-record.js'

/** A trace as the trace service of the original cloud writes one: CADF (DMTF DSP0262) in its own words. */
export interface Trace {
  readonly trace_id: string
  readonly trace_name: string
  readonly trace_rating: 'normal' | 'warning' | 'incident'
  readonly trace_type: 'ApiCall' | 'SystemAction'
  readonly service_type: 'KMS'
  readonly event_type: 'system'
  readonly resource_type: string
  readonly resource_id?: string | undefined
  readonly api_version: 'v1.0'
  readonly source_ip?: string | undefined
  readonly request_id: string
  readonly project_id?: string | undefined
  /** Status of HTTP as text. */
  readonly code: string
  /** Milliseconds since 1970. */
  readonly time: number
  readonly record_time: number
  readonly user?: unknown
  /** What the original form has no place for. */
  readonly message: Readonly<Record<string, unknown>>
}

const RATINGS = { done: 'normal', refused: 'warning', failed: 'incident' } as const

/** Writes an event as a trace. The id of a trace is that of its record: its chain and its number. */
export function traceOf(event: EventRecord): Trace {
  const time = Date.parse(event.time)
  const isCall = event.address !== undefined
  return {
    trace_id: `${event.writer}-${event.n}`,
    trace_name: event.operation,
    trace_rating: RATINGS[event.outcome],
    trace_type: isCall ? 'ApiCall' : 'SystemAction',
    service_type: 'KMS',
    event_type: 'system',
    resource_type: event.key_id === undefined ? 'kms' : 'cmk',
    resource_id: event.key_id,
    api_version: 'v1.0',
    source_ip: event.address,
    request_id: event.request_id,
    project_id: event.project_id,
    code: String(event.status),
    time,
    record_time: time,
    ...(event.user_id !== undefined && {
      user: {
        id: event.user_id,
        access_key_id: event.access_key_id,
        domain: { id: event.domain_id },
      },
    }),
    message: {
      action: event.action,
      outcome: event.outcome,
      error_code: event.code === 'ok' ? undefined : event.code,
      key_version: event.key_version,
      rule: event.rule,
      context_digest: event.context_digest,
      authentication: event.authentication,
      client_sequence: event.client_sequence,
      details: event.details,
    },
  }
}

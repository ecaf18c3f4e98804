import { columns, cost, fine, whole } from '../columns.js'
import type { Latency, LatencyRow } from '../report.js'

const HEAD = [
  'ms for each call',
  'calls',
  'connections',
  'per s',
  'p50 ms',
  'p99 ms',
  'CPU us + agents',
  'of most',
  'event loop p99 ms',
  'peak MB',
]

/** Writes what a token with slow calls gave, for people. */
export function latencyLines({ agents, sessions, rows }: Latency): string {
  return [
    `encrypt-datakey, ${sessions} sessions in ${agents} agents; most: sessions / (calls x time of a call)`,
    columns([HEAD, ...rows.map(row)]),
  ].join('\n')
}

function row({ service, ...one }: LatencyRow): readonly string[] {
  return [
    String(one.delay_ms),
    fine(one.calls),
    String(one.connections),
    whole(service.per_second),
    fine(service.p50_ms),
    fine(service.p99_ms),
    `${cost(service.cpu_us)} + ${cost(service.children_cpu_us)}`,
    fine(one.throughput_ratio),
    fine(one.event_loop_p99_ms),
    whole(one.peak_rss_mb),
  ]
}

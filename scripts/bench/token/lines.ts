import { columns, cost, fine, whole } from '../columns.js'
import type { TokenRow } from '../report.js'

const HEAD = [
  'CMKs on the token',
  'ms',
  'p50 ms',
  'p99 ms',
  'CPU us + agents',
  'to fewest',
  'start ms',
  'peak MB',
]

/** Writes what CMKs on the token cost, for people. */
export function tokenLines(rows: readonly TokenRow[]): string {
  return [
    'encrypt-datakey, 1 connection; ms: mean of all calls of a run',
    columns([HEAD, ...rows.map(row)]),
  ].join('\n')
}

function row({ service, ...one }: TokenRow): readonly string[] {
  return [
    String(one.keys),
    fine(1000 / service.per_second),
    fine(service.p50_ms),
    fine(service.p99_ms),
    `${cost(service.cpu_us)} + ${cost(service.children_cpu_us)}`,
    fine(one.time_ratio),
    whole(one.start_ms),
    cost(one.peak_rss_mb),
  ]
}

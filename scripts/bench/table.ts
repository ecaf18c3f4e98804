import { latencyLines } from './latency/lines.js'
import { databasesOf, scaleLines } from './scale/lines.js'
import { tokenLines } from './token/lines.js'
import { columns, cost, fine, whole } from './columns.js'
import type { Comparison, Figures, Mark, Memory, RawRate, Report } from './report.js'

/** Writes a report for people. */
export function formatReport(report: Report): string {
  return [
    headOf(report),
    ...linesOf(report),
    columns([MARK_HEAD, ...report.marks.map(markRow)]),
  ].join('\n\n')
}

function linesOf(report: Report): readonly string[] {
  if (report.scale) return [scaleLines(report.scale)]
  if (report.latency) return [latencyLines(report.latency)]
  if (report.token) return [tokenLines(report.token)]
  return contestLines(report)
}

function contestLines(report: Report): readonly string[] {
  return [
    columns([RAW_HEAD, ...report.raw.map(rawRow)]),
    columns([COMPARISON_HEAD, ...report.comparisons.map((one) => comparisonRow(one, report.raw))]),
    ...(report.memory ? [memoryLines(report.memory)] : []),
  ]
}

const RAW_HEAD = ['bare PKCS#11 calls', 'per s', 'p50 ms', 'p99 ms']

const COMPARISON_HEAD = [
  'operation',
  'processes',
  'connections',
  'service per s',
  'p50 ms',
  'p99 ms',
  'CPU us + agents',
  'Express per s',
  'p50 ms',
  'p99 ms',
  'CPU us',
  'of Express',
  'p99 ratio',
  'of bare calls',
]

const MARK_HEAD = ['mark', 'wanted', 'measured', '']

function headOf({ version, machine, settings, scale }: Report): string {
  const tuned = Object.entries(settings.environment).map(([name, value]) => `, ${name}=${value}`)
  const databases = scale ? databasesOf(scale) : 'SQLite'
  return [
    `hsm-kms ${version}, Node.js ${machine.node}, ${machine.processors} x ${machine.processor}`,
    `SoftHSM, ${databases}, signed requests, data keys of ${settings.datakey_bytes} bytes, log to a file${tuned.join('')}`,
    `medians of ${settings.rounds} rounds of ${settings.seconds} s; ratios are medians of the ratios within a round`,
  ].join('\n')
}

function rawRow({ operation, per_second: rate, p50_ms: p50, p99_ms: p99 }: RawRate) {
  return [operation, whole(rate), fine(p50), fine(p99)]
}

function comparisonRow(comparison: Comparison, raw: readonly RawRate[]): readonly string[] {
  const { operation, processes, connections, service, baseline } = comparison
  const bare = raw.find((rate) => rate.operation === operation)
  return [
    operation,
    String(processes),
    String(connections),
    ...figureCells(service),
    `${cost(service.cpu_us)} + ${cost(service.children_cpu_us)}`,
    ...figureCells(baseline),
    cost(baseline.cpu_us),
    fine(comparison.throughput_ratio),
    fine(comparison.p99_ratio),
    bare ? fine(service.per_second / bare.per_second) : '-',
  ]
}

function figureCells({ per_second: rate, p50_ms: p50, p99_ms: p99 }: Figures): readonly string[] {
  return [whole(rate), fine(p50), fine(p99)]
}

function memoryLines({ phases, processes, connections, ...growth }: Memory): string {
  const rows = phases.map((phase, index) => [
    String(index + 1),
    whole(phase.requests),
    fine(phase.peak_rss_mb),
    fine(phase.peak_distinct_mb),
    fine(phase.service_rss_mb),
    fine(phase.settled_rss_mb),
    fine(phase.settled_heap_mb),
  ])
  const head = [
    'memory in MB, phase',
    'requests',
    'all, peak',
    'shared once',
    'service, last fifth',
    'service, collected',
    'heap, collected',
  ]
  const peaks = processes.map(({ name, peak_rss_mb: mb }) => `${name} ${whole(mb)}`)
  return [
    columns([head, ...rows]),
    `at ${connections} connections; growth of the service under load ${fine(growth.growth_rss_mb)}; ` +
      `peak of each process: ${peaks.join(', ')}`,
  ].join('\n')
}

function markRow({ mark, wanted, value, outcome }: Mark): readonly string[] {
  return [mark, wanted, value === null ? '-' : fine(value), outcome.toUpperCase()]
}

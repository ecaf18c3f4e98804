import { columns, cost, fine, whole } from '../columns.js'
import type { DatabaseName, Figures, Scale, ScaleComparison, Size } from '../report.js'

const NAMES: Readonly<Record<DatabaseName, string>> = { sqlite: 'SQLite', postgres: 'PostgreSQL' }

const HEAD = [
  'call, 1 connection',
  'database',
  'small ms',
  'p50 ms',
  'per s',
  'CPU us',
  'large ms',
  'p50 ms',
  'per s',
  'CPU us',
  'large to small',
  'of p50',
]

/** The databases that were measured, for people. */
export function databasesOf({ comparisons }: Scale): string {
  return [...new Set(comparisons.map(({ database }) => NAMES[database]))].join(' and ')
}

/** Writes what calls cost a small and a large project, for people. */
export function scaleLines({ small, large, comparisons }: Scale): string {
  return [
    `small: ${sizeLine(small)}; large: ${sizeLine(large)}; ms: mean of all calls of a run`,
    columns([HEAD, ...comparisons.map(row)]),
  ].join('\n')
}

function sizeLine({ keys, tags, grants }: Size): string {
  return `${keys} keys, ${tags} tags, ${grants} grants`
}

function row(comparison: ScaleComparison): readonly string[] {
  const { operation, database, small, large } = comparison
  return [
    operation,
    NAMES[database],
    ...figureCells(small),
    ...figureCells(large),
    fine(comparison.time_ratio),
    fine(comparison.p50_ratio),
  ]
}

function figureCells({ per_second: rate, p50_ms: p50, cpu_us: cpu }: Figures): readonly string[] {
  return [fine(1000 / rate), fine(p50), whole(rate), cost(cpu)]
}

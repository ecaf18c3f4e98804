import { COLUMNS, type Cell, ROWS } from './matrix.js'

/** A cell that was run. */
export interface Judged {
  readonly cell: Cell
  /** `skipped`: late, on a machine where others took so much that nothing can be said about time. */
  readonly outcome: 'passed' | 'failed' | 'skipped'
}

const MARKS = { passed: '+', failed: 'F', skipped: 's' } as const

/** Name of a cell: its function and its fault. */
export function nameOf({ row, column }: Cell): string {
  return `${row.title} x ${column.title}`
}

/** The matrix: a line for each function, a numbered column for each fault; `+` passed, `F` failed, `s` skipped, `.` not run. */
export function renderTable(judged: readonly Judged[]): string {
  const width = Math.max(...ROWS.map(({ title }) => title.length))
  const legend = COLUMNS.map(({ title }, index) => `${String(index + 1).padStart(3)} ${title}`)
  const head = `${' '.repeat(width)} ${COLUMNS.map((_, index) => String(index + 1).padStart(3)).join('')}`
  const lines = ROWS.map((row) => {
    const marks = COLUMNS.map((column) => {
      const found = judged.find(({ cell }) => cell.row === row && cell.column === column)
      return (found === undefined ? '.' : MARKS[found.outcome]).padStart(3)
    })
    return `${row.title.padEnd(width)} ${marks.join('')}`
  })
  return [...legend, head, ...lines].join('\n')
}

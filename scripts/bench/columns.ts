/** Texts below each other, the first column to the left and the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .join('\n')
}

/** A number without its fraction. */
export function whole(value: number): string {
  return value.toFixed(0)
}

/** A number to two places. */
export function fine(value: number): string {
  return value.toFixed(2)
}

/** A whole number, or a dash where it is not known. */
export function cost(value: number | null): string {
  return value === null ? '-' : whole(value)
}

/** The middle value; the mean of the two in the middle where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other)
  const upper = Math.floor(sorted.length / 2)
  const lower = sorted.length % 2 === 0 ? upper - 1 : upper
  return (valueAt(sorted, lower) + valueAt(sorted, upper)) / 2
}

/** The smallest value that at least `share` (0 to 1) of all values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return valueAt(sorted, Math.max(0, Math.ceil(share * sorted.length) - 1))
}

function valueAt(sorted: ArrayLike<number>, index: number): number {
  const value = sorted[index]
  if (value === undefined) throw new RangeError('There is nothing to take a middle or a share of.')
  return value
}

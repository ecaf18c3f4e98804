/** Mean and variance of samples. */
export interface Moments {
  readonly count: number
  readonly mean: number
  readonly variance: number
}

/** Mean and unbiased variance. */
export function momentsOf(samples: readonly number[]): Moments {
  const count = samples.length
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / count
  const squares = samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0)
  return { count, mean, variance: squares / (count - 1) }
}

/** Welch's t of two means: beyond 4.5 either way the two are told apart (ISO/IEC 17825). */
export function welch(one: Moments, other: Moments): number {
  const error = Math.sqrt(one.variance / one.count + other.variance / other.count)
  return error === 0 ? 0 : (one.mean - other.mean) / error
}

/** Samples without the slowest hundredth: they are the machine's, not the program's. */
export function cropped(samples: readonly number[]): readonly number[] {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted.slice(0, Math.ceil(sorted.length * 0.99))
}

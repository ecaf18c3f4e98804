import { type Load, type LoadResult, runLoad } from './load.js'
import type { Figures } from './report.js'
import { median } from './statistics.js'

/** What one run left unanswered when its time was up must not slow the next one. */
const PAUSE_MS = 200

/** Figures of both sides of a round. */
export type Pair = readonly [Figures, Figures]

/**
 * Runs rounds of one measurement of each side, the order changing from round to round: a machine which slows down slows
 * both of their sides.
 */
export async function pairedRounds(
  count: number,
  first: () => Promise<Figures>,
  second: () => Promise<Figures>,
): Promise<readonly Pair[]> {
  const rounds: Pair[] = []
  while (rounds.length < count) {
    if (rounds.length % 2 === 0) {
      const figures = await first()
      rounds.push([figures, await second()])
    } else {
      const figures = await second()
      rounds.push([await first(), figures])
    }
  }
  return rounds
}

/** Sends a load and lets the server come to rest. @throws Error as `runLoad` does */
export async function runRested(load: Load, signal: AbortSignal): Promise<LoadResult> {
  const result = await runLoad(load, signal)
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  return result
}

/** The median of the ratios within the rounds, of the first number to the second. */
export function medianRatio(rounds: readonly (readonly [number, number])[]): number {
  return median(rounds.map(([first, second]) => first / second))
}

/** The medians of several runs; their requests are summed. */
export function medians(figures: readonly Figures[]): Figures {
  function middle(name: 'per_second' | 'p50_ms' | 'p99_ms'): number {
    return median(figures.map((one) => one[name]))
  }
  function cost(name: 'cpu_us' | 'children_cpu_us'): number | null {
    const known = figures.flatMap((one) => one[name] ?? [])
    return known.length > 0 ? median(known) : null
  }
  return {
    requests: figures.reduce((sum, { requests }) => sum + requests, 0),
    per_second: middle('per_second'),
    p50_ms: middle('p50_ms'),
    p99_ms: middle('p99_ms'),
    cpu_us: cost('cpu_us'),
    children_cpu_us: cost('children_cpu_us'),
  }
}

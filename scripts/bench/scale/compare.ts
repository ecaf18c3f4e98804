import type { Options } from '../options.js'
import type { DatabaseName, Figures, ScaleComparison, ScaleOperation } from '../report.js'
import { type Pair, medianRatio, medians, pairedRounds, runRested } from '../rounds.js'
import { type FilledProject, requestsOf, verify } from './calls.js'

/** One connection: what is measured is what a call costs, not how calls wait for each other. */
const CONNECTIONS = 1

/** The two projects. */
export interface Projects {
  readonly small: FilledProject
  readonly large: FilledProject
}

/** Measures a call on both projects, in rounds of one run against each. */
export async function compareProjects(
  { small, large }: Projects,
  run: { readonly database: DatabaseName; readonly operation: ScaleOperation },
  options: Pick<Options, 'rounds' | 'seconds' | 'warmUpSeconds'>,
  signal: AbortSignal,
): Promise<ScaleComparison> {
  const { operation } = run
  async function measure(project: FilledProject, seconds: number): Promise<Figures> {
    const { figures, sample } = await runRested(
      {
        server: project.service,
        requests: requestsOf(project, operation),
        connections: CONNECTIONS,
        until: { seconds },
      },
      signal,
    )
    await verify(project, operation, sample)
    return figures
  }
  await measure(small, options.warmUpSeconds)
  await measure(large, options.warmUpSeconds)
  const rounds = await pairedRounds(
    options.rounds,
    () => measure(small, options.seconds),
    () => measure(large, options.seconds),
  )
  return summariseScale(run, rounds)
}

/** Puts the rounds of one call together: those of the small project stand first. */
export function summariseScale(
  run: { readonly database: DatabaseName; readonly operation: ScaleOperation },
  rounds: readonly Pair[],
): ScaleComparison {
  return {
    ...run,
    small: medians(rounds.map(([small]) => small)),
    large: medians(rounds.map(([, large]) => large)),
    time_ratio: medianRatio(rounds.map(([small, large]) => [small.per_second, large.per_second])),
    p50_ratio: medianRatio(rounds.map(([small, large]) => [large.p50_ms, small.p50_ms])),
    rounds: rounds.map(([small, large]) => ({ small, large })),
  }
}

import type { LoadResult } from './load.js'
import type { MeasuredService } from './measured-service.js'
import type { Options } from './options.js'
import type { Comparison, Figures, OperationName } from './report.js'
import { medianRatio, medians, pairedRounds, runRested } from './rounds.js'
import type { ServerProcess } from './server-process.js'
import { send } from './signed-call.js'
import type { Workload } from './workload.js'

/** The service, the baseline, and what both are asked. */
export interface Contest {
  /** Processes of the service that serve HTTP. */
  readonly processes: number
  readonly service: MeasuredService
  readonly baseline: ServerProcess
  readonly workload: Workload
}

interface Round {
  readonly service: Figures
  readonly baseline: Figures
}

/**
 * Measures an operation: rounds of one run against the service and one against the baseline, the order changing from
 * round to round. Ratios are taken within a round, so that a machine which slows down slows both of their sides.
 */
export async function compare(
  contest: Contest,
  run: { readonly operation: OperationName; readonly connections: number },
  options: Pick<Options, 'rounds' | 'seconds' | 'warmUpSeconds'>,
  signal: AbortSignal,
): Promise<Comparison> {
  async function measure(side: 'service' | 'baseline', seconds: number): Promise<Figures> {
    const { figures, sample } = await runSide(contest, { ...run, side, seconds }, signal)
    if (side === 'service') await contest.workload.verify(run.operation, sample)
    return figures
  }
  await measure('service', options.warmUpSeconds)
  await measure('baseline', options.warmUpSeconds)
  const rounds = await pairedRounds(
    options.rounds,
    () => measure('service', options.seconds),
    () => measure('baseline', options.seconds),
  )
  return summarise(
    { ...run, processes: contest.processes },
    rounds.map(([service, baseline]) => ({ service, baseline })),
  )
}

/** Refuses a baseline whose answers are not of the size of the service's: the comparison would not be fair. */
export async function requireSameSize(
  { service, baseline, workload }: Contest,
  operations: readonly OperationName[],
): Promise<void> {
  for (const operation of operations) {
    const [request] = workload.requests([operation])
    if (!request) continue
    const ours = await send(service.url, request)
    const theirs = await send(baseline.url, request)
    if (ours.length !== theirs.length) {
      throw new Error(
        `The baseline answers ${theirs.length} bytes to ${operation}, the service ${ours.length}.`,
      )
    }
  }
}

function runSide(
  contest: Contest,
  run: {
    readonly side: 'service' | 'baseline'
    readonly operation: OperationName
    readonly connections: number
    readonly seconds: number
  },
  signal: AbortSignal,
): Promise<LoadResult> {
  return runRested(
    {
      server: contest[run.side],
      requests: contest.workload.requests([run.operation]),
      connections: run.connections,
      until: { seconds: run.seconds },
    },
    signal,
  )
}

/** Puts the rounds of one operation together. */
export function summarise(
  run: Pick<Comparison, 'operation' | 'processes' | 'connections'>,
  rounds: readonly Round[],
): Comparison {
  function ratio(name: 'per_second' | 'p99_ms'): number {
    return medianRatio(rounds.map(({ service, baseline }) => [service[name], baseline[name]]))
  }
  return {
    ...run,
    service: medians(rounds.map(({ service }) => service)),
    baseline: medians(rounds.map(({ baseline }) => baseline)),
    throughput_ratio: ratio('per_second'),
    p99_ratio: ratio('p99_ms'),
    rounds: [...rounds],
  }
}

import { type MeasuredService, type Premises, openPremises, startOn } from '../measured-service.js'
import { childrenOf, processesAreShown, residentMemory } from '../processes.js'
import type { Options, TokenOptions } from '../options.js'
import type { Figures, TokenRow } from '../report.js'
import { medianRatio, medians, runRested } from '../rounds.js'
import { median } from '../statistics.js'
import { type Workload, prepareWorkload } from '../workload.js'
import { fillToken } from './fill-token.js'

/** One connection: what is measured is what a call costs, not how calls wait for each other. */
const CONNECTIONS = 1
const OPERATION = 'encrypt-datakey'
const STARTS = 3
/** CMKs that requests name in turn, spread over all. */
const NAMED = 16

type Settings = Pick<Options, 'rounds' | 'seconds' | 'warmUpSeconds'> & TokenOptions

/** A service whose token is filled. */
interface Filled {
  readonly keys: number
  readonly service: MeasuredService
  readonly workload: Workload
  readonly startMs: number
}

/**
 * Measures encrypt-datakey with few and with many CMKs on the token, each on a service of its own, in rounds of one run
 * against each.
 */
export async function measureTokens(
  options: Settings,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<readonly TokenRow[]> {
  const sizes = [...options.sizes].sort((one, other) => one - other)
  return withFilled(sizes, { note, signal }, (filled) =>
    compareSizes(filled, options, note, signal),
  )
}

interface Run {
  readonly note: (text: string) => void
  readonly signal: AbortSignal
}

/** Opens one filled service after the other, and closes them in the opposite order. */
async function withFilled<Result>(
  [size, ...others]: readonly number[],
  run: Run,
  use: (filled: readonly Filled[]) => Promise<Result>,
): Promise<Result> {
  if (size === undefined) return use([])
  const premises = await openPremises()
  try {
    run.note(`making ${size} CMKs on a token`)
    const filled = await open(premises, size, run.signal)
    try {
      return await withFilled(others, run, (rest) => use([filled, ...rest]))
    } finally {
      await filled.service.stop()
    }
  } finally {
    await premises.remove()
  }
}

async function open(premises: Premises, keys: number, signal: AbortSignal): Promise<Filled> {
  const settings = { KMS_CMK_QUOTA: String(keys) }
  const first = await startOn(premises, signal, { settings })
  const { keyId } = await ended(first, () => prepareWorkload(first))
  const others = await fillToken(premises, first, keys - 1, signal)
  const times: number[] = []
  while (times.length < STARTS - 1) {
    const [service, ms] = await timedStart(premises, settings, signal)
    times.push(ms)
    await service.stop()
  }
  const [service, ms] = await timedStart(premises, settings, signal)
  const workload = await prepareWorkload(service, spread([keyId, ...others]))
  return { keys, service, workload, startMs: median([...times, ms]) }
}

/** Ends a service after something was done with it, whatever came of that. */
async function ended<Result>(
  service: MeasuredService,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run()
  } finally {
    await service.stop()
  }
}

async function timedStart(
  premises: Premises,
  settings: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly [MeasuredService, number]> {
  const startedAt = performance.now()
  const service = await startOn(premises, signal, { settings })
  return [service, performance.now() - startedAt]
}

function spread(ids: readonly string[]): readonly string[] {
  const step = Math.max(1, Math.floor(ids.length / NAMED))
  return ids.filter((_, place) => place % step === 0).slice(0, NAMED)
}

async function compareSizes(
  filled: readonly Filled[],
  options: Settings,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<readonly TokenRow[]> {
  async function measure({ service, workload }: Filled, seconds: number): Promise<Figures> {
    const { figures, sample } = await runRested(
      {
        server: service,
        requests: workload.requests([OPERATION]),
        connections: CONNECTIONS,
        until: { seconds },
      },
      signal,
    )
    await workload.verify(OPERATION, sample)
    return figures
  }
  note(`${OPERATION}, ${CONNECTIONS} connection`)
  for (const one of filled) await measure(one, options.warmUpSeconds)
  const rounds = new Map(filled.map(({ keys }) => [keys, [] as Figures[]]))
  for (let round = 0; round < options.rounds; round++) {
    // The order changes from round to round, so that a machine which slows down slows all sides.
    for (const one of round % 2 === 0 ? filled : [...filled].reverse()) {
      rounds.get(one.keys)?.push(await measure(one, options.seconds))
    }
  }
  return filled.map((one) => rowOf(one, rounds))
}

function rowOf(
  { keys, startMs, service }: Filled,
  rounds: ReadonlyMap<number, readonly Figures[]>,
): TokenRow {
  const own = rounds.get(keys) ?? []
  const [fewest = own] = rounds.values()
  const pairs = own.map(
    ({ per_second: rate }, round) => [fewest[round]?.per_second ?? rate, rate] as const,
  )
  return {
    keys,
    service: medians(own),
    time_ratio: medianRatio(pairs),
    start_ms: startMs,
    peak_rss_mb: processesAreShown() ? peakOf(service) : null,
    rounds: [...own],
  }
}

/** The most that the service and its agents ever had, summed. */
function peakOf({ pid }: MeasuredService): number {
  return [pid, ...childrenOf(pid)].reduce((sum, one) => sum + (residentMemory(one)?.peakMb ?? 0), 0)
}

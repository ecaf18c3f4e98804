import { Acknowledged } from '../../scripts/faults/acknowledged.js'
import type { FaultyService } from '../../scripts/faults/faulty-service.js'
import { Load, type Outcome } from '../../scripts/faults/load.js'
import { judgeAnswers } from '../../scripts/faults/verdict.js'
import { callsOn } from '../../scripts/faults/workload.js'

/** What the clients and the probes of a service saw while its token was away. */
export interface Outage {
  /** Answers that were neither right nor an orderly 503, or came after the deadline. */
  readonly flaws: readonly string[]
  /** How many calls were answered 503. */
  readonly refused: number
  /** Milliseconds from the beginning of the outage to the first 503 of the readiness page. */
  readonly noticedMs: number
  /** How long calls took that were sent after that and before the end of the outage, in milliseconds. */
  readonly refusalsMs: readonly number[]
  /** Milliseconds from the end of the outage to the first call after which nothing failed, and readiness is 200. */
  readonly wholeMs: number
  /** What was acknowledged before, during or after, and does not work. */
  readonly lost: readonly string[]
}

const WARM_UP_MS = 500
const QUIET_MS = 1000
const GIVE_UP_MS = 30_000
const BETWEEN_KEYS_MS = 150
/** Calls that are made while the service knows that its token is away. */
export const ENOUGH_REFUSALS = 101

/**
 * Takes the token away under load for a while, longer where a slow machine has not made so many calls meanwhile that much
 * can be said of them, and gives it back.
 */
export async function suffer(
  bench: FaultyService,
  outage: { readonly lastsMs: number; begin(): void | Promise<void>; end(): void | Promise<void> },
): Promise<Outage> {
  const acknowledged = new Acknowledged(200)
  const calls = callsOn(bench.keys)
  const users = [calls.encrypt, calls.decrypt, calls.mac, calls.sign, calls.datakey, calls.random]
  const load = new Load(
    bench.client,
    [...users, ...users, () => pause(BETWEEN_KEYS_MS).then(calls.createKey)],
    (call, answer) => {
      acknowledged.note(call, answer)
      return []
    },
  )
  try {
    await pause(WARM_UP_MS)
    const beganAt = performance.now()
    await outage.begin()
    const noticedAt = await firstNotReady(bench, beganAt + outage.lastsMs)
    await pause(beganAt + outage.lastsMs - performance.now())
    if (noticedAt < Infinity) await untilEnough(load, noticedAt, beganAt + GIVE_UP_MS)
    const endedAt = performance.now()
    await outage.end()
    const wholeMs = await untilWhole(bench, load, performance.now())
    const outcomes = await load.stop()
    return {
      flaws: judgeAnswers(outcomes),
      refused: outcomes.filter(({ status }) => status === 503).length,
      noticedMs: noticedAt - beganAt,
      refusalsMs: outcomes.filter(isBetween(noticedAt, endedAt)).map(duration),
      wholeMs,
      lost: await acknowledged.check(bench.client),
    }
  } finally {
    await load.stop()
  }
}

async function firstNotReady(bench: FaultyService, limit: number): Promise<number> {
  while (performance.now() < limit) {
    if (!(await bench.isReady())) return performance.now()
    await pause(20)
  }
  return Infinity
}

async function untilEnough(load: Load, since: number, limit: number): Promise<void> {
  const isRefusal = isBetween(since, Infinity)
  while (performance.now() < limit) {
    if (load.outcomes.filter(isRefusal).length >= ENOUGH_REFUSALS) return
    await pause(20)
  }
}

/** A call that is answered 200 may have begun before the outage and is not of interest. */
function isBetween(from: number, to: number): (outcome: Outcome) => boolean {
  return ({ startedAt, endedAt }) => startedAt > from && endedAt < to
}

function duration({ startedAt, endedAt }: Outcome): number {
  return endedAt - startedAt
}

async function untilWhole(bench: FaultyService, load: Load, since: number): Promise<number> {
  let lastBad = since
  while (performance.now() - since < GIVE_UP_MS) {
    const began = performance.now()
    if (!(await bench.isReady())) lastBad = began
    for (const { status, startedAt } of load.outcomes) {
      if (status !== 200 && startedAt > lastBad) lastBad = startedAt
    }
    if (performance.now() - lastBad > QUIET_MS) return lastBad - since
    await pause(20)
  }
  return Infinity
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

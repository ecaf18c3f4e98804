import { HSM_DEADLINE_MS } from './faulty-service.js'
import type { Outcome } from './load.js'

/** What one part of a cell showed. */
export interface Finding {
  /** What is not as it must be. */
  readonly flaws: readonly string[]
  /** What took longer than it may: other programs on the machine can be the reason. */
  readonly late: readonly string[]
  /** A few words for the table. */
  readonly note: string
}

/** A call may wait this long for things other than the token, on a busy machine. */
const SLACK_MS = 1500

/** Judges all answers of a load: each right or an orderly 503, and none after the deadline. */
export function judgeAnswers(outcomes: readonly Outcome[]): readonly string[] {
  const flaws = outcomes.flatMap(({ flaw }) => (flaw === undefined ? [] : [flaw]))
  const late = outcomes.filter(
    ({ startedAt, endedAt }) => endedAt - startedAt > HSM_DEADLINE_MS + SLACK_MS,
  )
  return [...flaws, ...late.map(({ call }) => `${call.operation}: answered after the deadline`)]
}

/** Calls that may be repeated must not show a single fault. */
export function judgeRepeats(outcomes: readonly Outcome[]): readonly string[] {
  const shown = outcomes.filter(({ call, status }) => call.idempotent && status === 503)
  return shown.map(({ call }) => `${call.operation}: 503 for a single fault`)
}

/** What is late where the service was not whole in time. */
export function judgeWhole(wholeMs: number, withinMs: number): readonly string[] {
  return wholeMs <= withinMs ? [] : [`whole after ${Math.round(wholeMs)} ms`]
}

/** How often each status was answered, e.g. `200 x 57, 503 x 3`. */
export function statuses(outcomes: readonly Outcome[]): string {
  const counts = new Map<number, number>()
  for (const { status } of outcomes) counts.set(status, (counts.get(status) ?? 0) + 1)
  const sorted = [...counts].sort(([a], [b]) => a - b)
  return sorted.map(([status, count]) => `${status} x ${count}`).join(', ')
}

/** The same words once, with their number where it is more than one. */
export function counted(flaws: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const flaw of flaws) counts.set(flaw, (counts.get(flaw) ?? 0) + 1)
  return [...counts].map(([flaw, count]) => (count > 1 ? `${flaw} (${count})` : flaw)).join('; ')
}

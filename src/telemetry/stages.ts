/**
 * Where the time of a call goes.
 *
 * - `turn`: calls that arrived earlier have the process
 * - `receive`: the body comes from the client
 * - `admit`: the limits count it
 * - `authenticate`: who sent it; what the store and the HSM do for that is part of it
 * - `authorize`: what the caller may do; what the store does for that is part of it
 * - `queue`: calls to the HSM wait for an agent
 * - `hsm`: agents work on them
 * - `store`: the database works
 * - `audit`: the event is written and confirmed to be on disk
 */
export const STAGES = [
  'turn',
  'receive',
  'admit',
  'authenticate',
  'authorize',
  'queue',
  'hsm',
  'store',
  'audit',
] as const

/** One of {@link STAGES}. */
export type Stage = (typeof STAGES)[number]

/** Milliseconds by stage; calls to the HSM that ran side by side count each for itself. */
export type StageTimes = Record<Stage, number>

/** Nothing spent yet. */
export function noTimes(): StageTimes {
  return {
    turn: 0,
    receive: 0,
    admit: 0,
    authenticate: 0,
    authorize: 0,
    queue: 0,
    hsm: 0,
    store: 0,
    audit: 0,
  }
}

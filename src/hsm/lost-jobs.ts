import { HsmError } from '../core/hsm.js'
import { REPEATABLE } from './commands.js'
import { type Job, hsmError } from './job.js'

/** A lost repeatable job is handed to another agent once. */
const MAX_ATTEMPTS = 2

/** Judges jobs whose agent or session was lost: returns those that another agent may do, and answers the others. */
export function judgeLost(lost: readonly Job[], now: number): readonly Job[] {
  const again = lost.filter((job) => mayRepeat(job, now))
  refuseLost(lost.filter((job) => !again.includes(job)))
  return again
}

/** Answers jobs whose agent or session was lost, and which nobody does again. */
export function refuseLost(lost: readonly Job[]): void {
  for (const job of lost) {
    const error = job.lastError && hsmError(job.lastError)
    job.settle({ error: error ?? new HsmError('unavailable', 'The agent of this call was lost.') })
  }
}

function mayRepeat({ command, attempts, deadlineAt }: Job, now: number): boolean {
  return REPEATABLE[command] && attempts < MAX_ATTEMPTS && now < deadlineAt
}

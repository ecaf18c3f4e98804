import type { Log, LogFields } from './log.js'
import { STAGES, type StageTimes } from './stages.js'

/** So many lines are written within so long: a slow HSM makes every call slow, and must not fill the disk as well. */
const LINES = 20
const WINDOW_MS = 10_000

/** Writes a line for each slow call, with where its time went; bounded, and then it tells how many it left out. */
export class SlowCalls {
  readonly thresholdMs: number
  readonly #log: Pick<Log, 'warn'>
  readonly #now: () => number
  #windowEnds = -Infinity
  #written = 0
  #leftOut = 0

  /** `now`: milliseconds of a monotonic clock. */
  constructor(
    thresholdMs: number,
    log: Pick<Log, 'warn'>,
    now: () => number = () => performance.now(),
  ) {
    this.thresholdMs = thresholdMs
    this.#log = log
    this.#now = now
  }

  /** Takes a call that took `elapsedMs`, which is not below the threshold; `fields` say which call it was. */
  report(fields: LogFields, elapsedMs: number, times: StageTimes): void {
    const now = this.#now()
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + WINDOW_MS
      this.#written = 0
    }
    if (this.#written >= LINES) {
      this.#leftOut++
      return
    }
    this.#written++
    const left_out = this.#leftOut
    this.#leftOut = 0
    this.#log.warn(
      { ...fields, ...spent(elapsedMs, times), ...(left_out > 0 && { left_out }) },
      'slow request',
    )
  }
}

/** `other_ms` is what no stage accounts for. */
function spent(elapsedMs: number, times: StageTimes): LogFields {
  const entries = STAGES.map((stage) => [`${stage}_ms`, rounded(times[stage])] as const)
  const known = STAGES.reduce((sum, stage) => sum + times[stage], 0)
  return { ...Object.fromEntries(entries), other_ms: rounded(Math.max(0, elapsedMs - known)) }
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

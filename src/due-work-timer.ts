import { ClockGuard, type ClockReading } from './core/clock-guard.js'
import {
  type DueWork,
  type DueWorkObserver,
  type DueWorkParts,
  runDueWork,
} from './core/due-work.js'
import type { Log } from './telemetry/log.js'

/** What the timer works with. */
export interface DueWorkTimerParts extends Omit<DueWorkParts, 'observer'> {
  readonly log: Log
  /** Counts an item by its kind and by what became of it. */
  readonly count: (work: DueWork, outcome: 'done' | 'failed' | 'held') => void
  readonly intervalMs: number
  /** Reads both clocks; tests have clocks of their own. */
  readonly read?: () => ClockReading
}

/** The timer, running. */
export interface DueWorkTimer {
  /** Starts no run any more, and waits for the one under way to end with the item it is at. */
  close(): Promise<void>
}

/** Does due work now, and again whenever the interval has passed since the end of the run before. */
export function startDueWork(parts: DueWorkTimerParts): DueWorkTimer {
  const { log, intervalMs, read = readClocks } = parts
  const observer = observerOf(parts)
  const guard = new ClockGuard(read())
  let stopping = false
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()

  async function run(): Promise<void> {
    const reading = read()
    const { jumpedMs, trusted } = guard.judge(reading)
    if (jumpedMs > 0) {
      log.warn(
        { jumped_ms: jumpedMs },
        'the clock jumped forward: no key is destroyed for 15 minutes',
      )
    }
    try {
      await runDueWork(
        { ...parts, observer },
        { now: reading.wall, mayDestroy: trusted, stopping: () => stopping },
      )
    } catch (error) {
      log.error({ err: error }, 'due work could not be looked for')
    }
  }

  function next(): void {
    running = run().finally(() => {
      if (!stopping) timer = setTimeout(next, intervalMs)
    })
  }

  next()
  return {
    async close() {
      stopping = true
      clearTimeout(timer)
      await running
    },
  }
}

function readClocks(): ClockReading {
  return { wall: Date.now(), monotonic: performance.now() }
}

const DONE: Readonly<Record<DueWork, string>> = {
  destruction: 'key destroyed',
  lapse: 'imported material lapsed',
  rotation: 'key rotated',
  'import-pair': 'import pair destroyed',
}

function observerOf({ log, count }: Pick<DueWorkTimerParts, 'log' | 'count'>): DueWorkObserver {
  return {
    done(work, { keyId, versions }) {
      count(work, 'done')
      log.info({ work, key_id: keyId, ...(versions.length > 0 && { versions }) }, DONE[work])
    },
    failed(work, keyId, error) {
      count(work, 'failed')
      log.error({ work, key_id: keyId, err: error }, 'due work failed and will be tried again')
    },
    held(keyId) {
      count('destruction', 'held')
      log.warn({ work: 'destruction', key_id: keyId }, 'key not destroyed yet: the clock jumped')
    },
  }
}

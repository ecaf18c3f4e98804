import { ClockGuard, type ClockReading } from './core/clock-guard.js'
import {
  type DueItem,
  type DueWork,
  type DueWorkObserver,
  type DueWorkParts,
  runDueWork,
} from './core/due-work.js'
import type { AuditEvent, AuditLog } from './core/audit-event.js'
import type { Outlook, OutlookStore } from './core/outlook.js'
import { ownAct } from './core/own-act.js'
import type { Log } from './telemetry/log.js'
import type { OutlookGauges } from './telemetry/outlook-metrics.js'

/** An item may wait for the next run, and after a failure for the end of its claim; then it is late. */
const LATE_MS = 5 * 60 * 1000
/** What lapses within a week is worth a look. */
const SOON_MS = 7 * 24 * 60 * 60 * 1000

/** What the timer works with. */
export interface DueWorkTimerParts extends Omit<DueWorkParts, 'observer'> {
  readonly log: Log
  /** Hears of every act; while it takes no events, nothing is done. */
  readonly audit: Pick<AuditLog, 'record'> & { unavailable(): string | undefined }
  /** Counts an item by its kind and by what became of it. */
  readonly count: (work: DueWork, outcome: 'done' | 'failed' | 'held') => void
  /** What lies ahead is looked up after each run, for the gauges. */
  readonly outlook: OutlookStore
  readonly gauges: OutlookGauges
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
  const { audit, gauges, log, intervalMs, read = readClocks } = parts
  const observer = observerOf(parts)
  const guard = new ClockGuard(read())
  let stopping = false
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()

  async function run(): Promise<void> {
    const reading = read()
    const { jumpedMs, trusted } = guard.judge(reading)
    gauges.held(!trusted)
    if (jumpedMs > 0) {
      log.warn(
        { jumped_ms: jumpedMs },
        'the clock jumped forward: no key is destroyed for 15 minutes',
      )
    }
    try {
      await runDueWork(
        { ...parts, observer },
        {
          now: reading.wall,
          mayDestroy: trusted,
          stopping: () => stopping || audit.unavailable() !== undefined,
        },
      )
      if (audit.unavailable() === undefined) gauges.ran(reading.wall)
      gauges.outlook(await lookAhead(parts, reading.wall))
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

function lookAhead({ outlook, intervalMs }: DueWorkTimerParts, now: number): Promise<Outlook> {
  return outlook.look({ now, overdueSince: now - intervalMs - LATE_MS, soon: now + SOON_MS })
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

/** Names of the acts in the audit log. */
const ACTS: Readonly<Record<DueWork, string>> = {
  destruction: 'DestroyKey',
  lapse: 'ExpireKeyMaterial',
  rotation: 'RotateKey',
  'import-pair': 'DestroyImportPair',
}

function observerOf({
  audit,
  log,
  count,
}: Pick<DueWorkTimerParts, 'audit' | 'log' | 'count'>): DueWorkObserver {
  function record(work: DueWork, { keyId, owner }: DueItem, act: Partial<AuditEvent>): void {
    const whose = owner && { projectId: owner.projectId, domainId: owner.domainId }
    const event = ownAct(ACTS[work], { time: Date.now(), keyId, ...whose, ...act })
    // It stays in line where it cannot be written now; that it waits stands in the log already.
    audit.record(event).catch(() => undefined)
  }
  return {
    done(work, { versions, ...item }) {
      const { keyId } = item
      count(work, 'done')
      record(work, item, versions.length > 0 ? { details: { versions: versions.join(',') } } : {})
      log.info({ work, key_id: keyId, ...(versions.length > 0 && { versions }) }, DONE[work])
    },
    failed(work, item, error) {
      count(work, 'failed')
      record(work, item, { outcome: 'failed', code: 'KMS.0101' })
      log.error({ work, key_id: item.keyId, err: error }, 'due work failed and will be tried again')
    },
    held({ keyId }) {
      count('destruction', 'held')
      log.warn({ work: 'destruction', key_id: keyId }, 'key not destroyed yet: the clock jumped')
    },
  }
}

import { randomBytes } from 'node:crypto'
import { type AuditEvent, type AuditLog, AuditUnavailable } from '../core/audit-event.js'
import { ChainFiles, FilesGone, makeAuditFolder } from './chain-files.js'
import { type ChainEnd, type Entry, extend, newChain } from './chain.js'
import { type CheckpointParts, Checkpoints } from './checkpoints.js'
import { eventEntry } from './event-entry.js'
import { type CreateFile, createFile } from './file-system.js'
import { headsToName } from './heads.js'
import { type Outage, outageOf, recoveryOf } from './outage.js'
import { signHead } from './signing.js'
import { WaitingEvents } from './waiting-events.js'

/** What an audit log is written with. */
export interface AuditWriterParts extends CheckpointParts {
  /** The audit folder. */
  readonly folder: string
  /** Length from which a file is followed by another, in bytes. */
  readonly maxFileBytes: number
  /** Version of the software. */
  readonly software: string
  /** Tests have files that fail. */
  readonly create?: CreateFile
  /** How long a call waits for its event to be on disk, in milliseconds. */
  readonly patienceMs?: number
}

/** The audit log, and its end. */
export interface AuditWriter extends AuditLog {
  /** The same answer as `fault`, for those who look and want nothing done: it counts no refused call. */
  unavailable(): string | undefined
  /** Writes what waits, has the chain closed by the HSM where it can be reached, and lets go of the files. */
  close(): Promise<void>
}

const RETRY_MS = 1000
const PATIENCE_MS = 3000
/** Calls under way when the log fails are far fewer; nothing is taken that memory could not hold. */
const MOST_WAITING = 20_000
/** A batch this long is on disk soon enough; what is behind it follows at once. */
const MOST_IN_BATCH = 1000
/**
 * So many events in one batch show that the service is full: the next batch waits for company, since each costs processor
 * time that calls then lack. With fewer callers everybody would just wait.
 */
const CROWD = 8
const COMPANY_MS = 1
/** The end of a process waits no longer for an HSM or a disk that does not answer. */
const CLOSE_MS = 2000

const CLOSED = 'The audit log is closed.'
const FULL = 'Too many events wait to be written to the audit log.'

/** Opens an audit log. Its chain begins with the first event, so that a process which has none leaves no trace. */
export function openAuditWriter(parts: AuditWriterParts): AuditWriter {
  return new GroupCommit(parts)
}

/**
 * One write and one confirmation for all events that came meanwhile: whoever comes while a batch is under way is part of
 * the next one.
 */
class GroupCommit implements AuditWriter {
  readonly #parts: AuditWriterParts
  readonly #waiting: WaitingEvents
  #files: ChainFiles | undefined
  #end: ChainEnd = newChain('')
  /** A chain whose files are gone: the next one names it. */
  #lost: ChainEnd | undefined
  #writing: Promise<void> | undefined
  #failure: Outage | undefined
  #refused = 0
  #closing = false
  #retry: NodeJS.Timeout | undefined
  readonly #checkpoints: Checkpoints

  constructor(parts: AuditWriterParts) {
    this.#parts = parts
    this.#waiting = new WaitingEvents(parts.patienceMs ?? PATIENCE_MS)
    this.#checkpoints = new Checkpoints(parts, {
      end: () => this.#end,
      isWritten: () => !this.#closing && !this.#failure,
      add: (entry) => this.#add(entry),
    })
  }

  fault(): string | undefined {
    const reason = this.unavailable()
    if (reason !== undefined) {
      this.#refused++
      this.#parts.observer.refused()
    }
    return reason
  }

  unavailable(): string | undefined {
    if (this.#closing) return CLOSED
    if (this.#failure) return this.#failure.reason
    if (this.#waiting.isLate) return 'The audit log takes too long to confirm events.'
    return this.#waiting.size >= MOST_WAITING / 2 ? FULL : undefined
  }

  record(event: AuditEvent): Promise<void> {
    if (this.#closing) return Promise.reject(new AuditUnavailable(CLOSED))
    if (this.#waiting.size >= MOST_WAITING) return Promise.reject(new AuditUnavailable(FULL))
    return this.#add(eventEntry(event))
  }

  async close(): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    this.#checkpoints.stop()
    clearTimeout(this.#retry)
    await within(CLOSE_MS, this.#finish())
    this.#waiting.end()
  }

  async #finish(): Promise<void> {
    await this.#checkpoints.settled()
    await this.#writing
    if (this.#waiting.size > 0) await this.#write()
    if (!this.#failure && this.#end.n > 0) await this.#closeChain()
    await this.#files?.close().catch(() => undefined)
  }

  async #closeChain(): Promise<void> {
    const { observer, clock } = this.#parts
    try {
      const signed = await signHead(this.#parts, 'closed', this.#end)
      await this.#append([{ ...signed, time: clock() }])
      observer.signed(clock())
    } catch (error) {
      // A chain without its end is what a killed process leaves: it is none the worse for that.
      observer.notSigned(error)
    }
  }

  #add(entry: Entry): Promise<void> {
    const kept = this.#waiting.add(entry)
    if (!this.#failure) void this.#write()
    return kept
  }

  #write(): Promise<void> {
    return (this.#writing ??= this.#writeAll())
  }

  async #writeAll(): Promise<void> {
    // What comes in the same turn of the event loop is part of one batch.
    await new Promise(setImmediate)
    while (this.#waiting.size > 0) {
      try {
        await this.#writeBatch()
      } catch (error) {
        this.#waiting.putBack()
        this.#fail(error)
        break
      }
      const told = this.#waiting.done()
      if (this.#failure) this.#recover(this.#failure)
      else if (told >= CROWD) await new Promise((resolve) => setTimeout(resolve, COMPANY_MS))
    }
    this.#writing = undefined
  }

  async #writeBatch(): Promise<void> {
    const entries = this.#waiting.take(MOST_IN_BATCH).map(({ entry }) => entry)
    const startedAt = performance.now()
    if (this.#end.n > 0) await this.#append(entries)
    else await this.#begin(entries)
    this.#parts.observer.written(entries.length, (performance.now() - startedAt) / 1000)
  }

  /** Where it fails, the same chain is begun again: its files are cut back to nothing. */
  async #begin(entries: readonly Entry[]): Promise<void> {
    const { folder, maxFileBytes: maxBytes, create = createFile } = this.#parts
    await makeAuditFolder(folder)
    if (!this.#files) {
      const writer = randomBytes(16).toString('hex')
      this.#end = newChain(writer)
      this.#files = new ChainFiles({ folder, writer, maxBytes, create })
    }
    await this.#append([await this.#opened(), ...entries])
    this.#lost = undefined
    this.#checkpoints.make()
  }

  async #opened(): Promise<Entry> {
    const { folder, clock, auditKey, software } = this.#parts
    const heads = await headsToName(folder, this.#lost)
    return {
      type: 'opened',
      time: clock(),
      heads,
      software,
      public_key: Buffer.from(auditKey.publicKey).toString('hex'),
    }
  }

  async #append(entries: readonly Entry[]): Promise<void> {
    const { bytes, end } = extend(this.#end, entries)
    const rotated = await this.#files?.append(bytes)
    this.#end = end
    if (entries.some(({ type }) => type === 'event')) this.#checkpoints.told(end.n)
    if (rotated) this.#checkpoints.make()
  }

  #fail(error: unknown): void {
    const { clock, observer } = this.#parts
    if (error instanceof FilesGone) this.#leaveChain()
    if (!this.#failure) {
      this.#failure = outageOf(error, clock())
      observer.fault(this.#failure.reason, error)
    }
    if (!this.#closing) this.#retry = setTimeout(() => void this.#tryAgain(), RETRY_MS)
  }

  #leaveChain(): void {
    if (this.#end.n > 0) this.#lost = this.#end
    void this.#files?.abandon()
    this.#files = undefined
    this.#end = newChain('')
    this.#checkpoints.beginAnew()
    this.#waiting.dropSignatures()
  }

  #tryAgain(): Promise<void> {
    // Where signatures alone waited, the event about the failure is what shows that events are taken again.
    if (this.#waiting.size === 0 && this.#failure) this.#recover(this.#failure)
    return this.#write()
  }

  #recover(outage: Outage): void {
    const { clock, observer } = this.#parts
    const event = recoveryOf(outage, { time: clock(), refused: this.#refused })
    this.#failure = undefined
    this.#refused = 0
    observer.fault(undefined)
    this.#waiting.add(eventEntry(event)).catch(() => undefined)
  }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, limit])
  clearTimeout(timer)
}

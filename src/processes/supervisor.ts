import type { AddressInfo } from 'node:net'
import type { Ending } from '../end-within.js'
import type { Log } from '../telemetry/log.js'
import { AnswerDesk } from './answer-desk.js'
import { FrontDoor } from './front-door.js'
import { HttpProcess, type HttpProcessListener, type ProcessEnd } from './http-process.js'
import type { FromHttpProcess } from './messages.js'
import { restartDelayMs } from './restart-delay.js'

/** A start that takes longer has failed. */
const START_MS = 60_000
const LOOK_MS = 1_000
/** A process whose start is under way when the end comes has this part of its time to get through. */
const STARTING_PART = 0.8
/** A process that does not say so often in a row that it is alive hangs, and is ended. */
const MOST_UNANSWERED = 15

/** What the supervisor is told to do, and whom it tells. */
export interface SupervisorParts {
  /** How many HTTP processes. */
  readonly count: number
  readonly log: Log
  /** All processes were started, or failed to: the address, and whether credentials of this machine exist. */
  started(this: void, address: AddressInfo, hasCredentials: boolean): void
}

/**
 * Keeps HTTP processes running, one start at a time: several that open a token in the same instant fail now and then,
 * and the first one makes what all of them need.
 */
export class Supervisor implements HttpProcessListener {
  readonly #parts: SupervisorParts
  readonly #door = new FrontDoor()
  readonly #desk: AnswerDesk
  readonly #processes = new Set<HttpProcess>()
  /** Places without a process, and when each may have one. */
  readonly #vacant = new Map<number, number>()
  readonly #failures: number[]
  readonly #lookout: NodeJS.Timeout
  #address: AddressInfo | undefined
  #hasCredentials = false
  /** When files were to be read anew last. */
  #reloadedAt = -Infinity
  /** None was ready yet: what ends the first ends the whole start. */
  #first = true
  #told = false
  /** A start would do harm, such as trying a PIN once more that was refused. */
  #unfit = false
  #stopping = false
  #timer: NodeJS.Timeout | undefined
  #finish: ((code: number) => void) | undefined

  /** The exit code, once all processes have ended. */
  readonly end: Promise<number>

  constructor(parts: SupervisorParts) {
    this.#parts = parts
    this.#desk = new AnswerDesk(parts.count, () => this.#serving())
    this.#failures = Array.from({ length: parts.count }, () => 0)
    for (let index = 0; index < parts.count; index++) this.#vacant.set(index, 0)
    this.end = new Promise((resolve) => (this.#finish = resolve))
    this.#lookout = setInterval(() => this.#look(), LOOK_MS)
    this.#fill()
  }

  /**
   * Stops accepting connections, and has every process finish what is under way in the time of the end. One that is still
   * starting has nothing under way: where its start takes longer than that, it is cut off, and nothing with it.
   */
  stop(ending: Ending): void {
    if (this.#stopping) return
    this.#stopping = true
    clearTimeout(this.#timer)
    this.#door.close()
    const withinMs = ending.forOthersMs
    for (const process of this.#processes) process.tell({ kind: 'stop', withinMs })
    setTimeout(() => this.#starting()?.signal('SIGKILL'), STARTING_PART * withinMs).unref()
    this.#endWhenEmpty()
  }

  /** Ends every process at once. */
  kill(): void {
    for (const process of this.#processes) process.signal('SIGKILL')
  }

  /**
   * Has every process read the files of its certificates anew: those that serve now, and one that is starting, which may
   * have read the old ones, as soon as it serves.
   */
  reload(): void {
    this.#reloadedAt = performance.now()
    for (const process of this.#serving()) process.signal('SIGHUP')
  }

  said(process: HttpProcess, message: FromHttpProcess): void {
    switch (message.kind) {
      case 'listen':
        void this.#listen(process, message)
        return
      case 'ready':
        this.#ready(process, message.hasCredentials)
        return
      case 'unfit':
        this.#unfit = true
        return
      case 'took':
        this.#door.took(process, message.connection)
        return
      case 'gave-back':
        this.#door.gaveBack(process, message.connection)
        return
      case 'leaving':
        process.state = 'leaving'
        this.#door.dismiss(process)
        return
      case 'alive':
        process.unanswered = 0
        return
      case 'ask':
        void this.#desk.asked(process, message)
        return
      case 'answer':
        this.#desk.answered(process, message)
    }
  }

  ended(process: HttpProcess, { code, signal }: ProcessEnd): void {
    const { index, pid, state } = process
    this.#processes.delete(process)
    this.#door.ended(process)
    this.#desk.ended(process)
    if (this.#stopping) {
      this.#endWhenEmpty()
      return
    }
    if (this.#first) {
      this.#close(code === null || code === 0 ? 1 : code)
      return
    }
    const served = state === 'starting' ? 0 : performance.now() - process.startedAt
    const delay = restartDelayMs(this.#failures, { index, served })
    this.#desk.keepFigures(process)
    this.#parts.log.error(
      { process: index, ended_pid: pid, code, signal, restart_in_ms: delay },
      'an HTTP process ended',
    )
    this.#vacant.set(index, performance.now() + delay)
    this.#fill()
    this.#tell()
  }

  async #listen(process: HttpProcess, at: { readonly host: string; readonly port: number }) {
    try {
      this.#address = await this.#door.open(at.host, at.port)
      process.tell({ kind: 'listening', address: this.#address })
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
      process.tell({ kind: 'not-listening', code })
    }
  }

  #ready(process: HttpProcess, hasCredentials: boolean): void {
    if (process.state !== 'starting') return
    this.#first = false
    process.state = 'serving'
    this.#hasCredentials ||= hasCredentials
    this.#parts.log.info({ process: process.index, its_pid: process.pid }, 'an HTTP process serves')
    if (process.startedAt < this.#reloadedAt) process.signal('SIGHUP')
    this.#door.admit(process)
    this.#fill()
    this.#tell()
  }

  /** Starts a process where one is missing and its time has come. */
  #fill(): void {
    clearTimeout(this.#timer)
    if (this.#stopping || this.#starting()) return
    if (this.#unfit) {
      if (this.#processes.size === 0) this.#close(2)
      return
    }
    const [next] = [...this.#vacant].sort(([, a], [, b]) => a - b)
    if (!next) return
    const [index, due] = next
    const wait = due - performance.now()
    if (wait > 0) {
      this.#timer = setTimeout(() => this.#fill(), wait)
      return
    }
    this.#vacant.delete(index)
    this.#processes.add(new HttpProcess(index, this))
  }

  /** Says that the service is there when every place has had its turn. */
  #tell(): void {
    const waits = [...this.#vacant.keys()].some((index) => this.#failures[index] === 0)
    if (this.#told || !this.#address || waits || this.#starting()) return
    this.#told = true
    this.#parts.started(this.#address, this.#hasCredentials)
  }

  #serving(): readonly HttpProcess[] {
    return [...this.#processes].filter(({ state }) => state === 'serving')
  }

  #starting(): HttpProcess | undefined {
    return [...this.#processes].find(({ state }) => state === 'starting')
  }

  #look(): void {
    const starting = this.#starting()
    if (starting && performance.now() - starting.startedAt > START_MS) starting.signal('SIGKILL')
    for (const process of this.#serving()) {
      if (process.unanswered >= MOST_UNANSWERED) {
        this.#parts.log.error({ process: process.index }, 'an HTTP process hangs, and is ended')
        process.signal('SIGKILL')
      }
      process.unanswered++
      process.tell({ kind: 'alive?' })
    }
  }

  #endWhenEmpty(): void {
    if (this.#processes.size === 0) this.#close(0)
  }

  #close(code: number): void {
    this.#stopping = true
    clearInterval(this.#lookout)
    clearTimeout(this.#timer)
    this.#door.close()
    this.#finish?.(code)
  }
}

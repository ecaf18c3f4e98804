import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Taker } from './front-door.js'
import { type ToHttpProcess, type FromHttpProcess, isFromHttpProcess } from './messages.js'

const MAIN = fileURLToPath(new URL('./http-process-main.js', import.meta.url))

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Who hears of an HTTP process. */
export interface HttpProcessListener {
  said(process: HttpProcess, message: FromHttpProcess): void
  ended(process: HttpProcess, end: ProcessEnd): void
}

/** The supervisor's side of one HTTP process. */
export class HttpProcess implements Taker {
  readonly #child: ChildProcess
  /** Its place among the processes, from 0: it stays when a process is replaced. */
  readonly index: number
  readonly startedAt = performance.now()
  state: 'starting' | 'serving' | 'leaving' = 'starting'
  /** Questions whether it is alive that it has not answered. */
  unanswered = 0

  constructor(index: number, listener: HttpProcessListener) {
    this.index = index
    this.#child = fork(MAIN, [String(index)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#child.on('message', (message: unknown) => {
      if (isFromHttpProcess(message)) listener.said(this, message)
    })
    this.#child.on('error', () => {
      // One that could not even be started has no end of its own.
      if (this.pid === undefined) listener.ended(this, { code: 1, signal: null })
    })
    this.#child.once('exit', (code, signal) => listener.ended(this, { code, signal }))
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  tell(message: ToHttpProcess): void {
    if (this.#child.connected) this.#child.send(message, () => undefined)
  }

  send(connection: number, socket: Socket): void {
    const message: ToHttpProcess = { kind: 'connection', connection }
    if (!this.#child.connected) return
    this.#child.send(message, socket, { keepOpen: true }, () => undefined)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }
}

import { Socket } from 'node:net'
import type { LoginTurn, LoginTurns } from '../core/login-turns.js'
import type { Siblings } from '../core/siblings.js'
import { Ending } from '../end-within.js'
import type { ConnectionSource } from '../http/connection-source.js'
import type { Lease } from '../limits/leases.js'
import type { ServicePlace } from '../service-place.js'
import {
  type FromHttpProcess,
  type LoginOver,
  SUPERVISOR_TOPICS,
  type ToHttpProcess,
  isToHttpProcess,
} from './messages.js'

/** How long an answer of the supervisor is waited for; it waits for others, but not for so long. */
const PATIENCE_MS = 1_500

/** The HTTP process's side of its supervisor. */
export class SupervisorLink {
  readonly #replies = new Map<string, (content: unknown) => unknown>()
  readonly #asked = new Map<number, (contents: readonly unknown[] | undefined) => void>()
  readonly #stopped: Promise<Ending>
  #stop: ((ending: Ending) => void) | undefined
  #take: ((socket: Socket) => void) | undefined
  #heardAddress: ((told: ToHttpProcess) => void) | undefined
  #next = 1
  #starting = true

  /**
   * `lostInStart` ends this process, where the supervisor ends while it starts: nothing is under way yet, and the token or
   * the database that it waits for may keep it for long.
   */
  constructor(lostInStart: () => void) {
    this.#stopped = new Promise((resolve) => (this.#stop = resolve))
    process.on('message', (message: unknown, socket: unknown) => {
      if (isToHttpProcess(message)) this.#hear(message, socket)
    })
    // Without its supervisor nobody brings connections, and nobody would ever end this process.
    process.once('disconnect', () => {
      if (this.#starting) lostInStart()
      else this.#stop?.(new Ending())
    })
    // It may have ended before anybody listened.
    if (!process.connected) lostInStart()
  }

  /** The start is over: there is something to bring to an end from now on. */
  started(): void {
    this.#starting = false
  }

  /** Resolves when the supervisor wants this process to end, or has ended itself; with the time for that. */
  stopped(): Promise<Ending> {
    return this.#stopped
  }

  /** All agents are there: connections may come. */
  ready(hasCredentials: boolean): void {
    this.#say({ kind: 'ready', hasCredentials })
  }

  /** Has the supervisor start no process any more. Resolves when that was said. */
  unfit(): Promise<void> {
    return new Promise((resolve) => {
      const message: FromHttpProcess = { kind: 'unfit' }
      if (!process.send || !process.connected) resolve()
      else process.send(message, undefined, undefined, () => resolve())
    })
  }

  /** The place that the service runs in. */
  place(share: { readonly index: number; readonly processes: number }): ServicePlace {
    return {
      siblings: this.#siblings(),
      source: this.#source(),
      leases: {
        processes: share.processes,
        take: async (asked) => {
          const [lease] = (await this.#ask(SUPERVISOR_TOPICS.lease, asked)) ?? []
          // Made by the ledger of the same program.
          return lease as Lease | undefined
        },
      },
      logins: this.#logins(),
      metricsText: async () => {
        const [text] = (await this.#ask(SUPERVISOR_TOPICS.metrics, undefined)) ?? []
        return typeof text === 'string' ? text : undefined
      },
      isFirst: share.index === 0,
    }
  }

  #siblings(): Siblings {
    return {
      ask: async (topic, content) => (await this.#ask(topic, content)) ?? [],
      answer: (topic, reply) => void this.#replies.set(topic, reply),
    }
  }

  #logins(): LoginTurns {
    return {
      ask: async (writing) => {
        const [turn] = (await this.#ask(SUPERVISOR_TOPICS.login, writing)) ?? []
        // Made by the ledger of the same program. Without its word nobody logs in.
        return (turn as LoginTurn | undefined) ?? 'later'
      },
      over: (writing, refused) => {
        const content: LoginOver = { writing, refused }
        void this.#ask(SUPERVISOR_TOPICS.loginOver, content)
      },
    }
  }

  #source(): ConnectionSource {
    return {
      open: async ({ host, port }, take) => {
        this.#take = take
        const told = await new Promise<ToHttpProcess>((resolve) => {
          this.#heardAddress = resolve
          this.#say({ kind: 'listen', host, port })
        })
        if (told.kind === 'listening') return told.address
        const code = told.kind === 'not-listening' ? told.code : 'unknown'
        throw Object.assign(new Error('The address cannot be had.'), { code, syscall: 'listen' })
      },
      close: () => {
        this.#take = undefined
        this.#say({ kind: 'leaving' })
      },
    }
  }

  #hear(message: ToHttpProcess, socket: unknown): void {
    switch (message.kind) {
      case 'connection':
        this.#connect(message.connection, socket)
        return
      case 'listening':
      case 'not-listening':
        this.#heardAddress?.(message)
        return
      case 'alive?':
        this.#say({ kind: 'alive' })
        return
      case 'asked':
        void this.#reply(message)
        return
      case 'answers':
        this.#asked.get(message.id)?.(message.contents)
        return
      case 'stop':
        this.#stop?.(new Ending(message.withinMs))
    }
  }

  #connect(connection: number, socket: unknown): void {
    if (!this.#take) {
      // Only this copy is closed: the supervisor has one to give to others.
      if (socket instanceof Socket) socket.destroy()
      this.#say({ kind: 'gave-back', connection })
      return
    }
    this.#say({ kind: 'took', connection })
    // The client may have gone away on the way.
    if (socket instanceof Socket) this.#take(socket)
  }

  async #reply({ id, topic, content }: Extract<ToHttpProcess, { kind: 'asked' }>): Promise<void> {
    try {
      const answer: unknown = await this.#replies.get(topic)?.(content)
      this.#say({ kind: 'answer', id, content: answer ?? null })
    } catch {
      // Whoever asked takes an answer that does not come for what it is.
    }
  }

  async #ask(topic: string, content: unknown): Promise<readonly unknown[] | undefined> {
    if (!process.connected) return undefined
    const id = this.#next++
    let timer: NodeJS.Timeout | undefined
    const contents = await new Promise<readonly unknown[] | undefined>((resolve) => {
      this.#asked.set(id, resolve)
      timer = setTimeout(() => resolve(undefined), PATIENCE_MS)
      this.#say({ kind: 'ask', id, topic, content })
    })
    clearTimeout(timer)
    this.#asked.delete(id)
    return contents
  }

  #say(message: FromHttpProcess): void {
    // A supervisor that is gone is noticed by the end of the channel.
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
  }
}

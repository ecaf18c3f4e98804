import type { CallWatch } from '../core/call-watch.js'
import type { HsmCall, HsmCallWatch } from '../core/hsm-observer.js'
import { type Stage, type StageTimes, noTimes } from './stages.js'
import { type Context, type RequestTrace, activeContext, ownedContext, runIn } from './tracing.js'

/**
 * One call of a client, followed through its stages: how long each took, and its trace where one is made. Its calls to the
 * HSM learn from it when the request arrived.
 *
 * Without a trace a stage lasts until the next one begins. That is right to some microseconds, and needs no promise of its
 * own: waiting for the end of each stage took a tenth of the processor time of a whole call.
 */
export class FollowedCall implements CallWatch {
  readonly times: StageTimes = noTimes()
  readonly #trace: RequestTrace | undefined
  readonly #context: Context | undefined
  readonly #scope: CallScope
  #stage: Stage | undefined
  #stageBeganAt = 0
  /** When its request arrived, in milliseconds of the monotonic clock. */
  readonly #arrivedAt: number
  /** What its slow calls to the HSM have taken, in milliseconds: they have deadlines of their own. */
  #slowMs = 0

  constructor(scope: CallScope, arrivedAt: number, trace: RequestTrace | undefined) {
    this.#scope = scope
    this.#arrivedAt = arrivedAt
    this.#trace = trace
    this.#context = trace && ownedContext(trace.context, this)
  }

  /** Of the trace, where it is kept: 32 hexadecimal characters. */
  get traceId(): string | undefined {
    return this.#trace?.recording ? this.#trace.id : undefined
  }

  /** Whether its parts are told to the trace. */
  get detailed(): boolean {
    return this.#trace?.recording === true
  }

  /** Runs the whole call, so that others who make traces find the one it belongs to. */
  run<Result>(work: () => Result): Result {
    return this.#context ? runIn(this.#context, work) : work()
  }

  /** Runs a stage of the call. */
  stage<Result>(stage: Stage, work: () => Promise<Result>): Promise<Result> {
    const parent = this.#parent()
    if (parent) return this.#tracedStage(stage, parent, work)
    this.#begin(stage)
    return work()
  }

  /** The stage before has ended, and none begins. */
  rest(): void {
    this.#begin(undefined)
  }

  store<Result>(name: string, run: () => Result): Result {
    const parent = this.#parent()
    if (parent) return this.#tracedStore(name, parent, run)
    this.#begin('store')
    return run()
  }

  hsm<Result>(run: () => Result): Result {
    return this.#scope.enter(this, run)
  }

  /** Follows a call to the HSM that begins now; `counted`: its time is no part of another stage. */
  hsmWatch(counted: boolean): HsmCallWatch {
    const parent = this.#parent()
    if (counted) this.rest()
    return {
      requestedAt: this.#arrivedAt + this.#slowMs,
      detailed: parent !== undefined,
      ended: (call) => {
        if (call.slow) this.#slowMs += call.endedAt - call.arrivedAt
        if (counted) this.#countHsm(call)
        if (parent) this.#traceHsm(call, parent)
      },
    }
  }

  /** Ends the last stage, and its trace. */
  end(
    outcome: { readonly code: string; readonly status: number; readonly keyId: string | undefined },
    endedAt: number,
  ): void {
    this.rest()
    this.#trace?.end(outcome, endedAt)
  }

  #begin(stage: Stage | undefined): void {
    const now = performance.now()
    if (this.#stage) this.times[this.#stage] += now - this.#stageBeganAt
    this.#stage = stage
    this.#stageBeganAt = now
  }

  async #tracedStage<Result>(
    stage: Stage,
    parent: Context,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const startedAt = performance.now()
    try {
      return await (this.#trace ? this.#trace.within(stage, parent, work) : work())
    } finally {
      this.times[stage] += performance.now() - startedAt
    }
  }

  #tracedStore<Result>(name: string, parent: Context, run: () => Result): Result {
    const startedAt = performance.now()
    const ended = (failed: boolean): void => {
      const endedAt = performance.now()
      this.times.store += endedAt - startedAt
      this.#trace?.add({ name: `store ${name}`, startedAt, endedAt, failed }, parent)
    }
    const result = run()
    if (result instanceof Promise) {
      result.then(
        () => ended(false),
        () => ended(true),
      )
    }
    return result
  }

  /** What a part that begins now belongs to; nothing where no trace is kept. */
  #parent(): Context | undefined {
    if (!this.detailed) return undefined
    const active = activeContext()
    return active.owner === this ? active.context : this.#context
  }

  #countHsm({ arrivedAt, handedOverAt = Infinity, endedAt }: HsmCall): void {
    const queuedUntil = Math.min(handedOverAt, endedAt)
    this.times.queue += queuedUntil - arrivedAt
    this.times.hsm += endedAt - queuedUntil
  }

  #traceHsm(call: HsmCall, parent: Context): void {
    const { command, outcome, arrivedAt, handedOverAt, endedAt, attempts } = call
    const within = this.#trace?.add(
      {
        name: `HSM ${command}`,
        startedAt: arrivedAt,
        endedAt,
        failed: outcome !== 'ok',
        remote: true,
        attributes: {
          'kms.hsm.command': command,
          'kms.hsm.outcome': outcome,
          'kms.hsm.attempts': attempts,
        },
      },
      parent,
    )
    if (!within) return
    const queuedUntil = Math.min(handedOverAt ?? Infinity, endedAt)
    this.#trace?.add({ name: 'queue', startedAt: arrivedAt, endedAt: queuedUntil }, within)
    for (const { name, at, ms, rv } of call.functions) {
      // The two processes read one clock, but a call that was given up may have gone on after its end here.
      const startedAt = Math.min(Math.max(at, queuedUntil), endedAt)
      this.#trace?.add(
        {
          name,
          startedAt,
          endedAt: Math.min(startedAt + ms, endedAt),
          failed: rv !== undefined,
          attributes: {
            'kms.pkcs11.function': name,
            ...(rv !== undefined && { 'kms.pkcs11.rv': rv }),
          },
        },
        within,
      )
    }
  }
}

/**
 * Whose call to the HSM it is that begins in this turn of the event loop.
 *
 * Node 20 can tell by itself (AsyncLocalStorage), at the price of a tenth of the processor time of a whole call, measured
 * with encrypt-datakey. Here a call costs two assignments; whoever loads an SDK pays for the rest.
 */
export class CallScope {
  #current: FollowedCall | undefined

  /** Runs something that belongs to a call, up to its first pause. */
  enter<Result>(call: FollowedCall, run: () => Result): Result {
    const before = this.#current
    this.#current = call
    try {
      return run()
    } finally {
      this.#current = before
    }
  }

  /** Who follows a call to the HSM that begins now. */
  hsmWatch(): HsmCallWatch | undefined {
    if (this.#current) return this.#current.hsmWatch(true)
    // Stages such as the authentication reach the HSM by ways of their own, and count it as theirs.
    const { owner } = activeContext()
    return owner instanceof FollowedCall && owner.detailed ? owner.hsmWatch(false) : undefined
  }
}

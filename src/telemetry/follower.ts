import { CallScope, FollowedCall } from './followed-call.js'
import type { HsmCallWatch } from '../core/hsm-observer.js'
import type { LogFields } from './log.js'
import type { SlowCalls } from './slow-calls.js'
import type { TracedRequest, Tracing } from './tracing.js'

/** How a followed call ended. */
export interface FollowedEnd {
  readonly operation: string
  readonly code: string
  readonly status: number
  readonly keyId: string | undefined
  readonly endedAt: number
  readonly elapsedMs: number
  /** Which call it was, for the log. */
  readonly fields: LogFields
}

/** Follows calls of clients through the service. */
export interface Follower {
  /** Begins to follow a call. */
  begin(this: void, request: TracedRequest): FollowedCall
  /** Takes the end of a followed call. */
  ended(this: void, call: FollowedCall, end: FollowedEnd): void
  /** Who follows the call to the HSM that begins in this turn of the event loop. */
  hsmWatch(this: void): HsmCallWatch | undefined
}

/** Makes a follower. */
export function createFollower({
  tracing,
  slowCalls,
  countSlow,
}: {
  readonly tracing: Tracing | undefined
  readonly slowCalls: SlowCalls | undefined
  /** Counts a slow call. */
  readonly countSlow: (operation: string) => void
}): Follower {
  const scope = new CallScope()
  return {
    begin: (request) => new FollowedCall(scope, request.startedAt, tracing?.begin(request)),
    ended(call, { operation, elapsedMs, fields, endedAt, ...outcome }) {
      call.end(outcome, endedAt)
      if (!slowCalls || elapsedMs < slowCalls.thresholdMs) return
      countSlow(operation)
      slowCalls.report(fields, elapsedMs, call.times)
    },
    hsmWatch: () => scope.hsmWatch(),
  }
}

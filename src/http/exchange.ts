import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller } from '../core/caller.js'
import type { KeyId } from '../core/ids.js'
import type { AnyOperation, CallTrace } from '../operations/operation.js'

/** One request and its answer, with what is known of the call so far: the log line is written from it. */
export interface Exchange extends CallTrace {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** 32 hexadecimal characters; goes to the client and to the log. */
  readonly requestId: string
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number
  operation: AnyOperation | undefined
  caller: Caller | undefined
  /** Correlation id of the client, once it is known to be well-formed. */
  sequence: string | undefined
  keyId: KeyId | undefined
}

/** Starts the record of a request that has just arrived. */
export function beginExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  return {
    request,
    response,
    requestId: newRequestId(),
    startedAt: performance.now(),
    operation: undefined,
    caller: undefined,
    sequence: undefined,
    keyId: undefined,
  }
}

/** Makes a request id of 32 hexadecimal characters. */
export function newRequestId(): string {
  return randomUUID().replaceAll('-', '')
}

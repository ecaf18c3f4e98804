import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Access } from '../core/access.js'
import type { Client } from '../core/client.js'
import type { Caller } from '../core/caller.js'
import type { KeyId } from '../core/ids.js'
import type { CallTrace } from '../operations/operation.js'
import type { FollowedCall } from '../telemetry/followed-call.js'

/** What a request is served by, as log, metrics and audit log name it. */
export interface Served {
  readonly name: string
  readonly action?: string | undefined
}

/** One request and its answer, with what is known of the call so far: the log line is written from it. */
export interface Exchange extends CallTrace {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** 32 hexadecimal characters; goes to the client and to the log. */
  readonly requestId: string
  /** When its headers were there, in milliseconds of the monotonic clock: its deadline counts from then. */
  readonly startedAt: number
  operation: Served | undefined
  /** Follows the call through the service, once it is known where it goes. */
  followed: FollowedCall | undefined
  caller: Caller | undefined
  /** Correlation id of the client, once it is known to be well-formed. */
  sequence: string | undefined
  keyId: KeyId | undefined
  keyVersion: number | undefined
  /** Who judges the call, once the caller is known. */
  access: Access | undefined
  /** Hexadecimal SHA-256 of the encryption context, where there is one. */
  contextDigest: string | undefined
  /** Who sent it and how, behind trusted proxies. */
  readonly client: Client
}

/** Starts the record of a request that has just arrived. */
export function beginExchange(
  request: IncomingMessage,
  response: ServerResponse,
  client: Client,
): Exchange {
  return {
    request,
    response,
    requestId: newRequestId(),
    startedAt: performance.now(),
    operation: undefined,
    followed: undefined,
    caller: undefined,
    sequence: undefined,
    keyId: undefined,
    keyVersion: undefined,
    access: undefined,
    contextDigest: undefined,
    client,
  }
}

/** Makes a request id of 32 hexadecimal characters. */
export function newRequestId(): string {
  return randomUUID().replaceAll('-', '')
}

import type { Caller } from './caller.js'

/** One call to the service, allowed or refused, or one act of the service itself, as the audit log keeps it. */
export interface AuditEvent {
  /** Milliseconds since 1970. */
  readonly time: number
  /** 32 hexadecimal characters; acts of the service itself have one of their own. */
  readonly requestId: string
  /** Name of the operation, such as `EncryptDatakey`. */
  readonly operation: string
  readonly action?: string | undefined
  /** `refused`: a 4xx; `failed`: a 5xx, or nobody was there to read the answer. */
  readonly outcome: 'done' | 'refused' | 'failed'
  /** `ok`, an error code, or `aborted`. */
  readonly code: string
  readonly status: number
  readonly domainId?: string | undefined
  readonly projectId?: string | undefined
  readonly userId?: string | undefined
  /** How the caller proved who he is. */
  readonly authentication?: Caller['authentication'] | undefined
  /** As the request names it, also where it proves nothing. */
  readonly accessKeyId?: string | undefined
  readonly keyId?: string | undefined
  readonly keyVersion?: number | undefined
  /** What allowed or denied it: a statement of a policy, or a grant. */
  readonly rule?: string | undefined
  /** Hexadecimal SHA-256 of the canonical encryption context, where there is one. */
  readonly contextDigest?: string | undefined
  /** Address of the client, behind trusted proxies. */
  readonly address?: string | undefined
  /** Correlation id of the client (`sequence` of the wire contract). */
  readonly clientSequence?: string | undefined
  /** More about an act of the service or of an operator; flat, and never a secret. */
  readonly details?: Readonly<Record<string, string>> | undefined
}

/** The audit log takes no events now: no work may be done. */
export class AuditUnavailable extends Error {
  override readonly name = 'AuditUnavailable'
}

/** Port: the audit log. */
export interface AuditLog {
  /** Why no event can be kept at the moment; nothing where it can. Costs nothing: it is asked before every call. */
  fault(): string | undefined
  /**
   * Keeps an event: it is on disk when this resolves.
   *
   * @throws AuditUnavailable
   */
  record(event: AuditEvent): Promise<void>
}

import type { Caller } from './caller.js'
import type { Cmk } from './cmk.js'
import type { GrantOperation } from './grant.js'
import type { KeySpec } from './key-specs.js'

/** What a call is about where it is about no CMK that exists: the project, a keystore, a CMK that is to be made. */
export interface Target {
  readonly keystoreId?: string
  readonly spec?: KeySpec
  readonly origin?: Cmk['origin']
}

/**
 * Port: judges what one call may do. It knows the caller, the action of the operation, the source address and the
 * time; policies that deny win, then policies that allow, then grants; what nothing allows is denied.
 */
export interface Access {
  /** @throws KmsError KMS.0307 */
  require(target: Target): Promise<void>
  /**
   * Judges a CMK of the caller's project, or one that a grant made visible to him.
   *
   * `grantable`: the operation as grants name it, where they can give it; `context`: the encryption context that
   * conditions are judged by, where it is not `encryption_context` of the body.
   *
   * @throws KmsError KMS.0307
   */
  requireKey(request: {
    readonly cmk: Cmk
    readonly grantable?: GrantOperation | undefined
    readonly context?: unknown
  }): Promise<void>
  /**
   * Notes that the operation has judged the call itself, as the wire contract tells it to: parties to a grant retire it
   * without leave of a policy.
   */
  judged(rule: string): void
  /** What decided last, for the audit log: `policy <name> statement <n>`, `grant <id>`; nothing before a decision. */
  readonly rule: string | undefined
  /** Whether any judgement was asked for: a call that ends well without one is a fault of the software. */
  readonly decided: boolean
}

/** What a judge of one call has to know. */
export interface AccessCall {
  readonly caller: Caller
  /** Names of the right that the call needs; a policy may use any of them. */
  readonly actions: readonly string[]
  /** `encryption_context` of the body, as it came. */
  readonly context: unknown
  /** Address of the client, behind trusted proxies. */
  readonly address: string
}

/** Makes the judge of one call. */
export type AccessJudge = (call: AccessCall) => Access

import { STATUS_CODES } from 'node:http'
import type { Authenticator } from '../../auth/authenticator.js'
import type { TokenParts } from '../../auth/token-service.js'
import type { CallLimits } from '../../core/call-limits.js'
import { KmsError } from '../../core/errors.js'
import type { LockOut } from '../../core/lock-out.js'
import type { Admission } from '../admission.js'
import type { Exchange } from '../exchange.js'
import { renderError } from '../render-error.js'

/** What the token service works with. */
export interface TokenServing {
  readonly tokens: TokenParts
  readonly lockOut: LockOut
  readonly authenticator: Authenticator
  readonly limits: CallLimits
  readonly admission: Admission
}

/** An address of the token service: no operation of the KMS, but as carefully logged. */
export interface TokenEndpoint {
  /** Name in the audit log and in the metrics. */
  readonly name: 'CreateToken' | 'ListProjects'
  readonly method: 'GET' | 'POST'
  readonly path: `/v3/${string}`
  readonly status: number
  /** @throws TokenRefusal, KmsError for whatever a client can mend */
  serve(
    this: void,
    parts: TokenServing,
    exchange: Exchange,
  ): Promise<{ readonly body: unknown; readonly headers?: Readonly<Record<string, string>> }>
}

/** A refusal of the token service, which has an envelope of its own. */
export class TokenRefusal extends Error {
  override readonly name = 'TokenRefusal'
  /** A 4xx. */
  readonly status: number
  /** As the audit log names it. */
  readonly code: string

  constructor(status: number, message: string, code = `IAM.${status}`) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** What a client of the token service is told of an error: it reads refusals in no other envelope. */
export function refusalOf(error: unknown): unknown {
  const { status, message, code } = renderError(error)
  return error instanceof KmsError && status < 500 ? new TokenRefusal(status, message, code) : error
}

/** The envelope of the token service. */
export function tokenErrorBody(status: number, message: string): string {
  return JSON.stringify({ error: { code: status, message, title: STATUS_CODES[status] ?? '' } })
}

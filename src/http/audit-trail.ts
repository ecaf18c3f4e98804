import { claimedAccessKey } from '../auth/authenticator.js'
import type { AuditEvent } from '../core/audit-event.js'
import type { Exchange } from './exchange.js'
import type { Outcome } from './request-log.js'

/** Writes down a call for the audit log. Bodies are never part of it. */
export function auditEventOf(exchange: Exchange, { code, status }: Outcome): AuditEvent {
  const { request, operation, caller, client, access } = exchange
  return {
    time: Date.now(),
    requestId: exchange.requestId,
    operation: operation?.name ?? 'none',
    action: operation?.action,
    outcome: outcomeOf(status),
    code,
    status,
    domainId: caller?.domainId,
    projectId: caller?.projectId,
    userId: caller?.userId,
    authentication: caller?.authentication,
    // Also of a request that proves nothing: whose key was tried is what an investigator asks.
    accessKeyId: caller ? caller.accessKeyId : claimedAccessKey(request.headers),
    keyId: exchange.keyId,
    keyVersion: exchange.keyVersion,
    rule: access?.rule,
    contextDigest: exchange.contextDigest,
    address: client.address,
    clientSequence: exchange.sequence,
  }
}

/** Status 0: the client went away before its request was complete. */
function outcomeOf(status: number): AuditEvent['outcome'] {
  if (status >= 500 || status === 0) return 'failed'
  return status >= 400 ? 'refused' : 'done'
}

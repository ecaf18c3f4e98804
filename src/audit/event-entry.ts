import type { AuditEvent } from '../core/audit-event.js'
import type { Entry } from './chain.js'

/** Names the members of an event as the log does. */
export function eventEntry(event: AuditEvent): Entry {
  return {
    type: 'event',
    time: event.time,
    access_key_id: event.accessKeyId,
    action: event.action,
    address: event.address,
    authentication: event.authentication,
    client_sequence: event.clientSequence,
    code: event.code,
    context_digest: event.contextDigest,
    details: event.details,
    domain_id: event.domainId,
    key_id: event.keyId,
    key_version: event.keyVersion,
    operation: event.operation,
    outcome: event.outcome,
    project_id: event.projectId,
    request_id: event.requestId,
    rule: event.rule,
    status: event.status,
    user_id: event.userId,
  }
}

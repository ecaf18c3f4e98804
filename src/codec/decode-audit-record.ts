import {
  AUDIT_RECORD_VERSION,
  type AuditRecord,
  type ChainHead,
  type EventRecord,
  MAX_AUDIT_LINE_BYTES,
  MalformedRecord,
  type OpenedRecord,
  type RecordPlace,
  type SignedRecord,
  encodeAuditRecord,
} from './audit-record.js'

type Members = Readonly<Record<string, unknown>>

/**
 * Reads a line, without its line feed. Only the one right encoding is read: members that are missing, unknown, double or
 * in another order, another spelling of a text or a number, and white space are refused.
 *
 * @throws MalformedRecord, and nothing else, for any other line
 */
export function decodeAuditRecord(line: string): AuditRecord {
  if (line.length > MAX_AUDIT_LINE_BYTES) throw new MalformedRecord('It is too long.')
  const members = parse(line)
  if (members['v'] !== AUDIT_RECORD_VERSION) throw new MalformedRecord('Its version is unknown.')
  const record = recordOf(members)
  if (encodeAuditRecord(record) !== line) {
    throw new MalformedRecord('It is not the canonical form of a record of its type.')
  }
  return record
}

function parse(line: string): Members {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw new MalformedRecord('It is no JSON.', { cause })
  }
  if (!isObject(value)) throw new MalformedRecord('It is no JSON object.')
  return value
}

function recordOf(members: Members): AuditRecord {
  const place = placeOf(members)
  switch (members['type']) {
    case 'opened':
      return openedOf(place, members)
    case 'event':
      return eventOf(place, members)
    case 'checkpoint':
    case 'closed':
      return signedOf(place, members, members['type'])
    default:
      throw new MalformedRecord('Its type is unknown.')
  }
}

function placeOf(members: Members): RecordPlace {
  const time = text(members, 'time')
  const ms = Date.parse(time)
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== time) throw wrong('time')
  return {
    writer: hex(members, 'writer', 32),
    n: whole(members, 'n', 1),
    prev: hex(members, 'prev', 64),
    time,
    clock_back_ms:
      members['clock_back_ms'] === undefined ? undefined : whole(members, 'clock_back_ms', 1),
  }
}

function openedOf(place: RecordPlace, members: Members): OpenedRecord {
  const heads: unknown = members['heads']
  if (!Array.isArray(heads)) throw wrong('heads')
  return {
    ...place,
    type: 'opened',
    public_key: hex(members, 'public_key'),
    software: text(members, 'software'),
    heads: heads.map(headOf),
  }
}

function headOf(head: unknown): ChainHead {
  if (!isObject(head)) throw wrong('heads')
  return { hash: hex(head, 'hash', 64), n: whole(head, 'n', 1), writer: hex(head, 'writer', 32) }
}

function eventOf(place: RecordPlace, members: Members): EventRecord {
  const outcome = members['outcome']
  if (outcome !== 'done' && outcome !== 'refused' && outcome !== 'failed') throw wrong('outcome')
  return {
    ...place,
    type: 'event',
    access_key_id: textIfAny(members, 'access_key_id'),
    action: textIfAny(members, 'action'),
    address: textIfAny(members, 'address'),
    authentication: textIfAny(members, 'authentication'),
    client_sequence: textIfAny(members, 'client_sequence'),
    code: text(members, 'code'),
    context_digest: textIfAny(members, 'context_digest'),
    details: detailsOf(members['details']),
    domain_id: textIfAny(members, 'domain_id'),
    key_id: textIfAny(members, 'key_id'),
    key_version:
      members['key_version'] === undefined ? undefined : whole(members, 'key_version', 0),
    operation: text(members, 'operation'),
    outcome,
    project_id: textIfAny(members, 'project_id'),
    request_id: text(members, 'request_id'),
    rule: textIfAny(members, 'rule'),
    status: whole(members, 'status', 0),
    user_id: textIfAny(members, 'user_id'),
  }
}

function signedOf(place: RecordPlace, members: Members, type: SignedRecord['type']): SignedRecord {
  return {
    ...place,
    type,
    signed_n: whole(members, 'signed_n', 1),
    signed_hash: hex(members, 'signed_hash', 64),
    signature: hex(members, 'signature', 128),
  }
}

function detailsOf(details: unknown): Record<string, string> | undefined {
  if (details === undefined) return undefined
  if (!isObject(details)) throw wrong('details')
  return Object.fromEntries(Object.keys(details).map((name) => [name, text(details, name)]))
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textIfAny(members: Members, name: string): string | undefined {
  return members[name] === undefined ? undefined : text(members, name)
}

function text(members: Members, name: string): string {
  const value = members[name]
  if (typeof value === 'string') return value
  throw wrong(name)
}

function whole(members: Members, name: string, min: number): number {
  const value = members[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min) return value
  throw wrong(name)
}

/** `length` in characters; any even length but none where it is absent. */
function hex(members: Members, name: string, length?: number): string {
  const value = text(members, name)
  const fits = length === undefined ? value.length > 0 : value.length === length
  if (fits && /^(?:[0-9a-f]{2})*$/.test(value)) return value
  throw wrong(name)
}

function wrong(name: string): MalformedRecord {
  return new MalformedRecord(`Its member ${name} is missing or is not of its form.`)
}

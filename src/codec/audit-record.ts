import { hash } from 'node:crypto'

/*
 * A line of the audit log: one record as canonical JSON (RFC 8785) in UTF-8, then a line feed that belongs to no record.
 * Members are sorted by name; every number is a whole one; a member without a value is absent. Since the names are
 * known, a record is built in their order, and JSON.stringify writes what RFC 8785 asks for.
 */

/** Version of the format, the member `v` of every line. */
export const AUDIT_RECORD_VERSION = 1

/** What `prev` of the first record of a chain says. */
export const NO_RECORD = '0'.repeat(64)

/** Longest line in bytes; a longer one is none of this log. */
export const MAX_AUDIT_LINE_BYTES = 512 * 1024

/** Most heads of other chains that one record names; those beyond are left to the next one. */
export const MAX_HEADS = 1000

/** Longest text of a member in UTF-16 code units: what callers claim is cut there. */
const MAX_TEXT = 1024
const MAX_DETAILS = 32

/** Last record of a chain. */
export interface ChainHead {
  /** Hexadecimal SHA-256 of its line. */
  readonly hash: string
  readonly n: number
  readonly writer: string
}

/** Where a record stands. */
export interface RecordPlace {
  /** 32 hexadecimal characters: the chain, one for each writer. */
  readonly writer: string
  /** From 1, without a gap. */
  readonly n: number
  /** Hexadecimal SHA-256 of the line before; {@link NO_RECORD} in the first. */
  readonly prev: string
  /** ISO 8601 with milliseconds, UTC. */
  readonly time: string
  /** Milliseconds by which the clock is behind the record before; absent where it is not. */
  readonly clock_back_ms?: number | undefined
}

/** First record of a chain. */
export interface OpenedRecord extends RecordPlace {
  readonly type: 'opened'
  /** Hexadecimal DER SubjectPublicKeyInfo of the audit key. */
  readonly public_key: string
  /** Version of the software that writes. */
  readonly software: string
  /** Heads of the other chains in the folder that no record named before. */
  readonly heads: readonly ChainHead[]
}

/** What an event tells. */
export interface EventFields {
  readonly access_key_id?: string | undefined
  readonly action?: string | undefined
  readonly address?: string | undefined
  readonly authentication?: string | undefined
  readonly client_sequence?: string | undefined
  readonly code: string
  readonly context_digest?: string | undefined
  readonly details?: Readonly<Record<string, string>> | undefined
  readonly domain_id?: string | undefined
  readonly key_id?: string | undefined
  readonly key_version?: number | undefined
  readonly operation: string
  readonly outcome: 'done' | 'refused' | 'failed'
  readonly project_id?: string | undefined
  readonly request_id: string
  readonly rule?: string | undefined
  readonly status: number
  readonly user_id?: string | undefined
}

/** One call or act. */
export interface EventRecord extends RecordPlace, EventFields {
  readonly type: 'event'
}

/**
 * The HSM vouches for every record up to one: `checkpoint` for any that came before it, `closed` for the one right before
 * it, after which the chain has no other.
 */
export interface SignedRecord extends RecordPlace {
  readonly type: 'checkpoint' | 'closed'
  /** The last record that is vouched for. */
  readonly signed_n: number
  /** Hexadecimal SHA-256 of its line. */
  readonly signed_hash: string
  /** Hexadecimal r ‖ s, ECDSA P-256 with SHA-256 over {@link checkpointText}. */
  readonly signature: string
}

/** A record of the audit log. */
export type AuditRecord = OpenedRecord | EventRecord | SignedRecord

/** A line that is no record of the audit log: the message is a sentence about the line. */
export class MalformedRecord extends Error {
  override readonly name = 'MalformedRecord'
}

/** Writes a record as its line, without the line feed. Texts are cut at 1,024 code units, details at 32. */
export function encodeAuditRecord(record: AuditRecord): string {
  switch (record.type) {
    case 'opened':
      return JSON.stringify(openedMembers(record))
    case 'event':
      return encodeEvent(record, record)
    case 'checkpoint':
    case 'closed':
      return JSON.stringify(signedMembers(record))
  }
}

/** Hexadecimal SHA-256 of a line without its line feed: `prev` of the next one. */
export function hashAuditLine(line: string | Uint8Array): string {
  return hash('sha256', line)
}

/**
 * What the audit key signs. The type is part of it, so that the signature of a checkpoint does not close a chain that was
 * cut there.
 */
export function checkpointText(
  record: Pick<SignedRecord, 'type' | 'writer' | 'signed_n' | 'signed_hash'>,
): string {
  return `kms-audit-v1\n${record.type}\n${record.writer}\n${record.signed_n}\n${record.signed_hash}\n`
}

function openedMembers(record: OpenedRecord) {
  return {
    clock_back_ms: record.clock_back_ms,
    heads: record.heads.slice(0, MAX_HEADS).map(({ hash, n, writer }) => ({ hash, n, writer })),
    n: record.n,
    prev: record.prev,
    public_key: record.public_key,
    software: cut(record.software),
    time: record.time,
    type: record.type,
    v: AUDIT_RECORD_VERSION,
    writer: record.writer,
  }
}

/**
 * Writes the line of an event. Every call of the service has one, so it is put together here: what JSON.stringify makes of
 * an object with these members in this order, in half its time.
 */
export function encodeEvent(place: RecordPlace, event: EventFields): string {
  return (
    '{' +
    textMember('access_key_id', event.access_key_id) +
    textMember('action', event.action) +
    textMember('address', event.address) +
    textMember('authentication', event.authentication) +
    textMember('client_sequence', event.client_sequence) +
    numberMember('clock_back_ms', place.clock_back_ms) +
    textMember('code', event.code) +
    textMember('context_digest', event.context_digest) +
    (event.details ? `"details":${JSON.stringify(detailMembers(event.details))},` : '') +
    textMember('domain_id', event.domain_id) +
    textMember('key_id', event.key_id) +
    numberMember('key_version', event.key_version) +
    numberMember('n', place.n) +
    textMember('operation', event.operation) +
    textMember('outcome', event.outcome) +
    textMember('prev', place.prev) +
    textMember('project_id', event.project_id) +
    textMember('request_id', event.request_id) +
    textMember('rule', event.rule) +
    numberMember('status', event.status) +
    textMember('time', place.time) +
    '"type":"event",' +
    textMember('user_id', event.user_id) +
    `"v":${AUDIT_RECORD_VERSION},"writer":"${place.writer}"}`
  )
}

/** Printable ASCII, of which JSON escapes nothing. */
const PLAIN = /^[ !#-[\]-~]*$/

function textMember(name: string, text: string | undefined): string {
  if (text === undefined) return ''
  return text.length <= MAX_TEXT && PLAIN.test(text)
    ? `"${name}":"${text}",`
    : `"${name}":${JSON.stringify(cut(text))},`
}

function numberMember(name: string, value: number | undefined): string {
  return value === undefined ? '' : `"${name}":${value},`
}

function signedMembers(record: SignedRecord) {
  return {
    clock_back_ms: record.clock_back_ms,
    n: record.n,
    prev: record.prev,
    signature: record.signature,
    signed_hash: record.signed_hash,
    signed_n: record.signed_n,
    time: record.time,
    type: record.type,
    v: AUDIT_RECORD_VERSION,
    writer: record.writer,
  }
}

/** Names of digits would be moved to the front by the engine; none of the service's has that form. */
const DETAIL_NAME = /^[a-z][a-z0-9_]{0,63}$/

function detailMembers(details: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(details)
    .filter(([name]) => DETAIL_NAME.test(name))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .slice(0, MAX_DETAILS)
  return Object.fromEntries(entries.map(([name, text]) => [name, cut(text)]))
}

/** Half a surrogate pair, which RFC 8785 does not allow, becomes U+FFFD. */
function cut(text: string): string {
  return (text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text).toWellFormed()
}

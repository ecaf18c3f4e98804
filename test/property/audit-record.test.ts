import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type EventRecord, encodeAuditRecord } from '../../src/codec/audit-record.js'
import { decodeAuditRecord } from '../../src/codec/decode-audit-record.js'

/** Any text, those that are not well-formed or that JSON escapes among them. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 40 }),
  fc.constantFrom('"', '\\', '\u007f', '\u2028', '\ud800', 'x'.repeat(2000)),
)
const maybe = fc.option(anyText, { nil: undefined })
const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })

function hex(length: number): fc.Arbitrary<string> {
  const unit = fc.constantFrom(...Array.from({ length: 16 }, (_, digit) => digit.toString(16)))
  return fc.string({ unit, minLength: length, maxLength: length })
}

/** RFC 8785 of what the log holds: whole numbers, and members sorted by UTF-16 code units. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`
}

const anyEvent: fc.Arbitrary<EventRecord> = fc.record({
  type: fc.constant('event' as const),
  writer: hex(32),
  n: count,
  prev: hex(64),
  time: fc
    .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') })
    .map((date) => date.toISOString()),
  clock_back_ms: fc.option(count, { nil: undefined }),
  access_key_id: maybe,
  action: maybe,
  address: maybe,
  authentication: maybe,
  client_sequence: maybe,
  code: anyText,
  context_digest: maybe,
  details: fc.option(fc.dictionary(fc.string({ maxLength: 8 }), anyText, { maxKeys: 5 }), {
    nil: undefined,
  }),
  domain_id: maybe,
  key_id: maybe,
  key_version: fc.option(count, { nil: undefined }),
  operation: anyText,
  outcome: fc.constantFrom('done', 'refused', 'failed'),
  project_id: maybe,
  request_id: anyText,
  rule: maybe,
  status: fc.integer({ min: 0, max: 599 }),
  user_id: maybe,
})

test('the line of any event is canonical JSON, and reads as itself', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      const line = encodeAuditRecord(event)
      expect(canonical(JSON.parse(line))).toBe(line)
      expect(encodeAuditRecord({ ...event, ...(JSON.parse(line) as EventRecord) })).toBe(line)
    }),
    { numRuns: 500 },
  )
})

test('the lines that the service writes are read by those who verify', () => {
  fc.assert(
    fc.property(anyEvent, hex(32), hex(64), (event, request_id, context_digest) => {
      const line = encodeAuditRecord({
        ...event,
        request_id,
        context_digest,
        operation: 'EncryptDatakey',
      })
      expect(decodeAuditRecord(line)).toMatchObject({ request_id, context_digest })
    }),
    { numRuns: 300 },
  )
})

import { KmsError } from './errors.js'
import { parseIsoTime } from './iso-time.js'

/** What a key policy says: who may open capsules, and when. Members are named as on the wire. */
export interface PolicyDocument {
  readonly version: string
  /** Both ends count as inside; one that is left out is open. ISO 8601. */
  readonly validity_period?: { readonly start_time?: string; readonly end_time?: string }
  /** Ids of access points; nobody else opens a capsule, and where there are none, nobody does. */
  readonly allowed_access_point?: readonly string[]
}

/** Longest policy, in characters: it travels in the capsule where it is given inline. */
export const MAX_POLICY_CHARACTERS = 8192

/** All of them may have to be looked up for one capsule. */
const MAX_ACCESS_POINTS = 32
const VERSION = /^[0-9A-Za-z._-]{1,32}$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const MEMBERS = [
  'version',
  'validity_period',
  'allowed_access_point',
  'allowed_data_security_zone',
] as const

/**
 * Reads a policy from its JSON text. A member that is not known is refused: a rule that nobody enforces must not look
 * like one that holds.
 *
 * `field` is the field of the request that the sentence of a refusal names.
 *
 * @throws KmsError KMS.0308
 */
export function parsePolicyDocument(text: string, field: string): PolicyDocument {
  const document = parseObject(text, field)
  requireOnly(document, { members: MEMBERS, field })
  requireNoZone(document['allowed_data_security_zone'], field)
  const period = parsePeriod(document['validity_period'], field)
  const points = parseAccessPoints(document['allowed_access_point'], field)
  return {
    version: parseVersion(document['version'], field),
    ...(period && { validity_period: period }),
    ...(points && { allowed_access_point: points }),
  }
}

/** Refuses a policy outside its validity period. */
export function requireValidNow(
  { validity_period: period = {} }: PolicyDocument,
  now: number,
): void {
  const start = period.start_time === undefined ? undefined : parseIsoTime(period.start_time)
  const end = period.end_time === undefined ? undefined : parseIsoTime(period.end_time)
  if (start !== undefined && now < start) {
    throw new KmsError('KMS.0306', 'The key policy of the capsule is not valid yet.')
  }
  if (end !== undefined && now > end) {
    throw new KmsError('KMS.0306', 'The key policy of the capsule is not valid any more.')
  }
}

type JsonObject = Readonly<Record<string, unknown>>

function parseObject(text: string, field: string): JsonObject {
  if (text.length > MAX_POLICY_CHARACTERS) {
    throw refusal(field, `must not exceed ${MAX_POLICY_CHARACTERS} characters`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw refusal(field, 'must be a JSON object, written as text')
  }
  if (!isObject(value)) throw refusal(field, 'must be a JSON object, written as text')
  return value
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function requireOnly(
  object: JsonObject,
  allowed: { readonly members: readonly string[]; readonly field: string },
): void {
  const { members, field } = allowed
  if (Object.keys(object).every((name) => members.includes(name))) return
  throw refusal(field, `must have no members but ${members.join(', ')}`)
}

function parseVersion(value: unknown, field: string): string {
  if (typeof value === 'string' && VERSION.test(value)) return value
  throw refusal(`${field}.version`, 'must be a text of 1 to 32 letters, digits, dots or dashes')
}

function parsePeriod(value: unknown, policy: string): PolicyDocument['validity_period'] {
  const field = `${policy}.validity_period`
  if (value === undefined) return undefined
  if (!isObject(value)) throw refusal(field, 'must be an object with start_time and end_time')
  requireOnly(value, { members: ['start_time', 'end_time'], field })
  const start = parseTime(value['start_time'], `${field}.start_time`)
  const end = parseTime(value['end_time'], `${field}.end_time`)
  if (start && end && start.time >= end.time) {
    throw refusal(`${field}.end_time`, 'must be later than start_time')
  }
  return { ...(start && { start_time: start.text }), ...(end && { end_time: end.text }) }
}

function parseTime(
  value: unknown,
  field: string,
): { readonly text: string; readonly time: number } | undefined {
  if (value === undefined) return undefined
  const time = typeof value === 'string' ? parseIsoTime(value) : undefined
  if (typeof value !== 'string' || time === undefined) {
    throw refusal(field, 'must be a time in UTC such as 2026-01-31T08:00:00Z')
  }
  return { text: value, time }
}

function parseAccessPoints(value: unknown, policy: string): readonly string[] | undefined {
  const field = `${policy}.allowed_access_point`
  if (value === undefined) return undefined
  if (!Array.isArray(value) || value.length > MAX_ACCESS_POINTS) {
    throw refusal(field, `must be an array of at most ${MAX_ACCESS_POINTS} ids of access points`)
  }
  const points = value.map((point: unknown) =>
    typeof point === 'string' ? point.toLowerCase() : '',
  )
  if (!points.every((point) => UUID.test(point))) {
    throw refusal(field, 'must hold ids of access points and nothing else')
  }
  return [...new Set(points)]
}

/** Zones are attested by services of a cloud: here the rule could be stored and never be judged. */
function requireNoZone(value: unknown, policy: string): void {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return
  throw refusal(
    `${policy}.allowed_data_security_zone`,
    'must be left out or empty: this site has no data security zones that could be attested',
  )
}

function refusal(field: string, must: string): KmsError {
  return new KmsError('KMS.0308', `${field} ${must}.`)
}

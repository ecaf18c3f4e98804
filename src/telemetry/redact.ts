/** Names of what is never logged, in any case and at any depth. */
const SECRET_NAMES: ReadonlySet<string> = new Set([
  'plain_text',
  'cipher_text',
  'data_key',
  'random_data',
  'secret',
  'secret_access_key',
  'secretaccesskey',
  'pin',
  'so_pin',
  'password',
  'body',
  'authorization',
  'x-auth-token',
  'x-security-token',
])

const CENSORED = '[redacted]'
/** Events are flat; whatever is nested deeper than this was not made for the log. */
const MAX_DEPTH = 4

type Fields = Record<string, unknown>

/**
 * Replaces what must not be logged, by name. The second line of defence: nothing of the kind is logged by intent.
 *
 * Done here because the redaction of the logger itself, at these paths, costs more than the rest of a request's line.
 */
export function redact(fields: Fields): Fields {
  return redactLevel(fields, 0)
}

/** Most events hold nothing of the kind, and are then not copied. */
function redactLevel(fields: Fields, depth: number): Fields {
  let copy: Fields | undefined
  for (const name in fields) {
    const value = fields[name]
    const clean = isSecret(name) ? CENSORED : redactValue(value, depth + 1)
    if (clean !== value) (copy ??= { ...fields })[name] = clean
  }
  return copy ?? fields
}

function isSecret(name: string): boolean {
  return SECRET_NAMES.has(name) || SECRET_NAMES.has(name.toLowerCase())
}

function redactValue(value: unknown, depth: number): unknown {
  // Errors have a serializer of their own, which picks what may be seen.
  if (typeof value !== 'object' || value === null || value instanceof Error) return value
  if (depth >= MAX_DEPTH || ArrayBuffer.isView(value)) return CENSORED
  return Array.isArray(value)
    ? value.map((item: unknown) => redactValue(item, depth + 1))
    : redactLevel(value as Fields, depth)
}

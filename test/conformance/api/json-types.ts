/**
 * JSON types by which the members of answers go over the wire, whatever they hold. Typed clients read nothing else: a
 * number in the place of a text breaks them.
 */
const TEXTS: ReadonlySet<string> = new Set([
  'datakey_length',
  'key_state',
  'keystore_state',
  'default_key_flag',
  'key_type',
  'creation_date',
  'scheduled_deletion_date',
  'last_rotation_time',
  'truncated',
  'signature_valid',
  'next_marker',
  'create_time',
  'update_time',
  'updated',
])

/** Members that are numbers. */
const NUMBERS: ReadonlySet<string> = new Set([
  'total',
  'total_count',
  'instance_num',
  'used',
  'quota',
  'existTagsNum',
  'rotation_interval',
  'number_of_rotations',
  'current_count',
])

/** Members that are booleans. */
const BOOLEANS: ReadonlySet<string> = new Set(['mac_valid'])

/** Members whose type depends on the operation: `operation.member`. */
const BY_OPERATION: Readonly<Record<string, 'string' | 'number' | 'boolean'>> = {
  'CreateParametersForImport.expiration_time': 'number',
  'ShowKeyRotationStatus.key_rotation_enabled': 'boolean',
  'ListAccessPoint.state': 'number',
  'ListAccessPoint.type': 'number',
  'ShowKeyRotationStatus.state': 'number',
  'ListKeyDetail.key_rotation_enabled': 'string',
  'ListKeys.key_rotation_enabled': 'string',
  'ListKmsByTags.key_rotation_enabled': 'string',
  'ListKeyDetail.expiration_time': 'string',
  'ListKeys.expiration_time': 'string',
}

/** Every member of an answer whose JSON type is another one. */
export function mistyped(operation: string, value: unknown, path = '$'): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    const here = `${path}.${name}`
    const wanted = typeOf(operation, name)
    const fits = wanted === undefined || member === null || typeof member === wanted
    return [...(fits ? [] : [`${here} is no ${wanted}`]), ...mistyped(operation, member, here)]
  })
}

function typeOf(operation: string, name: string): string | undefined {
  const own = BY_OPERATION[`${operation}.${name}`]
  if (own !== undefined) return own
  if (TEXTS.has(name)) return 'string'
  if (NUMBERS.has(name)) return 'number'
  return BOOLEANS.has(name) ? 'boolean' : undefined
}

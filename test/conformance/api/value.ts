/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>

/** Whether a value is a JSON object: no array, not null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Follows a path such as `key_info.key_id` or `grants.0.grant_id`; nothing where it leads nowhere. */
export function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (found, step) =>
        typeof found === 'object' && found !== null ? Reflect.get(found, step) : undefined,
      value,
    )
}

/**
 * Puts known values in the place of their names: `$key` alone stands for the whole value, `${key}` within a text for its
 * text.
 */
export function fill(value: unknown, known: JsonObject): unknown {
  if (typeof value === 'string') return fillText(value, known)
  if (Array.isArray(value)) return value.map((element) => fill(element, known))
  if (!isObject(value) || value instanceof RegExp) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, fill(member, known)]),
  )
}

function fillText(text: string, known: JsonObject): unknown {
  const whole = /^\$([a-zA-Z_]+)$/.exec(text)?.[1]
  if (whole !== undefined) return valueOf(whole, known)
  return text.replaceAll(/\$\{([a-zA-Z_]+)\}/g, (_match, name: string) =>
    String(valueOf(name, known)),
  )
}

function valueOf(name: string, known: JsonObject): unknown {
  if (name in known) return known[name]
  throw new Error(`Nothing is known under the name ${name}.`)
}

/**
 * What differs between a value and the expected one, by path. An expected object names the members that matter, a
 * regular expression fits texts alone, everything else must be equal.
 */
export function differences(value: unknown, wanted: unknown, path = '$'): readonly string[] {
  if (wanted instanceof RegExp) {
    return typeof value === 'string' && wanted.test(value) ? [] : [`${path} is ${shown(value)}`]
  }
  if (Array.isArray(wanted)) {
    if (!Array.isArray(value) || value.length !== wanted.length) {
      return [`${path} is ${shown(value)}, not ${wanted.length} elements`]
    }
    return wanted.flatMap((element, index) =>
      differences(value[index], element, `${path}[${index}]`),
    )
  }
  if (isObject(wanted)) {
    if (!isObject(value)) return [`${path} is ${shown(value)}, no object`]
    return Object.entries(wanted).flatMap(([name, member]) =>
      differences(value[name], member, `${path}.${name}`),
    )
  }
  return value === wanted ? [] : [`${path} is ${shown(value)}, not ${shown(wanted)}`]
}

function shown(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value).slice(0, 200)
}

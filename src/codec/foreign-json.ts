/*
 * JSON that others wrote, of which a few members are looked for: what is not as expected counts as not there.
 */

/** A JSON object, whatever its members. */
export type Bag = Readonly<Record<string, unknown>>

/** The value of a text; nothing where it is no JSON. */
export function parseForeign(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Whether a value is an object, and neither a list nor null. */
export function isBag(value: unknown): value is Bag {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object that is a member of another; an empty one where there is none. */
export function bagOf(value: unknown, name: string): Bag {
  const member = isBag(value) ? value[name] : undefined
  return isBag(member) ? member : {}
}

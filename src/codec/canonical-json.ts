/**
 * Canonical JSON of a flat map from text to text (RFC 8785): members sorted by the UTF-16 code units of their names,
 * no white space, strings as ECMAScript serialises them.
 */
export function canonicalMap(map: Readonly<Record<string, string>>): string {
  const members = Object.keys(map)
    // The default order compares UTF-16 code units, which is the one RFC 8785 section 3.2.3 asks for.
    .sort()
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(map[name])}`)
  return `{${members.join(',')}}`
}

const UNRESERVED = /^[A-Za-z0-9\-_.~]*$/

/**
 * Percent-encodes text as the signature wants it: the unreserved characters of RFC 3986 section 2.3 stay, everything
 * else becomes `%XX` in upper case over its UTF-8 bytes.
 */
export function percentEncode(text: string): string {
  if (UNRESERVED.test(text)) return text
  // encodeURIComponent follows RFC 2396, which left five more characters alone.
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** Decodes percent-encoded UTF-8; nothing where it is malformed. */
export function percentDecode(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

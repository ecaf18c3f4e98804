const HEXADECIMAL = /^(?:[0-9A-Fa-f]{2})*$/

/** Decodes hexadecimal text of either case; nothing where it is odd or holds another character. */
export function decodeHex(text: string): Uint8Array | undefined {
  // Buffer.from stops silently at the first wrong character, so the text is judged first.
  return HEXADECIMAL.test(text) ? Buffer.from(text, 'hex') : undefined
}

/** Encodes bytes in upper-case hexadecimal, the form of every answer of the API. */
export function encodeHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex').toUpperCase()
}

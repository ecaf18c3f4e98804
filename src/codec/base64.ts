const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Characters of the base64 form of `length` bytes. */
export function base64Length(length: number): number {
  return 4 * Math.ceil(length / 3)
}

/**
 * Decodes base64 (RFC 4648 section 4) with its padding; nothing where the text holds another character or is cut.
 *
 * The unused bits of the last character are not judged: SDKs and shells exist that do not clear them.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  // Buffer.from skips whatever it does not know, so the text is judged first.
  return BASE64.test(text) ? Buffer.from(text, 'base64') : undefined
}

/** Encodes bytes in base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

const SEQUENCE = 0x30

/**
 * Bytes of the DER sequence that stands at the beginning (X.690 section 8.1.3), header included; nothing where there is
 * none.
 */
export function derLength(bytes: Uint8Array): number | undefined {
  const [tag, first = 0x80] = bytes
  if (tag !== SEQUENCE) return undefined
  if (first < 0x80) return 2 + first
  const count = first - 0x80
  // Four bytes of length are more than any key needs.
  if (count < 1 || count > 4 || bytes.length < 2 + count) return undefined
  const content = bytes.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0)
  return 2 + count + content
}

/**
 * CK_EFFECTIVELY_INFINITE, which PKCS#11 v3.1 section 3.2 (CK_TOKEN_INFO) states for sessions alone and Kryoptic 1.5.4 for
 * PINs too; CK_UNAVAILABLE_INFORMATION; and 2^32 - 2. pkcs11js 2.1.7 cuts them to 32 bits.
 */
const NO_LIMIT: ReadonlySet<number> = new Set([0, 0xfffffffe, 0xffffffff])

/** A limit of CK_TOKEN_INFO; nothing where the token states none. */
export function statedLimit(value: number): number | undefined {
  return NO_LIMIT.has(value) ? undefined : value
}

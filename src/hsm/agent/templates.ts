import pkcs11, { type Template } from 'pkcs11js'
import type { KeyKind } from '../../core/hsm.js'
import type { Profile } from '../profile.js'

/*
 * Key templates. Every usage flag and every protection is stated on every create, generate and unwrap: the defaults
 * of tokens differ (NSS softokn makes keys extractable, opencryptoki leaves them readable, when nothing is said).
 */

const USAGES = [
  pkcs11.CKA_ENCRYPT,
  pkcs11.CKA_DECRYPT,
  pkcs11.CKA_SIGN,
  pkcs11.CKA_VERIFY,
  pkcs11.CKA_WRAP,
  pkcs11.CKA_UNWRAP,
  pkcs11.CKA_DERIVE,
] as const

/** CKA_COPYABLE; PKCS#11 v3.1 section 4.4. pkcs11js ends at 2.20. */
const CKA_COPYABLE = 0x171

const KEY_BYTES = 32

interface KindRow {
  readonly keyType: number
  readonly mechanism: number
  readonly usages: readonly number[]
}

/** What the kinds of key are on the token. One key has one use: SP 800-57 part 1 section 5.2. */
export const KINDS: Readonly<Record<KeyKind, KindRow>> = {
  wrapping: {
    keyType: pkcs11.CKK_AES,
    mechanism: pkcs11.CKM_AES_KEY_GEN,
    usages: [pkcs11.CKA_WRAP, pkcs11.CKA_UNWRAP],
  },
  binding: {
    keyType: pkcs11.CKK_GENERIC_SECRET,
    mechanism: pkcs11.CKM_GENERIC_SECRET_KEY_GEN,
    usages: [pkcs11.CKA_SIGN, pkcs11.CKA_VERIFY],
  },
}

/** A key that lives on the token for good and never leaves it. */
export function residentKey(
  profile: Profile,
  request: { readonly kind: KeyKind; readonly id: Buffer; readonly label: string },
): Template {
  const row = KINDS[request.kind]
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: row.keyType },
    { type: pkcs11.CKA_VALUE_LEN, value: KEY_BYTES },
    { type: pkcs11.CKA_ID, value: request.id },
    { type: pkcs11.CKA_LABEL, value: request.label },
    { type: pkcs11.CKA_TOKEN, value: true },
    { type: pkcs11.CKA_PRIVATE, value: true },
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: false },
    { type: pkcs11.CKA_MODIFIABLE, value: false },
    ...usageFlags(row.usages),
    ...optional(profile),
  ]
}

/** A secret of the caller that is about to be wrapped: lives for one call, extractable because wrapping takes it out. */
export function wrappableSecret(value: Buffer): Template {
  return [
    ...sessionSecret(),
    { type: pkcs11.CKA_VALUE, value },
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: true },
    ...usageFlags([]),
  ]
}

/** A secret that the token generates to be wrapped: sensitive, so that it can leave in no other form. */
export function generatedSecret(length: number): Template {
  return [
    ...sessionSecret(),
    { type: pkcs11.CKA_VALUE_LEN, value: length },
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: true },
    ...usageFlags([]),
  ]
}

/**
 * A secret that comes back to its caller: readable for one call. CKA_VALUE_LEN stays out: SoftHSM refuses it and NSS
 * softokn would cut the secret to it.
 */
export function readableSecret(profile: Profile): Template {
  const protection =
    profile.unwrapTemplate === 'explicit'
      ? [
          { type: pkcs11.CKA_SENSITIVE, value: false },
          { type: pkcs11.CKA_EXTRACTABLE, value: true },
        ]
      : []
  return [...sessionSecret(), ...protection, ...usageFlags([])]
}

/** A key with a known value and one use, for the known-answer tests: never stored, never used for anything else. */
export function knownKey(request: {
  readonly keyType: number
  readonly value: Buffer
  readonly usages: readonly number[]
}): Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: request.keyType },
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_PRIVATE, value: true },
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: false },
    { type: pkcs11.CKA_VALUE, value: request.value },
    ...usageFlags(request.usages),
  ]
}

function sessionSecret(): Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_GENERIC_SECRET },
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_PRIVATE, value: true },
  ]
}

function usageFlags(granted: readonly number[]): Template {
  return USAGES.map((type) => ({ type, value: granted.includes(type) }))
}

function optional(profile: Profile): Template {
  return profile.keyAttributes.includes('copyable') ? [{ type: CKA_COPYABLE, value: false }] : []
}

import pkcs11, { type Template } from 'pkcs11js'
import type { KeyKind } from '../../core/hsm.js'
import type { Profile } from '../profile.js'
import { requireAlgorithm, vendorNumber } from './profile-facts.js'
import { PROTECTED, flags, named, optional } from './template-parts.js'

/*
 * Templates of secret keys. Every usage flag and every protection is stated on every create, generate and unwrap: the defaults
 * of tokens differ (NSS softokn makes keys extractable, opencryptoki leaves them readable, when nothing is said).
 */

/** Usage flags of secret keys, PKCS#11 v3.1 section 4.10. */
const SECRET_USAGES = [
  pkcs11.CKA_ENCRYPT,
  pkcs11.CKA_DECRYPT,
  pkcs11.CKA_SIGN,
  pkcs11.CKA_VERIFY,
  pkcs11.CKA_WRAP,
  pkcs11.CKA_UNWRAP,
  pkcs11.CKA_DERIVE,
] as const

/** An object of the session, for one call. Made once, as every request takes it: pkcs11js finds each constant in a table. */
const SESSION_SECRET: Template = [
  { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
  { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_GENERIC_SECRET },
  { type: pkcs11.CKA_TOKEN, value: false },
  { type: pkcs11.CKA_PRIVATE, value: true },
]
const OF_NO_USE = secretUsages([])
/** May leave the token wrapped, and in no other form. */
const TO_BE_WRAPPED: Template = [
  { type: pkcs11.CKA_SENSITIVE, value: true },
  { type: pkcs11.CKA_EXTRACTABLE, value: true },
  ...OF_NO_USE,
]
/** May be read. */
const TO_BE_READ: Template = [
  { type: pkcs11.CKA_SENSITIVE, value: false },
  { type: pkcs11.CKA_EXTRACTABLE, value: true },
]

/** What a kind of key is on the token. */
export interface KindRow {
  readonly keyType: number
  /** Mechanism that generates it. */
  readonly mechanism: number
  /** Length of CKA_VALUE in bytes. */
  readonly bytes: number
  readonly usages: readonly number[]
}

const WRAPS = [pkcs11.CKA_WRAP, pkcs11.CKA_UNWRAP]
const TAGS = [pkcs11.CKA_SIGN, pkcs11.CKA_VERIFY]

const KINDS: Readonly<Record<KeyKind, (profile: Profile) => KindRow>> = {
  wrapping: () => ({
    keyType: pkcs11.CKK_AES,
    mechanism: pkcs11.CKM_AES_KEY_GEN,
    bytes: 32,
    usages: WRAPS,
  }),
  binding: () => genericSecret(32),
  'hmac-256': () => genericSecret(32),
  'hmac-384': () => genericSecret(48),
  'hmac-512': () => genericSecret(64),
  'sm4-wrapping': (profile) => ({
    keyType: vendorNumber(profile, 'CKK_SM4'),
    mechanism: vendorNumber(profile, 'CKM_SM4_KEY_GEN'),
    bytes: 16,
    usages: WRAPS,
  }),
  'hmac-sm3': () => genericSecret(32),
}

/**
 * What a kind of key is on a token. One key has one use: SP 800-57 part 1 section 5.2.
 *
 * @throws TokenError `unsupported` where the token does not make such keys
 */
export function kindRow(profile: Profile, kind: KeyKind): KindRow {
  requireAlgorithm(profile, kind)
  return KINDS[kind](profile)
}

/** A key that is generated on the token, lives there for good and never leaves it. */
export function residentKey(profile: Profile, request: ResidentKey): Template {
  const { bytes } = kindRow(profile, request.kind)
  return [...importedKey(profile, request), { type: pkcs11.CKA_VALUE_LEN, value: bytes }]
}

/** The same key where it is unwrapped: tokens refuse CKA_VALUE_LEN there, or cut the key to it. */
export function importedKey(profile: Profile, request: ResidentKey): Template {
  const row = kindRow(profile, request.kind)
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: row.keyType },
    ...named(request),
    ...PROTECTED,
    ...secretUsages(row.usages),
    ...optional(profile),
  ]
}

interface ResidentKey {
  readonly kind: KeyKind
  readonly id: Buffer
  readonly label: string
}

/** A secret of the caller that is about to be wrapped: lives for one call, extractable because wrapping takes it out. */
export function wrappableSecret(value: Buffer): Template {
  return [...SESSION_SECRET, { type: pkcs11.CKA_VALUE, value }, ...TO_BE_WRAPPED]
}

/** A secret that the token generates to be wrapped: sensitive, so that it can leave in no other form. */
export function generatedSecret(length: number): Template {
  return [...SESSION_SECRET, { type: pkcs11.CKA_VALUE_LEN, value: length }, ...TO_BE_WRAPPED]
}

/**
 * A secret that comes back to its caller: readable for one call. CKA_VALUE_LEN stays out: SoftHSM refuses it and NSS
 * softokn would cut the secret to it.
 */
export function readableSecret(profile: Profile): Template {
  const protection = profile.unwrapTemplate === 'explicit' ? TO_BE_READ : []
  return [...SESSION_SECRET, ...protection, ...OF_NO_USE]
}

/** What key agreement gives: readable for one call, since the service hands it to its caller. */
export function sharedSecret(length: number): Template {
  const size = { type: pkcs11.CKA_VALUE_LEN, value: length }
  return [...SESSION_SECRET, size, ...TO_BE_READ, ...OF_NO_USE]
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
    ...secretUsages(request.usages),
  ]
}

/** Every usage flag of a secret key, those granted true and all others false. */
export function secretUsages(granted: readonly number[]): Template {
  return flags(SECRET_USAGES, granted)
}

function genericSecret(bytes: number): KindRow {
  return {
    keyType: pkcs11.CKK_GENERIC_SECRET,
    mechanism: pkcs11.CKM_GENERIC_SECRET_KEY_GEN,
    bytes,
    usages: TAGS,
  }
}

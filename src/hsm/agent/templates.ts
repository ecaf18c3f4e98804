import pkcs11, { type Template } from 'pkcs11js'
import type { KeyKind } from '../../core/hsm.js'
import type { PairUse } from '../../core/hsm-pairs.js'
import type { Profile } from '../profile.js'
import { requireAlgorithm, vendorNumber } from './profile-facts.js'

/*
 * Key templates. Every usage flag and every protection is stated on every create, generate and unwrap: the defaults
 * of tokens differ (NSS softokn makes keys extractable, opencryptoki leaves them readable, when nothing is said).
 */

/** Usage flags of each class of object, PKCS#11 v3.1 sections 4.8 to 4.10. */
const SECRET_USAGES = [
  pkcs11.CKA_ENCRYPT,
  pkcs11.CKA_DECRYPT,
  pkcs11.CKA_SIGN,
  pkcs11.CKA_VERIFY,
  pkcs11.CKA_WRAP,
  pkcs11.CKA_UNWRAP,
  pkcs11.CKA_DERIVE,
] as const
const PRIVATE_USAGES = [
  pkcs11.CKA_DECRYPT,
  pkcs11.CKA_SIGN,
  pkcs11.CKA_SIGN_RECOVER,
  pkcs11.CKA_UNWRAP,
  pkcs11.CKA_DERIVE,
] as const
const PUBLIC_USAGES = [
  pkcs11.CKA_ENCRYPT,
  pkcs11.CKA_VERIFY,
  pkcs11.CKA_VERIFY_RECOVER,
  pkcs11.CKA_WRAP,
  pkcs11.CKA_DERIVE,
] as const

/** CKA_COPYABLE; PKCS#11 v3.1 section 4.4. pkcs11js ends at 2.20. */
const CKA_COPYABLE = 0x171

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
    ...flags(SECRET_USAGES, row.usages),
    ...optional(profile),
  ]
}

interface ResidentKey {
  readonly kind: KeyKind
  readonly id: Buffer
  readonly label: string
}

/** What the two halves of a pair on the token have in common. */
export interface ResidentPair {
  readonly use: PairUse
  readonly id: Buffer
  readonly label: string
  /** CKK_*. */
  readonly keyType: number
}

/** Private half of a pair that lives on the token for good and never leaves it. */
export function residentPrivate(profile: Profile, request: ResidentPair): Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: request.keyType },
    ...named(request),
    ...PROTECTED,
    ...flags(PRIVATE_USAGES, privateUsages(profile, request.use)),
    ...optional(profile),
  ]
}

/**
 * Public half of such a pair, for everyone to read. Whoever encrypts does it outside of the token; but NSS softokn 3.87
 * tries a new pair on itself, and refuses one that decrypts and does not encrypt.
 */
export function residentPublic(profile: Profile, request: ResidentPair): Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: request.keyType },
    ...named(request),
    { type: pkcs11.CKA_TOKEN, value: true },
    { type: pkcs11.CKA_PRIVATE, value: false },
    { type: pkcs11.CKA_MODIFIABLE, value: false },
    ...flags(PUBLIC_USAGES, COUNTERPARTS[request.use]),
    ...optional(profile),
  ]
}

/** The two templates of a pair that the token keeps for one call. */
export interface SessionPair {
  readonly publicHalf: Template
  readonly privateHalf: Template
}

/** A pair that the token generates to be wrapped: its private half is sensitive, and can leave in no other form. */
export function sessionPair({ keyType }: { readonly keyType: number }): SessionPair {
  return pairOfOneCall({ keyType, extractable: true, publicUses: [], privateUses: [] })
}

/** A pair that the token generates to be tried, with the use that is tried. */
export function triedPair(request: {
  readonly keyType: number
  readonly use: 'sign' | 'agree'
}): SessionPair {
  const { keyType, use } = request
  return use === 'sign'
    ? pairOfOneCall({ keyType, publicUses: [pkcs11.CKA_VERIFY], privateUses: [pkcs11.CKA_SIGN] })
    : pairOfOneCall({ keyType, publicUses: [], privateUses: [pkcs11.CKA_DERIVE] })
}

function pairOfOneCall(request: {
  readonly keyType: number
  readonly extractable?: boolean
  readonly publicUses: readonly number[]
  readonly privateUses: readonly number[]
}): SessionPair {
  const { keyType, extractable = false, publicUses, privateUses } = request
  return {
    publicHalf: [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
      { type: pkcs11.CKA_KEY_TYPE, value: keyType },
      { type: pkcs11.CKA_TOKEN, value: false },
      { type: pkcs11.CKA_PRIVATE, value: false },
      ...flags(PUBLIC_USAGES, publicUses),
    ],
    privateHalf: [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
      { type: pkcs11.CKA_KEY_TYPE, value: keyType },
      { type: pkcs11.CKA_TOKEN, value: false },
      { type: pkcs11.CKA_PRIVATE, value: true },
      { type: pkcs11.CKA_SENSITIVE, value: true },
      { type: pkcs11.CKA_EXTRACTABLE, value: extractable },
      ...flags(PRIVATE_USAGES, privateUses),
    ],
  }
}

/** A public key from outside with one use, for known-answer tests. `values`: CKA_MODULUS and the like. */
export function knownPublic(request: {
  readonly keyType: number
  readonly values: Template
  readonly usages: readonly number[]
}): Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: request.keyType },
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_PRIVATE, value: false },
    ...request.values,
    ...flags(PUBLIC_USAGES, request.usages),
  ]
}

/** A private key from outside with one use, for known-answer tests. `values`: CKA_VALUE and the like. */
export function knownPrivate(request: {
  readonly keyType: number
  readonly values: Template
  readonly usages: readonly number[]
}): Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: request.keyType },
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_PRIVATE, value: true },
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: false },
    ...request.values,
    ...flags(PRIVATE_USAGES, request.usages),
  ]
}

/** A secret of the caller that is about to be wrapped: lives for one call, extractable because wrapping takes it out. */
export function wrappableSecret(value: Buffer): Template {
  return [
    ...sessionSecret(),
    { type: pkcs11.CKA_VALUE, value },
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: true },
    ...flags(SECRET_USAGES, []),
  ]
}

/** A secret that the token generates to be wrapped: sensitive, so that it can leave in no other form. */
export function generatedSecret(length: number): Template {
  return [
    ...sessionSecret(),
    { type: pkcs11.CKA_VALUE_LEN, value: length },
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: true },
    ...flags(SECRET_USAGES, []),
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
  return [...sessionSecret(), ...protection, ...flags(SECRET_USAGES, [])]
}

/** What key agreement gives: readable for one call, since the service hands it to its caller. */
export function sharedSecret(length: number): Template {
  return [
    ...sessionSecret(),
    { type: pkcs11.CKA_VALUE_LEN, value: length },
    { type: pkcs11.CKA_SENSITIVE, value: false },
    { type: pkcs11.CKA_EXTRACTABLE, value: true },
    ...flags(SECRET_USAGES, []),
  ]
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
    ...flags(SECRET_USAGES, request.usages),
  ]
}

/** Every usage flag of a secret key, those granted true and all others false. */
export function secretUsages(granted: readonly number[]): Template {
  return flags(SECRET_USAGES, granted)
}

function sessionSecret(): Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_GENERIC_SECRET },
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_PRIVATE, value: true },
  ]
}

/** Lives on the token, needs a login, and neither leaves it nor changes. */
const PROTECTED: Template = [
  { type: pkcs11.CKA_TOKEN, value: true },
  { type: pkcs11.CKA_PRIVATE, value: true },
  { type: pkcs11.CKA_SENSITIVE, value: true },
  { type: pkcs11.CKA_EXTRACTABLE, value: false },
  { type: pkcs11.CKA_MODIFIABLE, value: false },
]

function genericSecret(bytes: number): KindRow {
  return {
    keyType: pkcs11.CKK_GENERIC_SECRET,
    mechanism: pkcs11.CKM_GENERIC_SECRET_KEY_GEN,
    bytes,
    usages: TAGS,
  }
}

const COUNTERPARTS: Readonly<Record<PairUse, readonly number[]>> = {
  sign: [pkcs11.CKA_VERIFY],
  decrypt: [pkcs11.CKA_ENCRYPT],
  agree: [],
  import: [],
}

function privateUsages(profile: Profile, use: PairUse): readonly number[] {
  switch (use) {
    case 'sign':
      return [pkcs11.CKA_SIGN]
    case 'decrypt':
      return [pkcs11.CKA_DECRYPT]
    case 'agree':
      return [pkcs11.CKA_DERIVE]
    case 'import':
      // A stand-in for OAEP takes the padding off what raw RSA decrypts, so C_UnwrapKey alone will not do.
      return profile.oaep.standIns.length > 0
        ? [pkcs11.CKA_UNWRAP, pkcs11.CKA_DECRYPT]
        : [pkcs11.CKA_UNWRAP]
  }
}

function named({ id, label }: { readonly id: Buffer; readonly label: string }): Template {
  return [
    { type: pkcs11.CKA_ID, value: id },
    { type: pkcs11.CKA_LABEL, value: label },
  ]
}

function flags(all: readonly number[], granted: readonly number[]): Template {
  return all.map((type) => ({ type, value: granted.includes(type) }))
}

function optional(profile: Profile): Template {
  return profile.keyAttributes.includes('copyable') ? [{ type: CKA_COPYABLE, value: false }] : []
}

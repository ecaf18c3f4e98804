import pkcs11, { type Template } from 'pkcs11js'
import type { PairUse } from '../../core/hsm-pairs.js'
import type { Profile } from '../profile.js'
import { PROTECTED, flags, named, optional } from './template-parts.js'

/*
 * Templates of the halves of pairs. As with secret keys, every usage flag and every protection is stated: SoftHSM 2.6.1
 * grants what is not denied.
 */

/** Usage flags of private and of public keys, PKCS#11 v3.1 sections 4.8 and 4.9. */
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

import pkcs11, { type Mechanism } from 'pkcs11js'
import type { HashName, SignatureScheme } from '../../core/hsm-pairs.js'
import type { Profile } from '../profile.js'
import { CKK_EC_EDWARDS, CKK_ML_DSA } from './pair-algorithms.js'
import { requireScheme, vendorNumber } from './profile-facts.js'

/** CKM_EDDSA, PKCS#11 v3.1 section 6.3.16; without a parameter it is pure Ed25519. */
const CKM_EDDSA = 0x1057
/** CKM_ML_DSA, PKCS#11 v3.2 section 6.67.5; without a parameter the context is empty. */
const CKM_ML_DSA = 0x1d

/** A scheme on the token: which mechanism signs what under which type of key. */
export interface SchemeRow {
  /** CKK_*. */
  readonly keyType: number
  readonly mechanism: Mechanism
  /** Lengths of the digest that is signed; nothing where the message itself is. */
  readonly digestBytes: readonly number[] | undefined
  /** What goes before the digest. */
  readonly prefix: Buffer
}

const NO_PREFIX = Buffer.alloc(0)

const ROWS: Readonly<Record<SignatureScheme, (profile: Profile) => SchemeRow>> = {
  'pss-sha256': () => pss(pkcs11.CKM_SHA256, pkcs11.CKG_MGF1_SHA256, 32),
  'pss-sha384': () => pss(pkcs11.CKM_SHA384, pkcs11.CKG_MGF1_SHA384, 48),
  'pss-sha512': () => pss(pkcs11.CKM_SHA512, pkcs11.CKG_MGF1_SHA512, 64),
  'pkcs1-sha256': () => pkcs1('3031300d060960864801650304020105000420', 32),
  'pkcs1-sha384': () => pkcs1('3041300d060960864801650304020205000430', 48),
  'pkcs1-sha512': () => pkcs1('3051300d060960864801650304020305000440', 64),
  ecdsa: () => ({
    keyType: pkcs11.CKK_EC,
    mechanism: { mechanism: pkcs11.CKM_ECDSA },
    digestBytes: [32, 48, 64],
    prefix: NO_PREFIX,
  }),
  ed25519: () => ({
    keyType: CKK_EC_EDWARDS,
    mechanism: { mechanism: CKM_EDDSA },
    digestBytes: undefined,
    prefix: NO_PREFIX,
  }),
  // The standard mechanism hashes the message itself, so one that takes the digest is a vendor's own.
  ed25519ph: (profile) => ({
    keyType: CKK_EC_EDWARDS,
    mechanism: { mechanism: vendorNumber(profile, 'CKM_ED25519PH') },
    digestBytes: [64],
    prefix: NO_PREFIX,
  }),
  sm2dsa: (profile) => ({
    keyType: vendorNumber(profile, 'CKK_SM2'),
    mechanism: { mechanism: vendorNumber(profile, 'CKM_SM2') },
    digestBytes: [32],
    prefix: NO_PREFIX,
  }),
  'ml-dsa': () => ({
    keyType: CKK_ML_DSA,
    mechanism: { mechanism: CKM_ML_DSA },
    digestBytes: undefined,
    prefix: NO_PREFIX,
  }),
}

const HMACS: Readonly<Record<HashName, (profile: Profile) => number>> = {
  sha256: () => pkcs11.CKM_SHA256_HMAC,
  sha384: () => pkcs11.CKM_SHA384_HMAC,
  sha512: () => pkcs11.CKM_SHA512_HMAC,
  sm3: (profile) => vendorNumber(profile, 'CKM_SM3_HMAC'),
}

/**
 * The row of a scheme on a token.
 *
 * @throws TokenError `unsupported` where the token has no such signatures
 */
export function schemeRow(profile: Profile, scheme: SignatureScheme): SchemeRow {
  requireScheme(profile, scheme)
  return ROWS[scheme](profile)
}

/**
 * The HMAC of a hash on a token.
 *
 * @throws TokenError `unsupported` where it takes a number that the profile does not have
 */
export function hmacMechanism(profile: Profile, hash: HashName): Mechanism {
  return { mechanism: HMACS[hash](profile) }
}

/** RSASSA-PSS of a digest, RFC 8017 section 8.1; PKCS#11 v3.1 section 6.1.8. The salt is as long as the hash. */
function pss(hashAlg: number, mgf: number, bytes: number): SchemeRow {
  const parameter = { type: pkcs11.CK_PARAMS_RSA_PSS, hashAlg, mgf, saltLen: bytes }
  return {
    keyType: pkcs11.CKK_RSA,
    mechanism: { mechanism: pkcs11.CKM_RSA_PKCS_PSS, parameter },
    digestBytes: [bytes],
    prefix: NO_PREFIX,
  }
}

/** RSASSA-PKCS1-v1_5 of a digest: CKM_RSA_PKCS pads, what it signs is a DigestInfo. RFC 8017 section 9.2, note 1. */
function pkcs1(prefix: string, bytes: number): SchemeRow {
  return {
    keyType: pkcs11.CKK_RSA,
    mechanism: { mechanism: pkcs11.CKM_RSA_PKCS },
    digestBytes: [bytes],
    prefix: Buffer.from(prefix, 'hex'),
  }
}

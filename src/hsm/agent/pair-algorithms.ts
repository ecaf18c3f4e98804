import pkcs11, { type Template } from 'pkcs11js'
import type { PairAlgorithm } from '../../core/hsm-pairs.js'
import type { Profile } from '../profile.js'
import { requireAlgorithm, vendorNumber } from './profile-facts.js'

/*
 * The algorithms of key pairs as PKCS#11 numbers. pkcs11js ends at 2.20: Edwards curves are of PKCS#11 v3.0 (section
 * 2.3.5), ML-DSA of v3.2 (section 6.67).
 */

export const CKK_EC_EDWARDS = 0x40
export const CKK_ML_DSA = 0x4a
const CKM_EC_EDWARDS_KEY_PAIR_GEN = 0x1055
const CKM_ML_DSA_KEY_PAIR_GEN = 0x1c
/** CKA_PARAMETER_SET: which ML-DSA it is (CKP_ML_DSA_44, _65, _87). */
export const CKA_PARAMETER_SET = 0x61d

/** F4, 65537: FIPS 186-5 section 5.4. */
const PUBLIC_EXPONENT = Buffer.from('010001', 'hex')

/** What a pair is on the token. */
export interface PairRow {
  /** CKK_*. */
  readonly keyType: number
  /** Mechanism that generates it. */
  readonly mechanism: number
  /** What the template of the public half says of size or curve when a pair is generated. */
  readonly parameters: Template
}

/** A curve by the DER of its object identifier, as CKA_EC_PARAMS holds it. RFC 5480 section 2.1.1.1. */
interface Curve {
  readonly oid: Buffer
  /** Length of a coordinate; the order of each of these curves is as long. */
  readonly bytes: number
}

const P256 = { oid: hex('06082a8648ce3d030107'), bytes: 32 } as const satisfies Curve
const P384 = { oid: hex('06052b81040022'), bytes: 48 } as const satisfies Curve
const P521 = { oid: hex('06052b81040023'), bytes: 66 } as const satisfies Curve
const SECP256K1 = { oid: hex('06052b8104000a'), bytes: 32 } as const satisfies Curve
/** 1.2.156.10197.1.301, GB/T 33560. */
const SM2 = { oid: hex('06082a811ccf5501822d'), bytes: 32 } as const satisfies Curve
/** RFC 8410 section 3. */
const ED25519 = { oid: hex('06032b6570'), bytes: 32 } as const satisfies Curve

/** The Weierstrass curves of the table. */
const CURVES: readonly Curve[] = [P256, P384, P521, SECP256K1, SM2]

/** Bits of the order of the curve that CKA_EC_PARAMS names, Ed25519 included; nothing for one that is not in the table. */
export function curveBits(ecParams: Buffer): number | undefined {
  if (P521.oid.equals(ecParams)) return 521
  const curve = [...CURVES, ED25519].find(({ oid }) => oid.equals(ecParams))
  return curve && 8 * curve.bytes
}

/** Length of a coordinate of the curve that CKA_EC_PARAMS names; nothing for a curve that is not in the table. */
export function coordinateBytes(ecParams: Buffer): number | undefined {
  return CURVES.find(({ oid }) => oid.equals(ecParams))?.bytes
}

const ROWS: Readonly<Record<PairAlgorithm, (profile: Profile) => PairRow>> = {
  'rsa-2048': () => rsa(2048),
  'rsa-3072': () => rsa(3072),
  'rsa-4096': () => rsa(4096),
  'ec-p256': () => ec(P256),
  'ec-p384': () => ec(P384),
  'ec-p521': () => ec(P521),
  secp256k1: () => ec(SECP256K1),
  ed25519: () => ({
    keyType: CKK_EC_EDWARDS,
    mechanism: CKM_EC_EDWARDS_KEY_PAIR_GEN,
    parameters: [{ type: pkcs11.CKA_EC_PARAMS, value: ED25519.oid }],
  }),
  sm2: (profile) => ({
    keyType: vendorNumber(profile, 'CKK_SM2'),
    mechanism: vendorNumber(profile, 'CKM_SM2_KEY_PAIR_GEN'),
    parameters: [{ type: pkcs11.CKA_EC_PARAMS, value: SM2.oid }],
  }),
  'ml-dsa-44': () => mlDsa(1),
  'ml-dsa-65': () => mlDsa(2),
  'ml-dsa-87': () => mlDsa(3),
}

/**
 * The row of an algorithm on a token.
 *
 * @throws TokenError `unsupported` where the token does not make such pairs
 */
export function pairRow(profile: Profile, algorithm: PairAlgorithm): PairRow {
  requireAlgorithm(profile, algorithm)
  return ROWS[algorithm](profile)
}

function rsa(bits: number): PairRow {
  return {
    keyType: pkcs11.CKK_RSA,
    mechanism: pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN,
    parameters: [
      { type: pkcs11.CKA_MODULUS_BITS, value: bits },
      { type: pkcs11.CKA_PUBLIC_EXPONENT, value: PUBLIC_EXPONENT },
    ],
  }
}

function ec({ oid }: Curve): PairRow {
  return {
    keyType: pkcs11.CKK_EC,
    mechanism: pkcs11.CKM_EC_KEY_PAIR_GEN,
    parameters: [{ type: pkcs11.CKA_EC_PARAMS, value: oid }],
  }
}

function mlDsa(parameterSet: number): PairRow {
  return {
    keyType: CKK_ML_DSA,
    mechanism: CKM_ML_DSA_KEY_PAIR_GEN,
    parameters: [{ type: CKA_PARAMETER_SET, value: parameterSet }],
  }
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}

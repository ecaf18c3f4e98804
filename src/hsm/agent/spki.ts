import pkcs11 from 'pkcs11js'
import type { Profile } from '../profile.js'
import { mechanismNumber } from '../mechanism-number.js'
import { readAttribute, readNumber } from './attributes.js'
import { bitString, nothing, octetStringOf, sequence, unsignedInteger } from './der.js'
import {
  CKA_PARAMETER_SET,
  CKK_EC_EDWARDS,
  CKK_ML_DSA,
  coordinateBytes,
} from './pair-algorithms.js'
import { type TokenError, unsupported } from './pkcs11-error.js'
import type { OpenSession } from './session.js'

/** rsaEncryption, RFC 8017 appendix A.1. */
const RSA = oid('06092a864886f70d010101')
/** id-ecPublicKey, RFC 5480 section 2.1.1. */
const EC = oid('06072a8648ce3d0201')
/** id-Ed25519, RFC 8410 section 3. */
const ED25519 = oid('06032b6570')
const ED25519_BYTES = 32
/** id-ml-dsa-44, -65, -87 by CKA_PARAMETER_SET, RFC 9881 section 2. */
const ML_DSA: ReadonlyMap<number, Buffer> = new Map([
  [1, oid('0609608648016503040311')],
  [2, oid('0609608648016503040312')],
  [3, oid('0609608648016503040313')],
])

/**
 * Reads the public key of an object as DER SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7).
 *
 * @throws TokenError `unsupported` for an object of a type that has no public key here
 */
export function readPublicKey(session: OpenSession, object: Buffer, profile: Profile): Buffer {
  const keyType = readNumber(session, object, pkcs11.CKA_KEY_TYPE)
  switch (keyType) {
    case pkcs11.CKK_RSA:
      return readRsa(session, object)
    case pkcs11.CKK_EC:
      return readEc(session, object)
    case CKK_EC_EDWARDS:
      return readEdwards(session, object)
    case CKK_ML_DSA:
      return readMlDsa(session, object)
  }
  const sm2 = profile.vendorNumbers?.['CKK_SM2']
  if (sm2 !== undefined && mechanismNumber(sm2) === keyType) return readEc(session, object)
  throw unknownKey('type')
}

/** RFC 8017 appendix A.1.1. */
function readRsa(session: OpenSession, object: Buffer): Buffer {
  const modulus = readAttribute(session, object, pkcs11.CKA_MODULUS)
  const exponent = readAttribute(session, object, pkcs11.CKA_PUBLIC_EXPONENT)
  return sequence(
    sequence(RSA, nothing()),
    bitString(sequence(unsignedInteger(modulus), unsignedInteger(exponent))),
  )
}

/** RFC 5480 section 2.2: CKA_EC_PARAMS are the very parameters of the algorithm identifier. */
function readEc(session: OpenSession, object: Buffer): Buffer {
  const parameters = readAttribute(session, object, pkcs11.CKA_EC_PARAMS)
  const bytes = coordinateBytes(parameters)
  if (bytes === undefined) throw unknownKey('curve')
  return sequence(sequence(EC, parameters), bitString(readPoint(session, object, 1 + 2 * bytes)))
}

/** RFC 8410 section 4. */
function readEdwards(session: OpenSession, object: Buffer): Buffer {
  return sequence(sequence(ED25519), bitString(readPoint(session, object, ED25519_BYTES)))
}

/** RFC 9881 section 4. */
function readMlDsa(session: OpenSession, object: Buffer): Buffer {
  const algorithm = ML_DSA.get(readNumber(session, object, CKA_PARAMETER_SET))
  if (!algorithm) throw unknownKey('parameter set')
  return sequence(sequence(algorithm), bitString(readAttribute(session, object, pkcs11.CKA_VALUE)))
}

/** CKA_EC_POINT is the point in an OCTET STRING by PKCS#11 v3.1 section 6.3.3; some tokens give the bare point. */
function readPoint(session: OpenSession, object: Buffer, length: number): Buffer {
  const value = readAttribute(session, object, pkcs11.CKA_EC_POINT)
  const point = value.length === length ? value : octetStringOf(value, length)
  if (point) return point
  throw unknownKey('form of point')
}

function unknownKey(what: string): TokenError {
  return unsupported(`The public key on the token is of an unknown ${what}.`, 'C_GetAttributeValue')
}

function oid(hex: string): Buffer {
  return Buffer.from(hex, 'hex')
}

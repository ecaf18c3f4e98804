import { type KeyObject, createPublicKey } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import type { KeyRef } from '../../core/ids.js'
import { readOptionalAttribute } from './attributes.js'
import type { Handles } from './handles.js'
import type { OpenSession } from './session.js'

/** The public numbers of an RSA key. */
export interface RsaPublic {
  /** Without leading zeroes. */
  readonly modulus: Buffer
  readonly exponent: Buffer
  readonly key: KeyObject
}

/** Reads the public numbers off either half of a pair; nothing where the object is no RSA key. */
export function readRsaPublic(session: OpenSession, object: Buffer): RsaPublic | undefined {
  const modulus = read(session, object, pkcs11.CKA_MODULUS)
  const exponent = read(session, object, pkcs11.CKA_PUBLIC_EXPONENT)
  if (modulus.length === 0 || exponent.length === 0) return undefined
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') }
  return { modulus, exponent, key: createPublicKey({ key: jwk, format: 'jwk' }) }
}

/** The same of a pair on the token: some tokens show the public exponent on the public half alone. */
export function readRsaPair(
  session: OpenSession,
  handles: Handles,
  pair: { readonly key: KeyRef; readonly own: Buffer },
): RsaPublic | undefined {
  const numbers = readRsaPublic(session, pair.own)
  return numbers ?? handles.usePublic(pair.key, (half) => readRsaPublic(session, half))
}

/** Whether a ciphertext is as long as the modulus and below it, as every one is. RFC 8017 section 7.1.2 steps 1 and 2. */
export function isCiphertextOf({ modulus }: RsaPublic, ciphertext: Uint8Array): boolean {
  return ciphertext.length === modulus.length && Buffer.compare(ciphertext, modulus) < 0
}

function read(session: OpenSession, object: Buffer, type: number): Buffer {
  const value = readOptionalAttribute(session, object, type) ?? Buffer.alloc(0)
  const first = value.findIndex((byte) => byte !== 0)
  return first < 0 ? Buffer.alloc(0) : value.subarray(first)
}

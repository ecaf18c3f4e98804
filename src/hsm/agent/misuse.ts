import pkcs11, { type Mechanism } from 'pkcs11js'
import type { Attempt } from '../../core/hsm-inspection.js'
import { CKR, isRefusal } from '../return-values.js'
import { readFlag, readNumber } from './attributes.js'
import { TokenError, call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'

/** CKM_AES_CMAC, PKCS#11 v3.1 section 6.16; pkcs11js has no name for it. */
const CKM_AES_CMAC = 0x108a
const BLOCK = Buffer.alloc(16)
const DIGEST = Buffer.alloc(32)
/** Room for what a token should not give: an RSA-4096 signature or plaintext. */
const SPACE_BYTES = 1024

/** A use, the attribute that grants it, and the mechanism that it is tried with on a type of key. */
interface Misuse {
  readonly name: string
  readonly attribute: number
  readonly mechanism: Mechanism
  readonly run: (session: OpenSession, mechanism: Mechanism, key: Buffer) => void
}

const ECB = { mechanism: pkcs11.CKM_AES_ECB }

/** By CKK_*: what keys of the type could be put to. Uses that create an object (unwrap, derive) are not among them. */
const MISUSES: ReadonlyMap<number, readonly Misuse[]> = new Map([
  [
    pkcs11.CKK_AES,
    [
      { name: 'encrypt with it', attribute: pkcs11.CKA_ENCRYPT, mechanism: ECB, run: encrypt },
      { name: 'decrypt with it', attribute: pkcs11.CKA_DECRYPT, mechanism: ECB, run: decrypt },
      {
        name: 'make a MAC with it',
        attribute: pkcs11.CKA_SIGN,
        mechanism: { mechanism: CKM_AES_CMAC },
        run: sign,
      },
    ],
  ],
  [
    pkcs11.CKK_GENERIC_SECRET,
    [
      { name: 'encrypt with it', attribute: pkcs11.CKA_ENCRYPT, mechanism: ECB, run: encrypt },
      { name: 'decrypt with it', attribute: pkcs11.CKA_DECRYPT, mechanism: ECB, run: decrypt },
    ],
  ],
  [
    pkcs11.CKK_RSA,
    [
      {
        name: 'decrypt with it',
        attribute: pkcs11.CKA_DECRYPT,
        mechanism: { mechanism: pkcs11.CKM_RSA_PKCS },
        run: decrypt,
      },
      {
        name: 'sign with it',
        attribute: pkcs11.CKA_SIGN,
        mechanism: { mechanism: pkcs11.CKM_RSA_PKCS },
        run: sign,
      },
    ],
  ],
  [
    pkcs11.CKK_EC,
    [
      {
        name: 'sign with it',
        attribute: pkcs11.CKA_SIGN,
        mechanism: { mechanism: pkcs11.CKM_ECDSA },
        run: sign,
      },
    ],
  ],
])

/** A key that a mechanism does not fit, and a token that has no such mechanism, are as good as a refusal here. */
const AS_GOOD: ReadonlySet<number> = new Set([CKR.MECHANISM_INVALID, CKR.KEY_TYPE_INCONSISTENT])

/** Puts a key to each use that it does not have, PKCS#11 v3.1 sections 5.8 to 5.13; each must be refused. */
export function misuseAttempts(session: OpenSession, key: Buffer): readonly Attempt[] {
  const keyType = readNumber(session, key, pkcs11.CKA_KEY_TYPE)
  return (MISUSES.get(keyType) ?? [])
    .filter(({ attribute }) => readFlag(session, key, attribute) !== true)
    .map((misuse) => tryMisuse(session, key, misuse))
}

function tryMisuse(session: OpenSession, key: Buffer, misuse: Misuse): Attempt {
  const { name, mechanism, run } = misuse
  try {
    run(session, mechanism, key)
    return { attempt: name, refused: false, detail: 'the token did it' }
  } catch (error) {
    if (!(error instanceof TokenError) || error.rv === undefined) throw error
    if (error.failure === 'key-missing' || error.radius === 'session') throw error
    // Of an operation that began, another failure than a refusal shows that the key may be used so.
    const refused = error.call?.endsWith('Init') === true && isNo(error.rv)
    const rv = `0x${error.rv.toString(16)}`
    return { attempt: name, refused, detail: `${error.call ?? 'the call'} returned ${rv}` }
  }
}

function isNo(rv: number): boolean {
  return isRefusal(rv) || AS_GOOD.has(rv)
}

function encrypt({ lib, handle }: OpenSession, mechanism: Mechanism, key: Buffer): void {
  call('C_EncryptInit', () => lib.C_EncryptInit(handle, mechanism, key))
  call('C_Encrypt', () => lib.C_Encrypt(handle, BLOCK, Buffer.alloc(SPACE_BYTES))).fill(0)
}

function decrypt({ lib, handle }: OpenSession, mechanism: Mechanism, key: Buffer): void {
  call('C_DecryptInit', () => lib.C_DecryptInit(handle, mechanism, key))
  call('C_Decrypt', () => lib.C_Decrypt(handle, BLOCK, Buffer.alloc(SPACE_BYTES))).fill(0)
}

function sign({ lib, handle }: OpenSession, mechanism: Mechanism, key: Buffer): void {
  call('C_SignInit', () => lib.C_SignInit(handle, mechanism, key))
  call('C_Sign', () => lib.C_Sign(handle, DIGEST, Buffer.alloc(SPACE_BYTES))).fill(0)
}

import { constants, publicEncrypt, randomBytes } from 'node:crypto'
import pkcs11, { type Mechanism } from 'pkcs11js'
import type { OaepDecryption, OaepHash } from '../../core/hsm-data.js'
import type { KeyRef } from '../../core/ids.js'
import type { Profile } from '../profile.js'
import { readFlag } from './attributes.js'
import type { Handles } from './handles.js'
import { judgeInput, notAuthentic } from './input-fault.js'
import { unpadOaep } from './oaep-unpad.js'
import { call, unsupported } from './pkcs11-error.js'
import { type RsaPublic, isCiphertextOf, readRsaPair } from './rsa-public.js'
import type { OpenSession } from './session.js'

/** CKM_SHA_1, CKM_SHA256 and the mask generation functions of the same hashes. PKCS#11 v3.1 section 6.1.7. */
const HASHES = {
  sha1: { hashAlg: pkcs11.CKM_SHA_1, mgf: pkcs11.CKG_MGF1_SHA1 },
  sha256: { hashAlg: pkcs11.CKM_SHA256, mgf: pkcs11.CKG_MGF1_SHA256 },
} as const satisfies Record<OaepHash, object>
/** CKZ_DATA_SPECIFIED: the label, which is empty. */
const LABEL_GIVEN = 1

const PROOF_BYTES = 16

/** RSA OAEP decryption by pairs of use `decrypt`. */
export class Oaep {
  readonly #session: OpenSession
  readonly #handles: Handles
  readonly #profile: Profile

  constructor(session: OpenSession, handles: Handles, profile: Profile) {
    this.#session = session
    this.#handles = handles
    this.#profile = profile
  }

  /** Every failure is the same one: what tells them apart decrypts for whoever asks often enough. */
  decryptOaep({ key, hash, ciphertext }: Parameters<OaepDecryption['decryptOaep']>[0]): Uint8Array {
    return this.#handles.use(key, (handle) => {
      const rsa = this.#requirePair(key, handle)
      const decrypt = this.#decryption(hash)
      if (!isCiphertextOf(rsa, ciphertext)) throw notAuthentic()
      return judgeInput(
        this.#profile,
        () => decrypt(handle, Buffer.from(ciphertext)),
        () => {
          const text = randomBytes(PROOF_BYTES)
          return decrypt(handle, encryptOaep(rsa, hash, text)).equals(text)
        },
      )
    })
  }

  #decryption(hash: OaepHash): (handle: Buffer, ciphertext: Buffer) => Buffer {
    const { hashes, standIns } = this.#profile.oaep
    if (hashes.includes(hash)) {
      return (handle, ciphertext) =>
        decryptWith(this.#session, { handle, mechanism: oaepMechanism(hash), ciphertext })
    }
    if (standIns.some((standIn) => standIn === hash)) {
      return (handle, ciphertext) => decryptStandIn(this.#session, { handle, hash, ciphertext })
    }
    throw unsupported(`This token has no RSA OAEP with ${hash}.`, 'C_DecryptInit')
  }

  /** Pairs for imports may decrypt as well where a stand-in needs it of them, but not for this. */
  #requirePair(key: KeyRef, own: Buffer): RsaPublic {
    const decrypts = readFlag(this.#session, own, pkcs11.CKA_DECRYPT) === true
    const unwraps = readFlag(this.#session, own, pkcs11.CKA_UNWRAP) === true
    const rsa =
      decrypts && !unwraps ? readRsaPair(this.#session, this.#handles, { key, own }) : undefined
    if (rsa) return rsa
    throw unsupported('The key is no RSA pair that decrypts.', 'C_DecryptInit')
  }
}

/** CKM_RSA_PKCS_OAEP with an empty label. PKCS#11 v3.1 section 6.1.8. */
export function oaepMechanism(hash: OaepHash): Mechanism {
  const parameter = { type: pkcs11.CK_PARAMS_RSA_OAEP, source: LABEL_GIVEN, ...HASHES[hash] }
  return { mechanism: pkcs11.CKM_RSA_PKCS_OAEP, parameter }
}

/** Encrypts under a public key, which needs no token. */
export function encryptOaep({ key }: RsaPublic, hash: OaepHash, text: Uint8Array): Buffer {
  return publicEncrypt(
    { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash },
    Buffer.from(text.buffer, text.byteOffset, text.length),
  )
}

/**
 * OAEP with a hash that the token lacks: raw RSA in the token, the padding taken off by OpenSSL.
 *
 * @throws TokenError `not-authentic` when the padding is wrong
 */
export function decryptStandIn(
  session: OpenSession,
  request: { readonly handle: Buffer; readonly hash: OaepHash; readonly ciphertext: Buffer },
): Buffer {
  const { handle, hash, ciphertext } = request
  const raw = decryptWith(session, {
    handle,
    mechanism: { mechanism: pkcs11.CKM_RSA_X_509 },
    ciphertext,
  })
  // Some tokens cut leading zeroes off.
  const block = Buffer.alloc(ciphertext.length)
  try {
    block.set(raw, block.length - raw.length)
    const text = unpadOaep(block, hash)
    if (text) return text
    throw notAuthentic()
  } finally {
    raw.fill(0)
    block.fill(0)
  }
}

/** Decrypts by the object of a private key, on the token or of this session. */
export function decryptWith(
  { lib, handle: session }: OpenSession,
  request: { readonly handle: Buffer; readonly mechanism: Mechanism; readonly ciphertext: Buffer },
): Buffer {
  const { handle, mechanism, ciphertext } = request
  call('C_DecryptInit', () => lib.C_DecryptInit(session, mechanism, handle))
  const space = Buffer.alloc(ciphertext.length)
  return call('C_Decrypt', () => lib.C_Decrypt(session, ciphertext, space))
}

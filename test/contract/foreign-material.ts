import { type KeyObject, constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto'
import type { OaepHash } from '../../src/core/hsm-data.js'
import type { Importing } from '../../src/core/hsm-import.js'
import type { KeyRef } from '../../src/core/ids.js'
import { type MadePair, type TokenUnderTest, freshRef } from './token-under-test.js'

type SecretRequest = Parameters<Importing['importSecret']>[0]
type PairRequest = Parameters<Importing['importPair']>[0]

/** RFC 5649 section 3. */
const INITIAL_VALUE = Buffer.from('a65959a6', 'hex')

/** RSA OAEP by node:crypto, as a customer does it. */
export function encryptOaep(key: KeyObject, hash: OaepHash, text: Uint8Array): Uint8Array {
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  return Uint8Array.from(publicEncrypt({ key, padding, oaepHash: hash }, Buffer.from(text)))
}

/** RFC 5649 by node:crypto. */
export function wrapPadded(key: Uint8Array, secret: Uint8Array): Uint8Array {
  const cipher = createCipheriv(`id-aes${8 * key.length}-wrap-pad`, key, INITIAL_VALUE)
  return Uint8Array.from(Buffer.concat([cipher.update(secret), cipher.final()]))
}

/** DER PKCS#8. */
export function pkcs8Of(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'pkcs8' })
}

/** A call of importSecret with `material` wrapped for `under`; the key is one that no token holds. */
export function secretRequest(
  under: MadePair,
  material: Uint8Array,
  hash: OaepHash,
): SecretRequest {
  const key = freshRef()
  const wrapped = encryptOaep(under.publicKey, hash, material)
  return { under: under.key, hash, wrapped, key, kind: 'wrapping', label: `test/${key.keyId}` }
}

/** A call of importPair with `material` wrapped for `under`. */
export function pairRequest(
  under: MadePair,
  material: Uint8Array,
  rest: Pick<PairRequest, 'algorithm' | 'use' | 'hash'> & { readonly temporary?: Uint8Array },
): PairRequest {
  const { temporary = randomBytes(32), ...wanted } = rest
  const key = freshRef()
  return {
    ...wanted,
    under: under.key,
    wrappedKey: encryptOaep(under.publicKey, wanted.hash, temporary),
    wrappedPrivate: wrapPadded(temporary, material),
    key,
    label: `test/${key.keyId}`,
  }
}

/** Puts a wrapping key whose bytes the test knows on the token. */
export async function importWrapping(token: TokenUnderTest, material: Uint8Array): Promise<KeyRef> {
  const [hash] = token.hsm.limits.oaepHashes
  if (!hash) throw new Error('The token imports nothing.')
  const request = secretRequest(await token.pair('rsa-2048', 'import'), material, hash)
  token.willHold(request.key)
  await token.hsm.importSecret(request)
  return request.key
}

import { constants, createCipheriv, createPublicKey, publicEncrypt } from 'node:crypto'
import { freshPair } from './fresh-pair.js'

/** RFC 5649 as Node names it, and its fixed prefix. */
const WRAP_PAD = 'id-aes256-wrap-pad'
const WRAP_PAD_PREFIX = Buffer.from('a65959a6', 'hex')

/** Wraps a secret under the key that get-parameters-for-import answered, and returns the fields of its import. */
export function wrapMaterial(
  parameters: Readonly<Record<string, unknown>>,
  secret: Uint8Array,
): Readonly<Record<string, unknown>> {
  const wrappingKey = createPublicKey({
    key: Buffer.from(String(parameters['public_key']), 'base64'),
    format: 'der',
    type: 'spki',
  })
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  const wrapped = publicEncrypt({ key: wrappingKey, padding, oaepHash: 'sha256' }, secret)
  return {
    key_id: parameters['key_id'],
    import_token: parameters['import_token'],
    encrypted_key_material: wrapped.toString('base64'),
  }
}

/** Wraps a fresh private key of a curve under a temporary key of 32 bytes, in base64. */
export function wrapPrivateKey(temporary: Uint8Array, namedCurve: string): string {
  const { privateKey } = freshPair('ec', { namedCurve })
  const cipher = createCipheriv(WRAP_PAD, temporary, WRAP_PAD_PREFIX)
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  return Buffer.concat([cipher.update(pkcs8), cipher.final()]).toString('base64')
}

import {
  constants,
  createCipheriv,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
} from 'node:crypto'
import type { ApiClient } from './client.js'
import type { JsonObject } from './value.js'

/** RFC 5649 as Node names it, and its fixed prefix. */
const WRAP_PAD = 'id-aes256-wrap-pad'
const WRAP_PAD_PREFIX = Buffer.from('a65959a6', 'hex')

/** Wraps fresh material for a key, and returns the fields of its import. */
export async function importFields(
  api: ApiClient,
  wanted: { readonly key: unknown; readonly curve?: string; readonly bytes?: number },
): Promise<JsonObject> {
  const parameters = await api.succeed('CreateParametersForImport', {
    key_id: wanted.key,
    wrapping_algorithm: 'RSAES_OAEP_SHA_256',
  })
  const wrappingKey = createPublicKey({
    key: Buffer.from(String(parameters['public_key']), 'base64'),
    format: 'der',
    type: 'spki',
  })
  const secret = randomBytes(wanted.bytes ?? 32)
  const wrapped = publicEncrypt(
    { key: wrappingKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    secret,
  )
  return {
    key_id: wanted.key,
    import_token: parameters['import_token'],
    encrypted_key_material: wrapped.toString('base64'),
    ...(wanted.curve !== undefined && {
      encrypted_privatekey: wrappedPair(secret, wanted.curve),
    }),
  }
}

/** A public key on P-256 that is nobody's, in base64. */
export function peerKey(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
}

function wrappedPair(secret: Uint8Array, curve: string): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve })
  const cipher = createCipheriv(WRAP_PAD, secret, WRAP_PAD_PREFIX)
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  return Buffer.concat([cipher.update(pkcs8), cipher.final()]).toString('base64')
}

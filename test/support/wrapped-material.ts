import { constants, createCipheriv, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import type { Reply } from '../http/client.js'
import { freshPair } from './fresh-pair.js'
import { rsaPair } from './rsa-pairs.js'

/** Wraps material as a customer does: RSA OAEP under the public key that the service handed out. */
export function wrapMaterial(
  publicKey: string,
  material: Uint8Array,
  oaepHash: 'sha1' | 'sha256' = 'sha256',
): string {
  const key = createPublicKey({
    key: Buffer.from(publicKey, 'base64'),
    format: 'der',
    type: 'spki',
  })
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  return publicEncrypt({ key, padding, oaepHash }, material).toString('base64')
}

/** A private key as PKCS#8 under a temporary AES key (RFC 5649), and that key under RSA OAEP. */
export function wrapPrivateKey(
  publicKey: string,
  pkcs8: Uint8Array,
  temporary: Uint8Array = randomBytes(32),
): { readonly encrypted_key_material: string; readonly encrypted_privatekey: string } {
  const name = `id-aes${String(8 * temporary.length)}-wrap-pad`
  const cipher = createCipheriv(name, temporary, Buffer.from('a65959a6', 'hex'))
  return {
    encrypted_key_material: wrapMaterial(publicKey, temporary),
    encrypted_privatekey: Buffer.concat([cipher.update(pkcs8), cipher.final()]).toString('base64'),
  }
}

/** PKCS#8 of a new private key. */
export function newPrivateKey(kind: 'rsa-2048' | 'rsa-3072' | 'ec-p256' | 'ec-p384'): Buffer {
  const { privateKey } = kind.startsWith('rsa-')
    ? rsaPair(Number(kind.slice(4)))
    : freshPair('ec', { namedCurve: kind === 'ec-p256' ? 'prime256v1' : 'secp384r1' })
  return privateKey.export({ type: 'pkcs8', format: 'der' })
}

/** Who calls operations by their names. */
export interface Client {
  call(operation: string, body: unknown): Promise<Reply>
}

/** Makes an external key and returns its id. */
export async function createExternal(client: Client, key_spec = 'AES_256'): Promise<string> {
  const key_alias = `external-${randomBytes(8).toString('hex')}`
  const { json } = await client.call('CreateKey', { key_alias, key_spec, origin: 'external' })
  return (json['key_info'] as { key_id: string }).key_id
}

/** Gets parameters for import; fails the test where there are none. */
export async function parametersFor(
  client: Client,
  key_id: string,
): Promise<{ readonly import_token: string; readonly public_key: string }> {
  const { status, json } = await client.call('CreateParametersForImport', {
    key_id,
    wrapping_algorithm: 'RSAES_OAEP_SHA_256',
  })
  if (status !== 200) throw new Error(`There are no parameters: ${JSON.stringify(json)}`)
  return json as { import_token: string; public_key: string }
}

/** Gets parameters and imports a secret with them. */
export async function importSecretInto(
  client: Client,
  key_id: string,
  secret: Uint8Array,
  extra: Readonly<Record<string, unknown>> = {},
): Promise<Reply> {
  const { import_token, public_key } = await parametersFor(client, key_id)
  const encrypted_key_material = wrapMaterial(public_key, secret)
  return client.call('ImportKeyMaterial', {
    key_id,
    import_token,
    encrypted_key_material,
    ...extra,
  })
}

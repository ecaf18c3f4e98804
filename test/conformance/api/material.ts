import { randomBytes } from 'node:crypto'
import { freshPair } from '../../support/fresh-pair.js'
import { wrapMaterial, wrapPrivateKey } from '../../support/wrap-material.js'
import type { ApiClient } from './client.js'
import type { JsonObject } from './value.js'

/** Wraps fresh material for a key, and returns the fields of its import. */
export async function importFields(
  api: ApiClient,
  wanted: { readonly key: unknown; readonly curve?: string; readonly bytes?: number },
): Promise<JsonObject> {
  const parameters = await api.succeed('CreateParametersForImport', {
    key_id: wanted.key,
    wrapping_algorithm: 'RSAES_OAEP_SHA_256',
  })
  const secret = randomBytes(wanted.bytes ?? 32)
  return {
    ...wrapMaterial(parameters, secret),
    ...(wanted.curve !== undefined && {
      encrypted_privatekey: wrapPrivateKey(secret, wanted.curve),
    }),
  }
}

/** A public key on P-256 that is nobody's, in base64. */
export function peerKey(): string {
  const { publicKey } = freshPair('ec', { namedCurve: 'P-256' })
  return publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
}

import { type Static, type TObject, Type } from '../packages/typebox.js'
import { encodeBase64 } from '../codec/base64.js'
import { type Cmk, requireUsable } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import { keySpecRow } from '../core/key-specs.js'
import { type RecipientKey, encryptToRecipient } from '../core/recipient-key.js'
import type { Service } from '../core/service.js'
import { failing } from './fields.js'
import { loadCmk } from './load-cmk.js'
import type { ProjectCall } from './operation.js'

/* What both capsule calls share. */

/** `public_key`: whom the data key comes back encrypted to. */
export const RecipientPublicKey = Type.Optional(
  Type.String({
    description:
      'RSA public key, PEM or base64 of its DER SubjectPublicKeyInfo; the data key comes back encrypted to it with RSAES_OAEP_SHA_256.',
    maxLength: 4096,
    ...failing({ code: 'KMS.0308', expected: 'an RSA public key, PEM or base64' }),
  }),
)

/** The data key in an answer: clear, or encrypted where a `public_key` was given. */
export const AnsweredDatakey = {
  datakey: Type.Optional(
    Type.String({ description: 'Data key in clear, base64; only without public_key.' }),
  ),
  datakey_cipher: Type.Optional(
    Type.String({ description: 'Data key encrypted to public_key, base64.' }),
  ),
}

/** Errors of both calls. */
export const CAPSULE_ERRORS = [
  'KMS.0205',
  'KMS.0207',
  'KMS.0209',
  'KMS.0210',
  'KMS.0325',
  'KMS.0335',
  'KMS.0340',
  'KMS.1301',
] as const

/** Finds the CMK of a capsule: a symmetric one of the project that is in use. */
export async function loadCapsuleCmk(
  service: Service,
  call: ProjectCall,
  keyId: string,
): Promise<Cmk> {
  const cmk = await loadCmk(service, call, keyId)
  requireUsable(cmk, 'ENCRYPT_DECRYPT')
  if (keySpecRow(cmk.spec).form === 'secret') return cmk
  throw new KmsError('KMS.0325', 'The key is asymmetric; capsules need a symmetric one.')
}

/** Renders a data key for its recipient. The clear bytes stay the caller's, who zeroes them. */
export function answerDatakey(
  dek: Uint8Array,
  recipient: RecipientKey | undefined,
): Static<TObject<typeof AnsweredDatakey>> {
  if (!recipient) return { datakey: encodeBase64(dek) }
  return { datakey_cipher: encodeBase64(encryptToRecipient(recipient, dek)) }
}

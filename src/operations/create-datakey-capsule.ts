import { type Static, Type } from '../packages/typebox.js'
import { encodeBase64 } from '../codec/base64.js'
import type { CapsulePolicy } from '../codec/datakey-capsule.js'
import { createCapsule } from '../core/capsule.js'
import { KmsError } from '../core/errors.js'
import { parsePolicyDocument } from '../core/key-policy-document.js'
import { parseRecipientKey } from '../core/recipient-key.js'
import type { Service } from '../core/service.js'
import {
  AnsweredDatakey,
  CAPSULE_ERRORS,
  RecipientPublicKey,
  answerDatakey,
  loadCapsuleCmk,
} from './capsule-fields.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, ProjectPath, failing } from './fields.js'
import { EXAMPLE_POLICY_ID, keyPolicyKind, markUsed } from './key-policy.js'
import { PolicyText } from './key-space-fields.js'
import { loadObject } from './key-space-objects.js'
import { type ProjectCall, defineOperation } from './operation.js'
import { tokenOfCall } from './version-token.js'

const Body = Type.Object({
  key_id: KeyIdField,
  datakey_length: Type.Unsafe<string | number>({
    enum: ['128', '256', 128, 256],
    description: 'Length of the data key in bits.',
    ...failing({ code: 'KMS.1901', expected: '128 or 256 bits' }),
  }),
  public_key: RecipientPublicKey,
  policy_id: Type.Optional(
    Type.String({ description: 'Stored key policy; this or key_policy, one of the two.' }),
  ),
  key_policy: Type.Optional(PolicyText),
})

/** Makes a data key and seals it in a capsule, with the policy that rules who opens it. */
export const createDatakeyCapsule = defineOperation({
  name: 'CreateDatakeyCapsule',
  group: 'DEK management',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/datakey-capsule/create',
  action: 'kms:dek:createCapsule',
  identityAction: 'kms:dek:createCapsule',
  target: 'key',
  summary: 'Create a data key sealed in a capsule that only listed access points may open.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    key_id: Type.String({ description: 'Key that sealed the capsule.' }),
    ...AnsweredDatakey,
    datakey_capsule: Type.String({ description: 'Capsule, base64.' }),
  }),
  status: 200,
  errors: [...CAPSULE_ERRORS, 'KMS.1901'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID, datakey_length: '256', policy_id: EXAMPLE_POLICY_ID },
    response: { key_id: EXAMPLE_KEY_ID, datakey: '…', datakey_capsule: '…' },
  },
  async handle({ body }, service, call) {
    const recipient = body.public_key ? parseRecipientKey(body.public_key) : undefined
    const policy = await choosePolicy(service, call, body)
    const cmk = await loadCapsuleCmk(service, call, body.key_id)
    const length = Number(body.datakey_length) / 8
    const token = await tokenOfCall(service, call, cmk)
    const { dek, capsule } = await createCapsule(token, { cmk, length, policy })
    try {
      return {
        key_id: cmk.id,
        ...answerDatakey(dek, recipient),
        datakey_capsule: encodeBase64(capsule),
      }
    } finally {
      dek.fill(0)
    }
  },
})

/** An empty text is as good as none: SDKs send members that were not set so. */
async function choosePolicy(
  service: Service,
  call: ProjectCall,
  { policy_id: id = '', key_policy: inline = '' }: Static<typeof Body>,
): Promise<CapsulePolicy> {
  if (id === '' && inline === '') {
    throw new KmsError('KMS.0204', 'policy_id is missing, and key_policy too: give one of them.')
  }
  if (id !== '' && inline !== '') {
    throw new KmsError('KMS.0308', 'policy_id and key_policy must not both be given.')
  }
  if (id === '') return inlinePolicy(inline)
  const policy = await loadObject(keyPolicyKind(service), call, id)
  await markUsed(service, policy)
  return { kind: 'stored', text: policy.id }
}

/** A stored policy may name access points later; an inline one that names none closes its capsule for good. */
function inlinePolicy(text: string): CapsulePolicy {
  const document = parsePolicyDocument(text, 'key_policy')
  if (!document.allowed_access_point?.length) {
    throw new KmsError(
      'KMS.0308',
      'key_policy.allowed_access_point must name an access point: nobody could ever open the capsule.',
    )
  }
  return { kind: 'inline', text: JSON.stringify(document) }
}

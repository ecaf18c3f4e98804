import { Type } from '../packages/typebox.js'
import type { CapsulePolicy } from '../codec/datakey-capsule.js'
import { MAX_CAPSULE_BYTES } from '../codec/datakey-capsule.js'
import { base64Length } from '../codec/base64.js'
import {
  type CustomAttestation,
  isShownBy,
  parseAttestation,
  requireSigned,
} from '../core/attestation.js'
import { openCapsule, readCapsule } from '../core/capsule.js'
import { KmsError } from '../core/errors.js'
import {
  type PolicyDocument,
  parsePolicyDocument,
  requireValidNow,
} from '../core/key-policy-document.js'
import type { AccessPoint, KeyPolicy } from '../core/key-space.js'
import { parseRecipientKey } from '../core/recipient-key.js'
import type { Service } from '../core/service.js'
import { EXAMPLE_ACCESS_POINT_ID } from './access-point.js'
import {
  AnsweredDatakey,
  CAPSULE_ERRORS,
  RecipientPublicKey,
  answerDatakey,
  loadCapsuleCmk,
} from './capsule-fields.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, ProjectPath, failing } from './fields.js'
import { documentOf, markUsed } from './key-policy.js'
import { type ProjectCall, defineOperation } from './operation.js'
import { tokenOfCall } from './version-token.js'

const MAX_CAPSULE_CHARACTERS = base64Length(MAX_CAPSULE_BYTES)

const Proof = Type.Optional(Type.String({ maxLength: 16_384 }))

const Body = Type.Object({
  key_id: KeyIdField,
  public_key: RecipientPublicKey,
  datakey_capsule: Type.String({
    description: 'Capsule of the create call, base64.',
    minLength: 1,
    maxLength: MAX_CAPSULE_CHARACTERS,
    ...failing({
      code: 'KMS.2201',
      expected: `base64 of 1 to ${MAX_CAPSULE_CHARACTERS} characters`,
    }),
  }),
  attestation_document: Type.Object(
    {
      ecs_signature: Proof,
      custom_signature: Proof,
      custom_public_key: Proof,
      expire_time: Proof,
      service_token: Proof,
    },
    {
      description:
        'Proof of the access point: custom_signature (ECDSA P-256 with SHA-256, DER in base64), custom_public_key (base64 SubjectPublicKeyInfo) and expire_time (ISO 8601, at most an hour ahead).',
      ...failing({ code: 'KMS.3804', expected: 'an object whose members are texts' }),
    },
  ),
})

/** Opens a capsule for an access point that its policy allows. */
export const decryptDatakeyCapsule = defineOperation({
  name: 'DecryptDatakeyCapsule',
  group: 'DEK management',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/datakey-capsule/decrypt',
  action: 'kms:dek:decryptCapsule',
  identityAction: 'kms:dek:decryptCapsule',
  target: 'key',
  summary: 'Open a capsule from an attested access point.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    key_id: Type.String({ description: 'Key that sealed the capsule.' }),
    instance_id: Type.String({ description: 'Access point that opened it.' }),
    ...AnsweredDatakey,
  }),
  status: 200,
  errors: [...CAPSULE_ERRORS, 'KMS.0306', 'KMS.2201', 'KMS.3804'],
  example: {
    request: {
      key_id: EXAMPLE_KEY_ID,
      datakey_capsule: '…',
      attestation_document: {
        custom_signature: '…',
        custom_public_key: '…',
        expire_time: '2026-01-01T00:00:00Z',
      },
    },
    response: { key_id: EXAMPLE_KEY_ID, instance_id: EXAMPLE_ACCESS_POINT_ID, datakey: '…' },
  },
  async handle({ body }, service, call) {
    const attestation = parseAttestation(body.attestation_document, service.clock())
    const recipient = body.public_key ? parseRecipientKey(body.public_key) : undefined
    const cmk = await loadCapsuleCmk(service, call, body.key_id)
    const capsule = readCapsule(body.datakey_capsule, cmk)
    const { policy, stored } = await readPolicy(service, call, capsule.policy)
    requireValidNow(policy, service.clock())
    const point = await findAccessPoint(service, call, { policy, attestation })
    requireSigned(attestation, {
      publicKey: point.publicKey,
      request: { keyId: cmk.id, capsule: capsule.bytes, recipient: recipient?.der },
    })
    if (stored) await markUsed(service, stored)
    const token = await tokenOfCall(service, call, cmk, capsule.datakeyFrame.keyVersion)
    const dek = await openCapsule(token, { keyId: cmk.id, capsule })
    try {
      return { key_id: cmk.id, instance_id: point.id, ...answerDatakey(dek, recipient) }
    } finally {
      dek.fill(0)
    }
  },
})

/** A stored policy is read at every opening: one that was changed or deleted counts at once. */
async function readPolicy(
  { keyPolicies }: Service,
  { caller }: ProjectCall,
  { kind, text }: CapsulePolicy,
): Promise<{ readonly policy: PolicyDocument; readonly stored: KeyPolicy | undefined }> {
  if (kind === 'inline') return { policy: parseCapsulePolicy(text), stored: undefined }
  const stored = await keyPolicies.find(caller.projectId, text)
  if (stored) return { policy: documentOf(stored), stored }
  throw new KmsError(
    'KMS.0306',
    'The key policy of the capsule was deleted: nobody may open it any more.',
  )
}

/** Nothing has proven yet that this policy is the one that was sealed: it may be anything. */
function parseCapsulePolicy(text: string): PolicyDocument {
  try {
    return parsePolicyDocument(text, 'key_policy')
  } catch (cause) {
    throw new KmsError('KMS.2201', 'datakey_capsule is not one of this service.', { cause })
  }
}

/** One sentence for all reasons: which access points a tenant has is not for everybody to find out. */
async function findAccessPoint(
  { accessPoints }: Service,
  { caller }: ProjectCall,
  asked: { readonly policy: PolicyDocument; readonly attestation: CustomAttestation },
): Promise<AccessPoint & { readonly publicKey: Uint8Array }> {
  for (const id of asked.policy.allowed_access_point ?? []) {
    const point = await accessPoints.find(caller.projectId, id)
    if (point && isShownBy(point, asked.attestation)) return point
  }
  throw new KmsError(
    'KMS.0306',
    'attestation_document.custom_public_key is of no enabled custom access point that the key policy of the capsule allows.',
  )
}

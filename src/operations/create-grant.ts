import { randomBytes } from 'node:crypto'
import { Type } from '../packages/typebox.js'
import { type Cmk, requireEnabled } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import type { GrantOperation } from '../core/grant.js'
import type { Service } from '../core/service.js'
import { KeyIdField, NameField, ProjectPath, Sequence } from './fields.js'
import {
  EXAMPLE_GRANT_ID,
  GrantedOperations,
  PrincipalField,
  PrincipalType,
} from './grant-fields.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { loadCmk } from './load-cmk.js'
import { type ProjectCall, defineOperation } from './operation.js'

const GRANT_ID_BYTES = 32

const Body = Type.Object({
  key_id: KeyIdField,
  grantee_principal: PrincipalField('User name or account id that receives the rights.'),
  operations: GrantedOperations,
  name: Type.Optional(NameField({ description: 'Label of the grant.', code: 'KMS.0308' })),
  retiring_principal: Type.Optional(PrincipalField('User who may retire the grant.')),
  grantee_principal_type: Type.Optional(PrincipalType),
  sequence: Sequence,
})

/** Lets another user or account use a CMK. */
export const createGrant = defineOperation({
  name: 'CreateGrant',
  group: 'Grants',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/create-grant',
  action: 'kms:grant:create',
  identityAction: 'kms:cmk:createGrant',
  target: 'key',
  summary: 'Let another user or account use a key.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({ grant_id: Type.String({ description: 'Grant id.' }) }),
  status: 200,
  errors: [
    'KMS.0205',
    'KMS.0207',
    'KMS.0209',
    'KMS.0210',
    'KMS.0306',
    'KMS.1301',
    'KMS.2401',
    'KMS.2402',
    'KMS.2404',
  ],
  example: {
    request: {
      key_id: EXAMPLE_KEY_ID,
      operations: ['describe-key', 'create-datakey', 'encrypt-datakey'],
      grantee_principal: '13gg44z4g2sglzk0egw0u726zoyzvrs8',
      name: 'my_grant',
      retiring_principal: '13gg44z4g2sglzk0egw0u726zoyzvrs8',
    },
    response: { grant_id: EXAMPLE_GRANT_ID },
  },
  async handle({ body }, service, call) {
    const operations = [...new Set(body.operations)]
    if (operations.every((operation) => operation === 'create-grant')) {
      throw new KmsError('KMS.2401', 'operations must hold another operation besides create-grant.')
    }
    const cmk = await loadCmk(service, call, body.key_id, 'create-grant')
    requireEnabled(cmk)
    await requireOwnRights(service, call, { cmk, operations })
    const id = randomBytes(GRANT_ID_BYTES).toString('hex')
    await service.grants.insert({
      grant: {
        id,
        keyId: cmk.id,
        projectId: cmk.projectId,
        granteePrincipal: body.grantee_principal,
        granteePrincipalType: body.grantee_principal_type ?? 'user',
        operations,
        issuingPrincipal: call.caller.userId,
        retiringPrincipal: body.retiring_principal,
        name: body.name,
        createdAt: service.clock(),
      },
      perKey: service.grantQuota,
    })
    return { grant_id: id }
  },
})

/** A grantee passes on no more than the grants give that he holds himself. */
async function requireOwnRights(
  { grants }: Service,
  { caller }: ProjectCall,
  { cmk, operations }: { readonly cmk: Cmk; readonly operations: readonly GrantOperation[] },
): Promise<void> {
  const { projectId, userId, domainId } = caller
  if (cmk.projectId === projectId) return
  const held = await grants.listForGrantee({ keyId: cmk.id, userId, domainId })
  const rights = new Set(held.flatMap((grant) => grant.operations))
  if (operations.every((operation) => rights.has(operation))) return
  throw new KmsError(
    'KMS.0306',
    'operations must be among those that your own grants on the key give you.',
  )
}

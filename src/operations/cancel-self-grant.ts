import { Type } from '../packages/typebox.js'
import type { Caller } from '../core/caller.js'
import { KmsError } from '../core/errors.js'
import { type Grant, isGrantee } from '../core/grant.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { ProjectPath } from './fields.js'
import {
  END_OF_GRANT_ERRORS,
  EXAMPLE_GRANT_ID,
  EndOfGrant,
  endGrant,
  loadGrant,
} from './grant-fields.js'
import { defineOperation } from './operation.js'

/** Retires a grant: a party to it may, from whatever project it calls. */
export const cancelSelfGrant = defineOperation({
  name: 'CancelSelfGrant',
  group: 'Grants',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/retire-grant',
  action: 'kms:grant:retire',
  identityAction: 'kms:cmk:retireGrant',
  target: 'key',
  summary: 'Retire a grant, as a party to it.',
  request: { path: ProjectPath, body: EndOfGrant },
  response: Type.Object({}),
  status: 200,
  errors: END_OF_GRANT_ERRORS,
  example: {
    request: { key_id: EXAMPLE_KEY_ID, grant_id: EXAMPLE_GRANT_ID },
    response: {},
  },
  async handle({ body }, service, call) {
    const grant = await loadGrant(service, call, body)
    if (!isParty(grant, call.caller)) {
      throw new KmsError(
        'KMS.0306',
        'Only the issuing user, the retiring principal, or a grantee with retire-grant may retire a grant; the project of the key may revoke it.',
      )
    }
    call.access.judged(`grant ${grant.id}`)
    await endGrant(service.grants, grant)
    return {}
  },
})

function isParty(grant: Grant, caller: Caller): boolean {
  return (
    grant.issuingPrincipal === caller.userId ||
    grant.retiringPrincipal === caller.userId ||
    (grant.operations.includes('retire-grant') && isGrantee(grant, caller))
  )
}

import { type Static, Type } from '../packages/typebox.js'
import { KmsError } from '../core/errors.js'
import type { Caller } from '../core/caller.js'
import { GRANT_OPERATIONS, type Grant, type GrantStore, isGrantee } from '../core/grant.js'
import type { Service } from '../core/service.js'
import { KeyIdField, OneOf, Sequence, failing } from './fields.js'
import { loadCmk } from './load-cmk.js'
import type { ProjectCall } from './operation.js'

/** Grants on a page, unless the client says otherwise. */
export const GRANTS_ON_PAGE = 100

/** Grant id of the published examples. */
export const EXAMPLE_GRANT_ID = '7c9a3286af4fcca5f0a385ad13e1d21a50e27b6dbcab50f37f30f93b8939827d'

/** User or account: a grant names one by its name or id. */
export function PrincipalField(description: string) {
  return Type.String({
    description,
    pattern: '^[a-zA-Z0-9]{1,64}$',
    ...failing({ code: 'KMS.2402', expected: '1 to 64 letters or digits' }),
  })
}

/** `grantee_principal_type`. */
export const PrincipalType = OneOf(['user', 'domain'], {
  description: 'user: grantee_principal names a user; domain: an account, with all of its users.',
  code: 'KMS.0308',
})

/** `operations` of a grant. */
export const GrantedOperations = Type.Array(
  OneOf(GRANT_OPERATIONS, { description: 'Operation.', code: 'KMS.2401' }),
  {
    description: 'What the grantee may do with the key.',
    minItems: 1,
    maxItems: 64,
    ...failing({
      code: 'KMS.2401',
      expected: `a list of one or more of ${GRANT_OPERATIONS.join(', ')}`,
    }),
  },
)

/** Body of the calls that end a grant. */
export const EndOfGrant = Type.Object({
  key_id: KeyIdField,
  grant_id: Type.String({
    description: 'Grant to end.',
    pattern: '^[A-Fa-f0-9]{64}$',
    ...failing({ code: 'KMS.2501', expected: 'a grant id of 64 hexadecimal digits' }),
  }),
  sequence: Sequence,
})

/** Errors of the calls that end a grant. */
export const END_OF_GRANT_ERRORS = [
  'KMS.0205',
  'KMS.0207',
  'KMS.0306',
  'KMS.2501',
  'KMS.2502',
] as const

/** What the wire contract says of one grant. */
export const GrantDetails = Type.Object({
  key_id: Type.String({ description: 'Key.' }),
  grant_id: Type.String({ description: 'Grant id.' }),
  grantee_principal: Type.String({ description: 'User or account that has the rights.' }),
  grantee_principal_type: PrincipalType,
  operations: Type.Array(Type.String(), { description: 'What the grantee may do.' }),
  issuing_principal: Type.String({ description: 'User who gave the grant.' }),
  creation_date: Type.String({ description: 'Milliseconds since 1970.' }),
  name: Type.Optional(Type.String({ description: 'Label.' })),
  retiring_principal: Type.Optional(Type.String({ description: 'User who may retire the grant.' })),
})

/** Renders a grant as the wire contract writes it. */
export function grantDetails(grant: Grant): Static<typeof GrantDetails> {
  const { name, retiringPrincipal } = grant
  return {
    key_id: grant.keyId,
    grant_id: grant.id,
    grantee_principal: grant.granteePrincipal,
    grantee_principal_type: grant.granteePrincipalType,
    operations: [...grant.operations],
    issuing_principal: grant.issuingPrincipal,
    creation_date: String(grant.createdAt),
    ...(name !== undefined && { name }),
    ...(retiringPrincipal !== undefined && { retiring_principal: retiringPrincipal }),
  }
}

/**
 * Finds the grant that a request wants to end; its id is accepted in either case of the digits.
 *
 * The project of the key and the parties to the grant may learn of both: whether they may end it is for the operation to
 * judge. To anybody else a key of another project does not exist.
 *
 * @throws KmsError KMS.0207 when the project has no such key, KMS.2501 when there is no such grant, KMS.2502 when it is
 * on another key
 */
export async function loadGrant(
  service: Service,
  call: ProjectCall,
  { key_id: keyId, grant_id: grantId }: Static<typeof EndOfGrant>,
): Promise<Grant> {
  const grant = await service.grants.find(grantId.toLowerCase())
  if (grant?.keyId === keyId && isConcerned(grant, call.caller)) {
    call.trace.keyId = grant.keyId
    return grant
  }
  await loadCmk(service, call, keyId)
  if (!grant) throw unknownGrant()
  throw new KmsError('KMS.2502', 'grant_id names a grant on another key than key_id.')
}

function isConcerned(grant: Grant, caller: Caller): boolean {
  return (
    grant.projectId === caller.projectId ||
    [grant.issuingPrincipal, grant.retiringPrincipal].includes(caller.userId) ||
    isGrantee(grant, caller)
  )
}

/** Ends a grant; who loses the race against another end is told that there is no such grant. */
export async function endGrant(grants: GrantStore, grant: Grant): Promise<void> {
  if (!(await grants.remove(grant.id))) throw unknownGrant()
}

function unknownGrant(): KmsError {
  return new KmsError('KMS.2501', 'grant_id names no grant; it may have been ended already.')
}

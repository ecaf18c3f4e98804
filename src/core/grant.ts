import type { Caller } from './caller.js'
import type { KeyId, ProjectId } from './ids.js'
import type { Page } from './key-store.js'

/** Operations that a grant can give, by their names on the wire. */
export const GRANT_OPERATIONS = [
  'create-datakey',
  'create-datakey-without-plaintext',
  'encrypt-datakey',
  'decrypt-datakey',
  'describe-key',
  'create-grant',
  'retire-grant',
  'encrypt-data',
  'decrypt-data',
] as const

/** One of {@link GRANT_OPERATIONS}. */
export type GrantOperation = (typeof GRANT_OPERATIONS)[number]

/** How many grants a CMK may have. KMS API: Querying quotas. */
export const GRANTS_PER_KEY = 100

/** Leave to use a CMK, given to a user or to every user of an account. */
export interface Grant {
  /** 64 lower-case hexadecimal characters. */
  readonly id: string
  readonly keyId: KeyId
  /** Project of the CMK. */
  readonly projectId: ProjectId
  /** Id of a user, or id of an account. */
  readonly granteePrincipal: string
  readonly granteePrincipalType: 'user' | 'domain'
  readonly operations: readonly GrantOperation[]
  /** User who gave it. */
  readonly issuingPrincipal: string
  readonly retiringPrincipal: string | undefined
  readonly name: string | undefined
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

/** Whether a grant was given to a caller, by his id or by his account. */
export function isGrantee(grant: Grant, { userId, domainId }: Caller): boolean {
  return grant.granteePrincipal === (grant.granteePrincipalType === 'user' ? userId : domainId)
}

/** Port: where the grants are kept. Lists go by time of creation, then id. */
export interface GrantStore {
  /** @throws KmsError KMS.2404 when the CMK has `perKey` grants already */
  insert(request: { readonly grant: Grant; readonly perKey: number }): Promise<void>
  find(id: string): Promise<Grant | undefined>
  /** Removes a grant; false where it was gone already. */
  remove(id: string): Promise<boolean>
  listByKey(request: {
    readonly keyId: KeyId
    readonly page: Page
  }): Promise<{ readonly grants: readonly Grant[]; readonly total: number }>
  /** Grants that name a user as the one who may retire them. */
  listRetirable(request: {
    readonly principal: string
    readonly page: Page
  }): Promise<{ readonly grants: readonly Grant[]; readonly total: number }>
  /** Grants on a CMK given to a user or to the account of that user. */
  listForGrantee(request: {
    readonly keyId: KeyId
    readonly userId: string
    readonly domainId: string
  }): Promise<readonly Grant[]>
  /** The highest number of grants on any one CMK of a project. */
  highestCount(projectId: ProjectId): Promise<number>
}

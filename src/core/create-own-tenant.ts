import type { AccessPolicyStore } from './access-policy.js'
import type { AccessKeyOwner } from './create-access-key.js'
import { type IdentityStore, NameTaken } from './identity.js'
import { accountRecord, projectRecord, userRecord } from './new-identity.js'

/** Where identities and what they may do are kept. */
export interface TenantStores {
  readonly identities: IdentityStore
  readonly policies: AccessPolicyStore
}

/**
 * Makes account, project and user of the first access key, who may do everything. What is there already stays as it is:
 * whoever was killed on the way goes on from there.
 */
export async function createOwnTenant(
  { identities, policies }: TenantStores,
  owner: AccessKeyOwner,
  {
    region,
    userName,
    now: createdAt,
  }: { readonly region: string; readonly userName: string; readonly now: number },
): Promise<void> {
  const { projectId, domainId, userId } = owner
  const account = accountRecord({ id: domainId, name: domainId, createdAt })
  await unlessTaken(identities.insertAccount(account))
  // The SDKs look their project up by the name of their region.
  const project = projectRecord({ id: projectId, domainId, name: region, createdAt })
  await unlessTaken(identities.insertProject(project))
  const user = userRecord({ id: userId, domainId, name: userName, createdAt })
  await unlessTaken(identities.insertUser(user))
  await policies.attach({ userId, policyId: 'system:full-access' })
}

async function unlessTaken(insertion: Promise<void>): Promise<void> {
  try {
    await insertion
  } catch (error) {
    if (!(error instanceof NameTaken)) throw error
  }
}

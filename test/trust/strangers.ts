import { randomBytes } from 'node:crypto'
import { tokenDigest } from '../../src/auth/bearer.js'
import { NameTaken } from '../../src/core/identity.js'
import { newTenantId } from '../../src/core/ids.js'
import type { ProjectId } from '../../src/core/ids.js'
import { newAccount, newProject, newUser } from '../../src/core/new-identity.js'
import type { Database } from '../../src/store/database.js'

/** A statement of a policy, as JSON. */
export type StatedPolicy = readonly {
  readonly effect: 'allow' | 'deny'
  readonly actions: readonly string[]
  readonly resources: readonly string[]
}[]

/** A user who has just been made, and a token of his. */
export interface Stranger {
  readonly userId: string
  readonly token: string
  readonly projectId: ProjectId
  readonly domainId: string
}

/** Makes a user of an account with policies and a bearer token, straight in the database. */
export async function makeStranger(
  { identities, policies, bearerTokens }: Database,
  place: { readonly domainId: string; readonly projectId: ProjectId },
  statements?: StatedPolicy,
): Promise<Stranger> {
  const now = Date.now()
  const user = newUser({ name: newTenantId(), domainId: place.domainId }, now)
  await identities.insertUser(user)
  if (statements) {
    const document = JSON.stringify({ version: '1', statements })
    const policy = { id: newTenantId(), name: newTenantId(), document, createdAt: now, revision: 1 }
    await policies.insert({ ...policy, domainId: place.domainId })
    await policies.attach({ userId: user.id, policyId: policy.id })
  }
  const token = randomBytes(32).toString('base64url')
  await bearerTokens.insert({
    ...place,
    digest: tokenDigest(token),
    userId: user.id,
    issuedAt: now,
    expiresAt: now + 3_600_000,
  })
  return { ...place, userId: user.id, token }
}

/** Makes another account with a project. */
export async function makePlace({ identities }: Database) {
  const account = newAccount({ name: newTenantId() }, Date.now())
  const project = newProject({ name: 'elsewhere', domainId: account.id }, Date.now())
  try {
    await identities.insertAccount(account)
    await identities.insertProject(project)
  } catch (error) {
    if (!(error instanceof NameTaken)) throw error
  }
  return { domainId: account.id, projectId: project.id }
}

import type { Client } from '../core/client.js'
import type { Account, KnownIdentities, Project, User } from '../core/identity.js'
import type { ProjectId } from '../core/ids.js'
import { refusal } from './refusal.js'

/** Why somebody who has proved who he is may not come in all the same. */
export type Objection = Parameters<typeof refusal>

/**
 * Looks for what stands against a user whose credentials are right.
 *
 * An access key or a token names the account of its user and of its project; one that names another was moved by whoever
 * wrote the row.
 */
export async function objectionTo(
  identities: KnownIdentities,
  {
    userId,
    domainId,
    projectId,
  }: { readonly userId: string; readonly domainId: string; readonly projectId: ProjectId },
  client: Client,
): Promise<Objection | undefined> {
  const [user, account, project] = await Promise.all([
    identities.findUser(userId),
    identities.findAccount(domainId),
    identities.findProject(projectId),
  ])
  if (user?.domainId !== domainId || account === undefined) {
    return ['wrong-signature', 'The user of these credentials does not exist any more.']
  }
  if (project?.domainId !== domainId) {
    return ['wrong-signature', 'The project of these credentials does not exist any more.']
  }
  const inactive = inactivity(user, account, project)
  return inactive === undefined ? certificateObjection(user, client) : ['wrong-signature', inactive]
}

/** Why a user may do nothing at the moment, whatever his policies say; nothing where he may. */
export function inactivity(
  user: User,
  account: Account | undefined,
  project: Project | undefined,
): string | undefined {
  if (user.state !== 'active') return 'The user is disabled.'
  if (account?.state !== 'active') return 'The account is disabled.'
  return project?.state === 'active' ? undefined : 'The project is disabled.'
}

function certificateObjection(
  { certificates }: User,
  { certificate }: Client,
): Objection | undefined {
  if (certificates.length === 0) return undefined
  if (certificate !== undefined && certificates.includes(certificate)) return undefined
  return ['wrong-signature', 'The user must come with one of his client certificates.']
}

import type { BearerTokenStore } from '../core/bearer-token.js'
import type { Client } from '../core/client.js'
import type { Clock } from '../core/clock.js'
import type { Randomness } from '../core/hsm.js'
import type { Account, IdentityStore, Project, User } from '../core/identity.js'
import { projectId } from '../core/ids.js'
import { objectionTo } from './active-user.js'
import { TOKEN_BYTES, tokenDigest } from './bearer.js'
import type { Passwords } from './passwords.js'

/** How long a token lives: as long as those of the original. */
const TOKEN_LIFE_MS = 24 * 60 * 60 * 1000

/** An account or a project as a request names it. */
export type Reference = { readonly id: string } | { readonly name: string }

/** A user as a request names him: by his id, or by his name in his account. */
export type UserReference =
  { readonly id: string } | { readonly name: string; readonly domain: Reference }

/** Who asks for a token, and for which project. */
export interface TokenRequest {
  readonly user: UserReference
  readonly password: string
  /** Of the account of the user. */
  readonly project: Reference
  /** Told who is meant as soon as that is known, where the user exists. */
  meant?(this: void, userId: string): void
  /**
   * Asked once the password is known to be right or wrong: whether there have been too many guesses meanwhile. Guesses
   * that are sent at once are judged one after another, and the last of them must not count.
   */
  isUnwelcome(this: void): boolean
}

/** A token, which is shown once, and what it is for. */
export interface IssuedToken {
  readonly token: string
  readonly user: User
  readonly account: Account
  readonly project: Project
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  readonly expiresAt: number
}

/** What issuing tokens takes. */
export interface TokenParts {
  readonly identities: IdentityStore
  readonly bearerTokens: BearerTokenStore
  readonly passwords: Passwords
  readonly random: Randomness
  readonly clock: Clock
}

/**
 * Issues a token for a password; nothing where user, password or project are not right. Which of them it is stays
 * untold, and costs the same time.
 *
 * @throws PasswordsBusy
 */
export async function issueToken(
  parts: TokenParts,
  request: TokenRequest,
  client: Client,
): Promise<IssuedToken | undefined> {
  const { identities, passwords, bearerTokens, random, clock } = parts
  const user = await findUser(identities, request.user)
  if (user) request.meant?.(user.id)
  const rightPassword = await passwords.verify(user?.passwordHash, request.password)
  if (!user || !rightPassword || request.isUnwelcome()) return undefined
  const { id: userId, domainId } = user
  const account = await identities.findAccount(domainId)
  const project = await findProject(identities, domainId, request.project)
  if (!account || !project) return undefined
  const who = { userId, domainId, projectId: project.id }
  if (await objectionTo(identities, who, client)) return undefined
  const token = Buffer.from(await random.random(TOKEN_BYTES)).toString('base64url')
  const issuedAt = clock()
  const expiresAt = issuedAt + TOKEN_LIFE_MS
  const digest = tokenDigest(token)
  await bearerTokens.insert({
    digest,
    userId,
    domainId,
    projectId: project.id,
    issuedAt,
    expiresAt,
  })
  // A password that is changed revokes the tokens of its user: not this one, where it was stored only afterwards.
  if ((await identities.findUser(userId))?.passwordHash !== user.passwordHash) {
    await bearerTokens.removeOfUser(userId)
    return undefined
  }
  return { token, user, account, project, issuedAt, expiresAt }
}

async function findUser(
  identities: IdentityStore,
  reference: UserReference,
): Promise<User | undefined> {
  if ('id' in reference) return await identities.findUser(reference.id)
  const { name, domain } = reference
  const domainId =
    'id' in domain ? domain.id : (await identities.findAccountByName(domain.name))?.id
  return domainId === undefined ? undefined : await identities.findUserByName(domainId, name)
}

async function findProject(
  identities: IdentityStore,
  domainId: string,
  reference: Reference,
): Promise<Project | undefined> {
  if ('name' in reference) return await identities.findProjectByName(domainId, reference.name)
  const project = await identities.findProject(projectId(reference.id))
  return project?.domainId === domainId ? project : undefined
}

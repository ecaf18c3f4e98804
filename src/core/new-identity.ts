import type { Account, Project, User } from './identity.js'
import { newTenantId, projectId } from './ids.js'

/** Ids of accounts, projects and users that an operator may choose. */
const ID = /^[A-Za-z0-9_-]{1,64}$/
/** Ids of users: grants name them, and the wire contract admits letters and digits there. */
const USER_ID = /^[A-Za-z0-9]{1,64}$/
const CONTROL = /\p{Cc}/u

/** An id or a name that an identity cannot have; the message says what it may be. */
export class UnusableName extends Error {
  override readonly name = 'UnusableName'
}

/** What is stated of a new identity. */
interface Stated {
  readonly name: string
  /** Made where it is not stated. */
  readonly id?: string | undefined
}

/** The record of an account that has just been made; its id and its name are known to be fit. */
export function accountRecord(of: Pick<Account, 'id' | 'name' | 'createdAt'>): Account {
  return { ...of, state: 'active', revision: 1 }
}

/** The record of a project that has just been made; its id and its name are known to be fit. */
export function projectRecord(
  of: Pick<Project, 'id' | 'domainId' | 'name' | 'createdAt'>,
): Project {
  return { ...of, state: 'active', revision: 1 }
}

/** The record of a user who has just been made; his id and his name are known to be fit. */
export function userRecord(of: Pick<User, 'id' | 'domainId' | 'name' | 'createdAt'>): User {
  return { ...of, state: 'active', passwordHash: undefined, certificates: [], revision: 1 }
}

/** @throws UnusableName */
export function newAccount({ id, name }: Stated, createdAt: number): Account {
  requireName(name)
  return accountRecord({ id: chosenId(id, ID) ?? newTenantId(), name, createdAt })
}

/** @throws UnusableName */
export function newProject(
  { id, name, domainId }: Stated & { readonly domainId: string },
  createdAt: number,
): Project {
  requireName(name)
  const chosen = projectId(chosenId(id, ID) ?? newTenantId())
  return projectRecord({ id: chosen, domainId, name, createdAt })
}

/**
 * A user without rights: what nothing allows is denied.
 *
 * @throws UnusableName
 */
export function newUser(
  { id, name, domainId }: Stated & { readonly domainId: string },
  createdAt: number,
): User {
  requireName(name)
  return userRecord({ id: chosenId(id, USER_ID) ?? newTenantId(), domainId, name, createdAt })
}

/** @throws UnusableName */
export function requireName(name: string): void {
  const isFit = name.length >= 1 && name.length <= 64 && name === name.trim() && !CONTROL.test(name)
  if (isFit && name.isWellFormed()) return
  throw new UnusableName(
    'A name must have 1 to 64 characters, no control character, and no blank at either end.',
  )
}

function chosenId(id: string | undefined, form: RegExp): string | undefined {
  if (id === undefined || form.test(id)) return id
  throw new UnusableName(
    form === USER_ID
      ? 'The id of a user must be 1 to 64 letters and digits.'
      : 'An id must be 1 to 64 letters, digits, dashes or underscores.',
  )
}

import type { ProjectId } from './ids.js'

/** Whether an account, a project, a user or an access key may be used. */
export type IdentityState = 'active' | 'disabled'

/** An account: what owns projects and users. Its id is the domain id of the wire contract. */
export interface Account {
  /** 32 lower-case hexadecimal characters by custom, opaque to us. */
  readonly id: string
  /** Unique in the service. */
  readonly name: string
  readonly state: IdentityState
  /** Milliseconds since 1970, as every name that ends in `At`. */
  readonly createdAt: number
  readonly revision: number
}

/** A project of an account: what CMKs belong to. */
export interface Project {
  readonly id: ProjectId
  readonly domainId: string
  /** Unique in the account; by custom the region id, by which the SDKs look their project up. */
  readonly name: string
  readonly state: IdentityState
  readonly createdAt: number
  readonly revision: number
}

/** A user of an account: whom access keys, tokens, policies and grants belong to. */
export interface User {
  /** 1 to 64 letters and digits, so that grants can name it. */
  readonly id: string
  readonly domainId: string
  /** Unique in the account. */
  readonly name: string
  readonly state: IdentityState
  /** argon2id in PHC string form; nothing: the user has no password. */
  readonly passwordHash: string | undefined
  /**
   * SHA-256 of the client certificates (DER) that the user may come with, lower-case hexadecimal; where there is one,
   * a request without one of them is refused.
   */
  readonly certificates: readonly string[]
  readonly createdAt: number
  readonly revision: number
}

/** An identity cannot be stored as its name, or its id, is taken. */
export class NameTaken extends Error {
  override readonly name = 'NameTaken'
}

/** An identity cannot be removed while others hang on it: a project with keys, an account with users. */
export class StillInUse extends Error {
  override readonly name = 'StillInUse'
}

/** An identity cannot be stored as what it belongs to is not there, or not any more. */
export class OwnerMissing extends Error {
  override readonly name = 'OwnerMissing'
}

/** Port: where accounts, projects and users are kept. Lists go by time of creation, then id. */
export interface IdentityStore {
  /** @throws NameTaken */
  insertAccount(account: Account): Promise<void>
  findAccount(id: string): Promise<Account | undefined>
  findAccountByName(name: string): Promise<Account | undefined>
  listAccounts(): Promise<readonly Account[]>
  /** @throws StaleRevision, NameTaken */
  replaceAccount(account: Account): Promise<void>
  /** False where there is none. @throws StillInUse while it has projects, users or policies */
  removeAccount(id: string): Promise<boolean>

  /** @throws NameTaken, OwnerMissing */
  insertProject(project: Project): Promise<void>
  findProject(id: ProjectId): Promise<Project | undefined>
  findProjectByName(domainId: string, name: string): Promise<Project | undefined>
  listProjects(domainId?: string): Promise<readonly Project[]>
  /** @throws StaleRevision, NameTaken */
  replaceProject(project: Project): Promise<void>
  /**
   * Its tokens go with it; false where there is none.
   *
   * @throws StillInUse while it has CMKs, tombstones included, or access keys
   */
  removeProject(id: ProjectId): Promise<boolean>

  /** @throws NameTaken, OwnerMissing */
  insertUser(user: User): Promise<void>
  findUser(id: string): Promise<User | undefined>
  findUserByName(domainId: string, name: string): Promise<User | undefined>
  listUsers(domainId?: string): Promise<readonly User[]>
  /** @throws StaleRevision, NameTaken */
  replaceUser(user: User): Promise<void>
  /**
   * Removes a user with his access keys, tokens and attached policies, the grants to him and his right to retire others;
   * false where there is none.
   */
  removeUser(id: string): Promise<boolean>
}

/** What a service that runs asks about identities, and never writes. */
export type KnownIdentities = Pick<IdentityStore, 'findAccount' | 'findProject' | 'findUser'>

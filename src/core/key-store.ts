import type { Cmk, KeyState, KeyVersion } from './cmk.js'
import type { KeyId, ProjectId } from './ids.js'
import type { KeySpec } from './key-specs.js'

/** The database could not be reached or could not write; the call may be tried again. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/** The row was changed by another writer since it was read. */
export class StaleRevision extends Error {
  override readonly name = 'StaleRevision'
}

/** Which CMKs of a project a list shows. */
export interface CmkFilter {
  readonly state?: KeyState | undefined
  readonly spec?: KeySpec | undefined
  readonly enterpriseProjectId?: string | undefined
}

/** Which slice of a list is wanted. */
export interface Page {
  readonly offset: number
  readonly limit: number
}

/** A version that should be on a token, with what its CMK says of it. */
export type KeptVersion = KeyVersion & Pick<Cmk, 'spec' | 'usage' | 'origin' | 'keystoreId'>

/**
 * Port: where the rows of the CMKs are kept. A tombstone (`destroyedAt`) is found by its id alone: lists, counts, quotas
 * and names do not know it.
 */
export interface KeyStore {
  /**
   * Stores a new CMK with the first version of its material, durably, in one transaction; an external key begins
   * without one.
   *
   * @throws KmsError KMS.1104 when another key of the project has the alias, KMS.1105 when the project has
   * `quota` keys already
   */
  insert(request: {
    readonly cmk: Cmk
    readonly version: KeyVersion | undefined
    readonly quota: number
  }): Promise<void>
  /** Tombstones are found as well. */
  find(projectId: ProjectId, keyId: KeyId): Promise<Cmk | undefined>
  /** Finds a CMK or a tombstone whichever project it belongs to: for those who hold a grant on it. */
  findAnywhere(keyId: KeyId): Promise<Cmk | undefined>
  /**
   * Writes a changed CMK and raises its revision; in the same transaction it writes the versions given, new or changed.
   * A CMK that becomes a tombstone gives up its place in the quota and its name, its aliases, tags and grants go.
   *
   * @throws StaleRevision when the stored revision is not the one of `cmk`
   * @throws KmsError KMS.1104 when another key of the project has the alias
   */
  replace(cmk: Cmk, versions?: readonly KeyVersion[]): Promise<void>
  /** A slice of the CMKs of a project by time of creation, then id, and how many match in all. */
  list(request: {
    readonly projectId: ProjectId
    readonly filter: CmkFilter
    readonly page: Page
  }): Promise<{ readonly cmks: readonly Cmk[]; readonly total: number }>
  countByProject(projectId: ProjectId): Promise<number>
  /** How many CMKs have their material in a keystore, in all projects; tombstones whose objects are still there count. */
  countByKeystore(keystoreId: string): Promise<number>
  findByAlias(projectId: ProjectId, alias: string): Promise<Cmk | undefined>
  /** Versions of one CMK, oldest first. */
  versions(keyId: KeyId): Promise<readonly KeyVersion[]>
  /**
   * Versions in the default keystore that are on the token of another home than the one given, or were in use there and
   * may come back; by CMK, oldest first.
   */
  versionsElsewhere(home: number): Promise<readonly KeyVersion[]>
  /** Every version of every CMK that should be on a token, for the comparison of the store with it. */
  allVersions(): Promise<readonly KeptVersion[]>
  /**
   * Takes CMKs whose work (see `dueAt`) is due at `now`, longest due first, and keeps others from taking them before
   * `until`: of several replicas one does the work, and another one takes it over from a replica that died. Writing the
   * CMK ends the claim.
   */
  claimDue(request: {
    readonly now: number
    readonly until: number
    readonly limit: number
  }): Promise<readonly Cmk[]>
}

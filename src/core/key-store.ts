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

/** Port: where the rows of the CMKs are kept. */
export interface KeyStore {
  /**
   * Stores a new CMK with the first version of its material, durably, in one transaction.
   *
   * @throws KmsError KMS.1104 when another key of the project has the alias, KMS.1105 when the project has
   * `quota` keys already
   */
  insert(request: {
    readonly cmk: Cmk
    readonly version: KeyVersion
    readonly quota: number
  }): Promise<void>
  find(projectId: ProjectId, keyId: KeyId): Promise<Cmk | undefined>
  /**
   * Writes a changed CMK and raises its revision.
   *
   * @throws StaleRevision when the stored revision is not the one of `cmk`
   */
  replace(cmk: Cmk): Promise<void>
  /** A slice of the CMKs of a project by time of creation, then id, and how many match in all. */
  list(request: {
    readonly projectId: ProjectId
    readonly filter: CmkFilter
    readonly page: Page
  }): Promise<{ readonly cmks: readonly Cmk[]; readonly total: number }>
  countByProject(projectId: ProjectId): Promise<number>
  findByAlias(projectId: ProjectId, alias: string): Promise<Cmk | undefined>
  /** Every version of every CMK, for the comparison of the store with the token. */
  allVersions(): Promise<readonly KeyVersion[]>
}

import type { Cmk } from './cmk.js'
import type { KeyId, ProjectId } from './ids.js'
import type { Page } from './key-store.js'

/** How many tags a CMK may have. KMS user guide. */
export const TAGS_PER_KEY = 20

/** A tag of a CMK: a key of 1 to 36 characters, once per CMK, and a value of up to 43. */
export interface Tag {
  readonly key: string
  readonly value: string
}

/** Which CMKs a query wants. */
export interface TagFilter {
  /** A CMK fits when it has every key, each with one of its values; with any value where none is given. */
  readonly tags: readonly { readonly key: string; readonly values: readonly string[] }[]
  /** Only CMKs whose name (key_alias) contains this text. */
  readonly nameContains: string | undefined
}

/** Port: where the tags of CMKs are kept. */
export interface TagStore {
  /**
   * Sets tags of a CMK, all or none; a key that it has already gets the new value.
   *
   * @throws KmsError KMS.0409 when the CMK would have more than `perKey`
   */
  set(request: {
    readonly projectId: ProjectId
    readonly keyId: KeyId
    readonly tags: readonly Tag[]
    readonly perKey: number
  }): Promise<void>
  /** Removes tags of a CMK; returns how many of the keys it had. */
  remove(request: {
    readonly projectId: ProjectId
    readonly keyId: KeyId
    readonly keys: readonly string[]
  }): Promise<number>
  /** Tags of a CMK by key. */
  ofKey(keyId: KeyId): Promise<readonly Tag[]>
  /** Every tag key in use in a project, with the values in use, both in order. */
  ofProject(
    projectId: ProjectId,
  ): Promise<readonly { readonly key: string; readonly values: readonly string[] }[]>
  /** CMKs that fit, by time of creation, then id, with their tags; and how many fit in all. */
  query(request: {
    readonly projectId: ProjectId
    readonly filter: TagFilter
    readonly page: Page
  }): Promise<{
    readonly hits: readonly { readonly cmk: Cmk; readonly tags: readonly Tag[] }[]
    readonly total: number
  }>
  count(request: { readonly projectId: ProjectId; readonly filter: TagFilter }): Promise<number>
}

import type { KeyId, ProjectId } from './ids.js'

/** What every stored alias begins with. */
export const ALIAS_PREFIX = 'alias/'

/** How many aliases a CMK may have. KMS user guide. */
export const ALIASES_PER_KEY = 50

/** An alias object: a further name that calls may use instead of the id of a CMK. Times in milliseconds since 1970. */
export interface Alias {
  /** With its prefix: `alias/<name>`; unique in the account. */
  readonly name: string
  readonly projectId: ProjectId
  readonly domainId: string
  readonly keyId: KeyId
  readonly createdAt: number
  readonly updatedAt: number
}

/** Port: where the alias objects are kept. */
export interface AliasStore {
  /**
   * Stores a new alias.
   *
   * @throws KmsError KMS.1104 when the account has the alias already, KMS.0308 when the CMK has `perKey` of them
   */
  insert(request: { readonly alias: Alias; readonly perKey: number }): Promise<void>
  find(projectId: ProjectId, name: string): Promise<Alias | undefined>
  /**
   * Gives an alias to another CMK of the project; nothing where there is no such alias.
   *
   * @throws KmsError KMS.0308 when the CMK has `perKey` of them
   */
  move(request: {
    readonly projectId: ProjectId
    readonly name: string
    readonly to: KeyId
    readonly at: number
    readonly perKey: number
  }): Promise<Alias | undefined>
  /** Removes the aliases of a CMK that are named, all or none; returns the names that it does not have. */
  remove(request: {
    readonly projectId: ProjectId
    readonly keyId: KeyId
    readonly names: readonly string[]
  }): Promise<readonly string[]>
  /** Aliases by name, from the one after `after`. */
  list(request: {
    readonly projectId: ProjectId
    readonly keyId: KeyId | undefined
    readonly after: string | undefined
    readonly limit: number
  }): Promise<{ readonly aliases: readonly Alias[]; readonly more: boolean }>
}

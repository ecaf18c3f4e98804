import type { AliasStore } from './alias.js'
import type { Clock } from './clock.js'
import type { GrantStore } from './grant.js'
import type { Hsm } from './hsm.js'
import type { ImportPairStore } from './import-pair.js'
import type { AccessPoint, KeyPolicy, KeySpaceStore } from './key-space.js'
import type { KeyStore } from './key-store.js'
import type { KeystoreStore, Tokens } from './keystore.js'
import type { BindingKeys } from './seal.js'
import type { CredentialSealing } from './sealed-record.js'
import type { TagStore } from './tag.js'

/** The stores that operations work on. */
export interface Stores {
  readonly keys: KeyStore
  readonly aliases: AliasStore
  readonly tags: TagStore
  readonly grants: GrantStore
  readonly keystores: KeystoreStore
  readonly importPairs: ImportPairStore
  readonly accessPoints: KeySpaceStore<AccessPoint>
  readonly keyPolicies: KeySpaceStore<KeyPolicy>
}

/** What an operation works with: the ports, and the few settings that reach the wire. */
export interface Service extends Stores {
  /** The token of the default keystore. */
  readonly hsm: Hsm
  /** Binding keys on the token of the default keystore. */
  readonly bindingKeys: BindingKeys
  /** The tokens of all keystores: work on a CMK goes to the token of its keystore. */
  readonly tokens: Tokens
  /** Seals what the service keeps for itself: the private keys of access points, PINs. */
  readonly credentials: CredentialSealing
  readonly clock: Clock
  /** Region id that key details carry as `realm`. */
  readonly region: string
  /** How many CMKs a project may have. */
  readonly cmkQuota: number
  /** How many grants a CMK may have. */
  readonly grantQuota: number
  /** What ListAliases answers: one of the two forms to all, or to each SDK the one that it reads. */
  readonly aliasListForm: 'array' | 'object' | 'by-client'
}

import type { Hsm } from './hsm.js'
import type { KeyId } from './ids.js'
import type { Page } from './key-store.js'
import type { BindingKeys } from './seal.js'

/** Keystore of every CMK that names no other: the token of the service itself. */
export const DEFAULT_KEYSTORE = '0'

/** A registered keystore: a second token, in which the keys made in it stay. */
export interface Keystore {
  readonly id: KeyId
  /** Account that registered it; only this account sees it. */
  readonly domainId: string
  /** Unique in the account. */
  readonly alias: string
  readonly type: 'DEFAULT' | 'DHSM' | 'CDMS'
  /** The HSM cluster that the operator configured under this name; one keystore per cluster. */
  readonly clusterId: string
  /** On the wire: 2 enabled, 3 disabled. */
  readonly state: '2' | '3'
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly revision: number
}

/** Port: where the registered keystores are kept. */
export interface KeystoreStore {
  /** @throws KmsError KMS.1104 when the account has a keystore of this alias, KMS.0340 when the cluster has a keystore */
  insert(keystore: Keystore): Promise<void>
  /** Whichever account it belongs to. */
  find(id: string): Promise<Keystore | undefined>
  /** @throws StaleRevision */
  replace(keystore: Keystore): Promise<void>
  remove(id: string): Promise<boolean>
  /** By time of creation, then id. */
  list(request: {
    readonly domainId: string
    readonly page: Page
  }): Promise<{ readonly keystores: readonly Keystore[]; readonly total: number }>
}

/** A token, and the binding keys on it. */
export interface Token {
  /** Which of the tokens of its keystore it is. */
  readonly home: number
  readonly hsm: Hsm
  readonly bindingKeys: BindingKeys
}

/** Port: the tokens behind the keystores. */
export interface Tokens {
  /**
   * The token of a keystore that new keys are made on, opened where it is not open yet.
   *
   * @throws KmsError KMS.0340 when there is no such keystore, it is disabled or its HSM cluster is gone from the settings
   * @throws HsmError `unavailable` when its token cannot be opened
   */
  of(keystoreId: string): Promise<Token>
  /**
   * The token of one of the homes of a keystore.
   *
   * @throws as `of`; RetiredToken and KmsError KMS.0340 for an earlier home whose token was retired or is not in the
   * settings; HsmError `unavailable` where another replica has made a home that this one does not know
   */
  at(keystoreId: string, home: number): Promise<Token>
  /** Homes of the default keystore whose tokens are in the settings and known to be theirs. */
  homes(): readonly number[]
  /**
   * Opens the token of a keystore whatever its state: proof that it can be enabled.
   *
   * @throws as `of`
   */
  open(keystore: Keystore): Promise<Token>
  /** Lets go of the token of a keystore, once the work under way on it is done. */
  release(keystoreId: string): Promise<void>
  /** HSM clusters that the operator set up: a keystore names one, and never an address of its own. */
  readonly clusters: {
    /** Whether there is such a cluster and this account may use it. */
    has(clusterId: string, domainId: string): boolean
  }
}

import type { Clock } from './core/clock.js'
import { KmsError } from './core/errors.js'
import { FIRST_HOME, RetiredToken, tokenNotNamed } from './core/home.js'
import { type Hsm, HsmError } from './core/hsm.js'
import {
  DEFAULT_KEYSTORE,
  type Keystore,
  type KeystoreStore,
  type Token,
  type Tokens,
} from './core/keystore.js'
import type { ServiceKeyStore } from './core/service-key.js'
import { loadBindingKeys } from './core/service-keys.js'
import type { PreviousToken } from './previous-token.js'
import { Reluctance } from './reluctance.js'

/** How often the keystores of open tokens are looked up, for those that another replica disabled. */
const LOOK_EVERY_MS = 5_000

/** An HSM cluster, as far as it matters here. */
interface Cluster {
  /** The only account that may use it; nothing: any. */
  readonly domainId: string | undefined
}

/** What the tokens of the keystores are opened with. */
export interface TokenParts<Own extends Cluster> {
  /** Token of the default keystore, which is always open; whoever opened it closes it. */
  readonly own: Token
  /** The other token of the default keystore, where the settings name one; whoever made it closes it. */
  readonly previous?: PreviousToken | undefined
  readonly keystores: KeystoreStore
  readonly serviceKeys: Pick<ServiceKeyStore, 'insert' | 'list'>
  readonly clock: Clock
  /** Time that only ever passes: how long a token is left alone. */
  readonly monotonic: Clock
  readonly clusters: ReadonlyMap<string, Own>
  readonly openHsm: (cluster: Own) => Promise<Hsm>
}

/** The tokens of all keystores, and their end. */
export interface OpenTokens extends Tokens {
  close(): Promise<void>
}

/**
 * The tokens behind the keystores. A second token is opened when it is first needed, so that one that is away neither
 * keeps the service from starting nor disturbs the keys of the others.
 */
export function openTokens<Own extends Cluster>(parts: TokenParts<Own>): OpenTokens {
  return new SecondTokens(parts)
}

class SecondTokens<Own extends Cluster> implements OpenTokens {
  readonly clusters: Tokens['clusters']
  readonly #parts: TokenParts<Own>
  /** Tokens by keystore, those being opened included, so that no two calls open the same one. */
  readonly #open = new Map<string, Promise<Token>>()
  /** By cluster. */
  readonly #reluctance = new Map<string, Reluctance>()
  readonly #lookout: NodeJS.Timeout
  #closed = false

  constructor(parts: TokenParts<Own>) {
    this.#parts = parts
    this.clusters = {
      has(clusterId, domainId) {
        const cluster = parts.clusters.get(clusterId)
        return cluster !== undefined && (cluster.domainId ?? domainId) === domainId
      },
    }
    this.#lookout = setInterval(() => void this.#releaseDisabled(), LOOK_EVERY_MS).unref()
  }

  async of(keystoreId: string): Promise<Token> {
    if (keystoreId === DEFAULT_KEYSTORE) return this.#parts.own
    const keystore = await this.#parts.keystores.find(keystoreId)
    if (keystore?.state === '2') return await this.open(keystore)
    await this.release(keystoreId)
    throw new KmsError(
      'KMS.0340',
      keystore ? 'The keystore is disabled. Enable it first.' : 'There is no such keystore.',
    )
  }

  async at(keystoreId: string, home: number): Promise<Token> {
    const { own, previous } = this.#parts
    if (keystoreId !== DEFAULT_KEYSTORE) return await this.of(keystoreId)
    if (home === own.home) return own
    const other = await previous?.token()
    if (other?.home === home) return other
    throw await this.#absence(home)
  }

  homes(): readonly number[] {
    const { own, previous } = this.#parts
    const other = previous?.home()
    return other === undefined ? [own.home] : [own.home, other]
  }

  open(keystore: Keystore): Promise<Token> {
    const known = this.#open.get(keystore.id)
    if (known) return known
    const opening = this.#openOnce(keystore)
    this.#open.set(keystore.id, opening)
    opening.catch(() => {
      if (this.#open.get(keystore.id) === opening) this.#open.delete(keystore.id)
    })
    return opening
  }

  async release(keystoreId: string): Promise<void> {
    const token = this.#open.get(keystoreId)
    this.#open.delete(keystoreId)
    // One that could not be opened needs no closing.
    await token?.then(({ hsm }) => hsm.close()).catch(() => undefined)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#lookout)
    await Promise.all([...this.#open.keys()].map((id) => this.release(id)))
  }

  async #openOnce({ id, clusterId, domainId }: Keystore): Promise<Token> {
    const { clusters } = this.#parts
    const cluster = clusters.get(clusterId)
    if (!cluster || !this.clusters.has(clusterId, domainId)) {
      throw new KmsError(
        'KMS.0340',
        'The operator of this service has withdrawn the HSM cluster of this keystore.',
      )
    }
    if (this.#closed) throw new HsmError('unavailable', 'The service is stopping.')
    return await this.#reluctanceOf(clusterId).attempt(() => this.#openToken(id, cluster))
  }

  #reluctanceOf(clusterId: string): Reluctance {
    const known = this.#reluctance.get(clusterId)
    if (known) return known
    const made = new Reluctance('token of a keystore', this.#parts.monotonic)
    this.#reluctance.set(clusterId, made)
    return made
  }

  /** Why there is no token of a home: looked up each time, since it may be retired, or made, while the service runs. */
  async #absence(home: number): Promise<Error> {
    const rows = await this.#parts.serviceKeys.list(DEFAULT_KEYSTORE)
    const own = rows.filter((row) => row.home === home)
    if (own.some(({ retiredAt }) => retiredAt !== undefined)) return new RetiredToken()
    if (home < this.#parts.own.home) return tokenNotNamed()
    return new HsmError(
      'unavailable',
      'The key is on a newer HSM token than those of the settings of this replica: restart it with both (KMS_HSM_PREVIOUS).',
    )
  }

  async #openToken(keystoreId: string, cluster: Own): Promise<Token> {
    const { openHsm, serviceKeys: store, clock } = this.#parts
    const hsm = await openHsm(cluster)
    try {
      const home = FIRST_HOME
      return { hsm, home, bindingKeys: await loadBindingKeys({ hsm, store, clock, keystoreId }) }
    } catch (error) {
      await hsm.close()
      throw error
    }
  }

  async #releaseDisabled(): Promise<void> {
    for (const id of this.#open.keys()) {
      try {
        const keystore = await this.#parts.keystores.find(id)
        if (keystore?.state !== '2') await this.release(id)
      } catch {
        // The database is away: nobody can say that the keystore was disabled.
      }
    }
  }
}

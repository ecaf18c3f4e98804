import type { Clock } from './core/clock.js'
import { KmsError } from './core/errors.js'
import { type Hsm, HsmError } from './core/hsm.js'
import {
  DEFAULT_KEYSTORE,
  type Keystore,
  type KeystoreStore,
  type Token,
  type Tokens,
} from './core/keystore.js'
import type { ServiceKeyStore } from './core/service-key.js'
import { WrongToken, loadBindingKeys } from './core/service-keys.js'
import { HsmStartError } from './hsm/start-error.js'

/** How long a token that could not be opened is left alone: every attempt starts a process. */
const LEAVE_ALONE_MS = 2_000
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
  readonly keystores: KeystoreStore
  readonly serviceKeys: ServiceKeyStore
  readonly clock: Clock
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
  /** Clusters whose token could not be opened, and until when it is left alone. */
  readonly #refused = new Map<string, { readonly error: unknown; readonly until: number }>()
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
    if (keystore?.state === '2') return this.open(keystore)
    await this.release(keystoreId)
    throw new KmsError(
      'KMS.0340',
      keystore ? 'The keystore is disabled. Enable it first.' : 'There is no such keystore.',
    )
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
    const { clusters, clock } = this.#parts
    const cluster = clusters.get(clusterId)
    if (!cluster || !this.clusters.has(clusterId, domainId)) {
      throw new KmsError(
        'KMS.0340',
        'The operator of this service has withdrawn the HSM cluster of this keystore.',
      )
    }
    if (this.#closed) throw new HsmError('unavailable', 'The service is stopping.')
    const refusal = this.#refused.get(clusterId)
    if (refusal && clock() < refusal.until) throw refusal.error
    try {
      const token = await this.#openToken(id, cluster)
      this.#refused.delete(clusterId)
      return token
    } catch (error) {
      const reason = unavailable(error)
      this.#refused.set(clusterId, { error: reason, until: clock() + leaveAloneMs(error) })
      throw reason
    }
  }

  async #openToken(keystoreId: string, cluster: Own): Promise<Token> {
    const { openHsm, serviceKeys: store, clock } = this.#parts
    const hsm = await openHsm(cluster)
    try {
      return { hsm, bindingKeys: await loadBindingKeys({ hsm, store, clock, keystoreId }) }
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

/** A token that cannot be opened is an outage to the client; the log has the reason. */
function unavailable(error: unknown): unknown {
  return error instanceof HsmStartError || error instanceof WrongToken
    ? new HsmError('unavailable', `The token of a keystore cannot be opened: ${error.message}`)
    : error
}

/** A PIN that was refused is not tried again by this process: a few more attempts would lock the token. */
function leaveAloneMs(error: unknown): number {
  return error instanceof HsmStartError && error.failure === 'pin' ? Infinity : LEAVE_ALONE_MS
}

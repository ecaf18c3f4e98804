import type { Clock } from './core/clock.js'
import { type Hsm, HsmError } from './core/hsm.js'
import { WrongToken, isRetired } from './core/home-proof.js'
import type { Token } from './core/keystore.js'
import type { ServiceKeyStore } from './core/service-key.js'
import { type ServiceKeys, findServiceKeys } from './core/service-keys.js'
import { Reluctance } from './reluctance.js'

/** The token that the default keystore had before, or the one after it where a replica still works on the older. */
export interface PreviousToken {
  /** The open token, proven to be that of a home; nothing once its home was retired. @throws HsmError `unavailable` */
  token(): Promise<(Token & ServiceKeys) | undefined>
  /** The open library, proven to be nothing yet. @throws as opening it does */
  hsm(): Promise<Hsm>
  /**
   * Tries to open it, for whoever starts: a token that is away or retired keeps nobody from starting, a wrong one does.
   *
   * @throws WrongToken
   */
  begin(): Promise<'open' | 'retired' | 'away'>
  /** Its home, while it is open. */
  home(): number | undefined
  close(): Promise<void>
}

/** What it is opened with. */
export interface PreviousTokenParts {
  readonly open: () => Promise<Hsm>
  readonly serviceKeys: Pick<ServiceKeyStore, 'list'>
  readonly monotonic: Clock
}

/** Opens the token when it is first needed, so that one that is away keeps nothing else from working. */
export function previousToken(parts: PreviousTokenParts): PreviousToken {
  return new LazyToken(parts)
}

class LazyToken implements PreviousToken {
  readonly #parts: PreviousTokenParts
  readonly #reluctance: Reluctance
  #hsm: Promise<Hsm> | undefined
  #token: Promise<(Token & ServiceKeys) | undefined> | undefined
  #home: number | undefined
  #wrong: WrongToken | undefined
  #closed = false

  constructor(parts: PreviousTokenParts) {
    this.#parts = parts
    this.#reluctance = new Reluctance('token of KMS_HSM_PREVIOUS', parts.monotonic)
  }

  home(): number | undefined {
    return this.#home
  }

  async begin(): Promise<'open' | 'retired' | 'away'> {
    try {
      return (await this.token()) ? 'open' : 'retired'
    } catch (error) {
      if (this.#wrong) throw this.#wrong
      if (error instanceof HsmError && error.failure === 'unavailable') return 'away'
      throw error
    }
  }

  hsm(): Promise<Hsm> {
    return this.#keep(() => this.#parts.open())
  }

  token(): Promise<(Token & ServiceKeys) | undefined> {
    if (this.#token) return this.#token
    const opening = this.#reluctance.attempt(() => this.#prove())
    this.#token = opening
    opening.catch(() => {
      if (this.#token === opening) this.#token = undefined
    })
    return opening
  }

  async close(): Promise<void> {
    this.#closed = true
    const hsm = this.#hsm
    this.#hsm = undefined
    // One that could not be opened needs no closing.
    await hsm?.then((open) => open.close()).catch(() => undefined)
  }

  async #prove(): Promise<(Token & ServiceKeys) | undefined> {
    if (this.#closed) throw new HsmError('unavailable', 'The service is stopping.')
    const hsm = await this.hsm()
    try {
      const keys = await findServiceKeys({ hsm, store: this.#parts.serviceKeys })
      this.#home = keys.home
      return { hsm, ...keys }
    } catch (error) {
      if (!(error instanceof WrongToken)) throw error
      // A wrong token may be exchanged for the right one while the service runs.
      await this.#letGo(hsm)
      if (isRetired(error)) return undefined
      this.#wrong = new WrongToken(`KMS_HSM_PREVIOUS: ${error.message}`, { cause: error })
      throw error
    }
  }

  async #letGo(hsm: Hsm): Promise<void> {
    this.#hsm = undefined
    await hsm.close()
  }

  #keep(open: () => Promise<Hsm>): Promise<Hsm> {
    if (this.#hsm) return this.#hsm
    const opening = open()
    this.#hsm = opening
    opening.catch(() => {
      if (this.#hsm === opening) this.#hsm = undefined
    })
    return opening
  }
}

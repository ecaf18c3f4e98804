import type { Hsm } from '../../src/core/hsm.js'
import type { Token, Tokens } from '../../src/core/keystore.js'
import { RetiredToken, tokenNotNamed } from '../../src/core/home.js'
import { loadServiceKeys } from '../../src/core/service-keys.js'
import { type TestApp, startApp } from '../http/start-app.js'
import { createMemoryHsm } from './memory-hsm.js'

/** An application in whose hand it is when the default keystore moves. */
export interface MovingApp {
  readonly app: TestApp
  readonly old: Hsm
  /** The second token; it holds nothing before the move. */
  readonly young: Hsm
  /** From now on new keys are made on the second token. */
  move(this: void): Promise<void>
  /** From now on the first token is not in the settings, or given up. */
  lose(this: void, how: 'not-named' | 'retired'): void
  close(this: void): Promise<void>
}

/** Starts one on two tokens in memory, and works on the first. */
export async function startMovingApp(): Promise<MovingApp> {
  const young = createMemoryHsm()
  let second: Token | undefined
  let lost: 'not-named' | 'retired' | undefined
  let first: Tokens | undefined
  function tokensOf(plain: Tokens): Tokens {
    first = plain
    return {
      of: (keystoreId) => (second ? Promise.resolve(second) : plain.of(keystoreId)),
      async at(keystoreId, home) {
        if (second?.home === home) return second
        if (lost === 'retired') throw new RetiredToken()
        if (lost === 'not-named') throw tokenNotNamed()
        return plain.at(keystoreId, home)
      },
      homes: () => (second ? (lost ? [2] : [2, 1]) : [1]),
      open: (keystore) => plain.open(keystore),
      release: (keystoreId) => plain.release(keystoreId),
      clusters: plain.clusters,
    }
  }
  const app = await startApp({
    hsm: {},
    service: (service) => ({ ...service, tokens: tokensOf(service.tokens) }),
  })
  if (!first) throw new Error('The application has no tokens.')
  const { hsm: old } = app.service
  return {
    app,
    old,
    young,
    async move() {
      const keys = await loadServiceKeys({
        hsm: young,
        store: app.database.serviceKeys,
        clock: Date.now,
        previous: () => Promise.resolve(old),
      })
      second = { hsm: young, ...keys }
    },
    lose(how) {
      lost = how
    },
    async close() {
      await app.close()
      await young.close()
    },
  }
}

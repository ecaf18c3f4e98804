import type { Hsm } from '../../src/core/hsm.js'
import { type HsmObserver, NO_HSM_OBSERVER } from '../../src/core/hsm-observer.js'
import { openPkcs11Hsm } from '../../src/hsm/pkcs11-hsm.js'
import type { PoolOptions } from '../../src/hsm/pool-options.js'
import { type Profile, loadProfile } from '../../src/hsm/profile.js'
import { parseTokenUri } from '../../src/hsm/uri.js'
import type { TestToken } from './test-token.js'

/** What a test may change of how the agents are run. */
export interface HsmTestOptions extends Partial<Omit<PoolOptions, 'start' | 'environment'>> {
  readonly changeProfile?: (profile: Profile) => Profile
  readonly environment?: Readonly<Record<string, string>>
  /** Sessions of each agent; default 1. */
  readonly sessions?: number
}

/** An observer for tests that do not look. */
export const silentObserver: HsmObserver = NO_HSM_OBSERVER

/** Opens a real token through real agents. */
export function openTestHsm(token: TestToken, options: HsmTestOptions = {}): Promise<Hsm> {
  const { changeProfile, environment, sessions = 1, ...pool } = options
  const loaded = loadProfile(token.profile)
  return openPkcs11Hsm({
    agents: 2,
    queueLimit: 2000,
    timeoutMs: 10_000,
    generationTimeoutMs: Math.max(30_000, options.timeoutMs ?? 0),
    observer: silentObserver,
    ...pool,
    start: {
      address: parseTokenUri(token.uri),
      sessions,
      profile: changeProfile ? changeProfile(loaded) : loaded,
    },
    environment: { ...token.environment, ...environment },
  })
}

import type { Clock } from '../core/clock.js'
import type { Stores } from '../core/service.js'
import { cachedAliases } from './cached-aliases.js'
import { cachedKeys } from './cached-keys.js'
import { cachedKeystores } from './cached-keystores.js'

/** The stores of a database, those that every call asks behind a short memory. */
export function cachedStores(stores: Stores, clock: Clock): Stores {
  const keys = cachedKeys(stores.keys, clock)
  const { forgetAfter, ...aliases } = cachedAliases(stores.aliases, clock)
  return {
    ...stores,
    keys: {
      ...keys,
      replace: (cmk, versions) => {
        const replaced = () => keys.replace(cmk, versions)
        // With a key that is destroyed its aliases go.
        return cmk.destroyedAt === undefined ? replaced() : forgetAfter(replaced)
      },
    },
    aliases,
    keystores: cachedKeystores(stores.keystores, clock),
  }
}

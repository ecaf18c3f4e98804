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
      // With a key that is destroyed its aliases go.
      replace: (cmk, versions) =>
        cmk.destroyedAt === undefined
          ? keys.replace(cmk, versions)
          : forgetAfter(() => keys.replace(cmk, versions)),
    },
    aliases,
    keystores: cachedKeystores(stores.keystores, clock),
  }
}

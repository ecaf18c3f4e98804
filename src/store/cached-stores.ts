import type { Clock } from '../core/clock.js'
import type { Stores } from '../core/service.js'
import { NO_SIBLINGS } from '../core/siblings.js'
import { cachedAliases } from './cached-aliases.js'
import { cachedKeys } from './cached-keys.js'
import { cachedKeystores } from './cached-keystores.js'

/** The stores of a database, those that every call asks behind a short memory, which siblings are told to forget with. */
export function cachedStores(stores: Stores, clock: Clock, siblings = NO_SIBLINGS): Stores {
  const keys = cachedKeys(stores.keys, clock, siblings)
  const { forgetAfter, ...aliases } = cachedAliases(stores.aliases, clock, siblings)
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
    keystores: cachedKeystores(stores.keystores, clock, siblings),
  }
}

import type { Clock } from '../core/clock.js'
import type { Keystore, KeystoreStore } from '../core/keystore.js'
import { NO_SIBLINGS } from '../core/siblings.js'
import { readThrough } from './read-through.js'

/** A keystore store that answers `find` from memory for half a second. A change made through it is seen at once. */
export function cachedKeystores(
  store: KeystoreStore,
  clock: Clock,
  siblings = NO_SIBLINGS,
): KeystoreStore {
  const cache = readThrough<Keystore>(clock, { name: 'keystores', siblings })
  return {
    ...store,
    insert: (keystore) => cache.write(keystore.id, () => store.insert(keystore)),
    find: (id) => cache.find(id, () => store.find(id)),
    replace: (keystore) => cache.write(keystore.id, () => store.replace(keystore)),
    remove: (id) => cache.write(id, () => store.remove(id)),
  }
}

import type { Clock } from '../core/clock.js'
import type { Cmk } from '../core/cmk.js'
import type { KeyId, ProjectId } from '../core/ids.js'
import type { KeyStore } from '../core/key-store.js'
import { NO_SIBLINGS } from '../core/siblings.js'
import { readThrough } from './read-through.js'

/**
 * A key store that answers `find` and `findAnywhere` from memory for half a second, so that a request does not cost a
 * query. A change made through it is seen at once; one made by another replica, half a second later.
 */
export function cachedKeys(store: KeyStore, clock: Clock, siblings = NO_SIBLINGS): KeyStore {
  const cache = readThrough<Cmk>(clock, { name: 'keys', siblings })
  return {
    ...store,
    insert: (request) => cache.write(cacheKeys(request.cmk), () => store.insert(request)),
    find: (projectId, keyId) =>
      cache.find(inProject(projectId, keyId), () => store.find(projectId, keyId)),
    findAnywhere: (keyId) => cache.find(anywhere(keyId), () => store.findAnywhere(keyId)),
    replace: (cmk, versions) => cache.write(cacheKeys(cmk), () => store.replace(cmk, versions)),
  }
}

function cacheKeys({ projectId, id }: Cmk): readonly string[] {
  return [inProject(projectId, id), anywhere(id)]
}

/** The project is part of it: a key must never be found under another project because its own asked first. */
function inProject(projectId: ProjectId, keyId: KeyId): string {
  return `${keyId} ${projectId}`
}

function anywhere(keyId: KeyId): string {
  return keyId
}

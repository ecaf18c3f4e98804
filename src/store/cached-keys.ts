import type { Clock } from '../core/clock.js'
import type { Cmk } from '../core/cmk.js'
import type { KeyId, ProjectId } from '../core/ids.js'
import type { KeyStore } from '../core/key-store.js'
import { readThrough } from './read-through.js'

/**
 * A key store that answers `find` from memory for half a second, so that a request does not cost a query. A change made
 * through it is seen at once; one made by another replica, half a second later.
 */
export function cachedKeys(store: KeyStore, clock: Clock): KeyStore {
  const cache = readThrough<Cmk>(clock)
  return {
    insert: (request) =>
      cache.write(cacheKey(request.cmk.projectId, request.cmk.id), () => store.insert(request)),
    find: (projectId, keyId) =>
      cache.find(cacheKey(projectId, keyId), () => store.find(projectId, keyId)),
    replace: (cmk) => cache.write(cacheKey(cmk.projectId, cmk.id), () => store.replace(cmk)),
    list: (request) => store.list(request),
    countByProject: (projectId) => store.countByProject(projectId),
    findByAlias: (projectId, alias) => store.findByAlias(projectId, alias),
    allVersions: () => store.allVersions(),
  }
}

/** The project is part of it: a key must never be found under another project because its own asked first. */
function cacheKey(projectId: ProjectId, keyId: KeyId): string {
  return `${keyId} ${projectId}`
}

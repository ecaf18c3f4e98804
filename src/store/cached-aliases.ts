import type { Alias, AliasStore } from '../core/alias.js'
import type { Clock } from '../core/clock.js'
import type { ProjectId } from '../core/ids.js'
import { NO_SIBLINGS } from '../core/siblings.js'
import { type ReadThrough, readThrough } from './read-through.js'

/** An alias store with a memory, and the way to have that forget everything. */
export interface CachedAliases extends AliasStore {
  /** Runs a write that may remove aliases, after which none that it removed is found. */
  readonly forgetAfter: ReadThrough<Alias>['writeAny']
}

/** An alias store that answers `find` from memory for half a second. A change made through it is seen at once. */
export function cachedAliases(
  store: AliasStore,
  clock: Clock,
  siblings = NO_SIBLINGS,
): CachedAliases {
  const cache = readThrough<Alias>(clock, { name: 'aliases', siblings })
  return {
    ...store,
    insert: (request) =>
      cache.write(cacheKey(request.alias.projectId, request.alias.name), () =>
        store.insert(request),
      ),
    find: (projectId, name) =>
      cache.find(cacheKey(projectId, name), () => store.find(projectId, name)),
    move: (request) =>
      cache.write(cacheKey(request.projectId, request.name), () => store.move(request)),
    remove: (request) =>
      cache.write(
        request.names.map((name) => cacheKey(request.projectId, name)),
        () => store.remove(request),
      ),
    forgetAfter: (work) => cache.writeAny(work),
  }
}

/** Unambiguous, whatever the texts hold. */
function cacheKey(projectId: ProjectId, name: string): string {
  return `${projectId.length} ${projectId} ${name}`
}

import { KmsError } from '../core/errors.js'
import { parseKeyId } from '../core/ids.js'
import type { KeySpaceObject, KeySpaceStore } from '../core/key-space.js'
import { retryStale } from '../core/retry-stale.js'
import type { ProjectCall } from './operation.js'

/** Where objects of a kind are, and by which field a request names one. */
export interface Kind<Item extends KeySpaceObject> {
  readonly store: KeySpaceStore<Item>
  readonly field: 'access_point_id' | 'policy_id'
  readonly noun: 'access point' | 'key policy'
}

/**
 * Finds the access point or the key policy that a request names.
 *
 * @throws KmsError KMS.0308 when there is none, whether or not another project has it
 */
export async function loadObject<Item extends KeySpaceObject>(
  kind: Kind<Item>,
  { caller }: ProjectCall,
  id: string,
): Promise<Item> {
  const known = parseKeyId(id.toLowerCase())
  const item = known && (await kind.store.find(caller.projectId, known))
  if (!item) throw unknownObject(kind)
  return item
}

/**
 * Changes it, on the row as it is when it is written.
 *
 * @throws KmsError KMS.0308 as {@link loadObject}, and those of the change; StaleRevision when other writers won every
 * attempt
 */
export async function changeObject<Item extends KeySpaceObject>(
  kind: Kind<Item>,
  call: ProjectCall,
  request: { readonly id: string; readonly change: (item: Item) => Item },
): Promise<Item> {
  return await retryStale(async () => {
    const before = await loadObject(kind, call, request.id)
    const after = request.change(before)
    if (after !== before) await kind.store.replace(after)
    return after
  })
}

/** @throws KmsError KMS.0308 when there is none to delete */
export async function removeObject<Item extends KeySpaceObject>(
  kind: Kind<Item>,
  { caller }: ProjectCall,
  id: string,
): Promise<void> {
  const known = parseKeyId(id.toLowerCase())
  if (!known || !(await kind.store.remove(caller.projectId, known))) throw unknownObject(kind)
}

function unknownObject({ field, noun }: Pick<Kind<KeySpaceObject>, 'field' | 'noun'>): KmsError {
  return new KmsError('KMS.0308', `${field} names no ${noun} of this project.`)
}

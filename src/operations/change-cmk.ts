import { type Static, Type } from 'typebox'
import type { Cmk } from '../core/cmk.js'
import { StaleRevision } from '../core/key-store.js'
import type { Service } from '../core/service.js'
import { KeyReference, KeyStateField, Sequence } from './fields.js'
import { loadCmk } from './load-cmk.js'
import type { ProjectCall } from './operation.js'

/** Every lost race means that another writer won it, so a few attempts outlast any real contention. */
const ATTEMPTS = 5

/** Body of the calls that move a CMK to another state. */
export const StateChange = Type.Object({ key_id: KeyReference, sequence: Sequence })

/** Answer of the calls that move a CMK to another state. */
export const ChangedState = Type.Object({
  key_info: Type.Object({
    key_id: Type.String({ description: 'Key id.' }),
    key_state: KeyStateField,
  }),
})

/**
 * Applies a transition to the CMK that a request names, on the row as it is when it is written.
 *
 * @throws KmsError of the transition; StaleRevision when other writers won every attempt
 */
export async function changeState(
  service: Service,
  call: ProjectCall,
  change: { readonly reference: string; readonly transition: (cmk: Cmk) => Cmk },
): Promise<Static<typeof ChangedState>> {
  for (let attempt = 1; ; attempt += 1) {
    const cmk = change.transition(await loadCmk(service, call, change.reference))
    try {
      await service.keys.replace(cmk)
      return { key_info: { key_id: cmk.id, key_state: cmk.state } }
    } catch (error) {
      if (!(error instanceof StaleRevision) || attempt === ATTEMPTS) throw error
    }
  }
}

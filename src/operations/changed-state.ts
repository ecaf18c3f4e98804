import { type Static, Type } from '../packages/typebox.js'
import type { Cmk } from '../core/cmk.js'
import { KeyStateField } from './fields.js'

/** Answer of enable-key and disable-key. */
export const ChangedState = Type.Object({
  key_info: Type.Object({
    key_id: Type.String({ description: 'Key id.' }),
    key_state: KeyStateField,
  }),
})

/** Renders a CMK that changed its state. */
export function changedState({ id, state }: Cmk): Static<typeof ChangedState> {
  return { key_info: { key_id: id, key_state: state } }
}

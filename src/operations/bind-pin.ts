import { withPin } from '../core/context-bytes.js'
import { type GivenPin, readPin } from '../core/pin.js'
import type { Service } from '../core/service.js'
import type { ProjectCall } from './operation.js'

/** Context bytes of a call on a data key, with the PIN that came with it; without one they stay as they are. */
export async function bindPin(
  { credentials }: Service,
  { caller }: ProjectCall,
  request: {
    readonly context: Uint8Array
    readonly body: { readonly pin?: string; readonly pin_type?: GivenPin['form'] }
  },
): Promise<Uint8Array> {
  const { context, body } = request
  const { pin, pin_type: form = 'CipherText' } = body
  if (pin === undefined) return context
  const clear = await readPin(credentials, {
    projectId: caller.projectId,
    given: { pin, form },
  })
  try {
    return withPin(context, clear)
  } finally {
    clear.fill(0)
  }
}

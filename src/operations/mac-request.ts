import { type Static, Type } from '../packages/typebox.js'
import { MAX_TEXT_BYTES } from '../codec/data-frame.js'
import type { Cmk } from '../core/cmk.js'
import type { HashName } from '../core/hsm-pairs.js'
import { requireMac } from '../core/key-use.js'
import { MAC_ALGORITHMS, macHash } from '../core/mac-algorithms.js'
import type { Service } from '../core/service.js'
import { KeyReference, OneOf } from './fields.js'
import { KEY_USE_ERRORS } from './key-use-errors.js'
import { loadCmk } from './load-cmk.js'
import type { ProjectCall } from './operation.js'
import { readBase64 } from './read-base64.js'
import { Message } from './text-fields.js'

/** What GenerateMac and VerifyMac have in common. */
export const MacFields = {
  key_id: KeyReference,
  mac_algorithm: OneOf(MAC_ALGORITHMS, {
    description: 'Algorithm, which must be the one of the key.',
    code: 'KMS.0308',
  }),
  message: Message,
}

/** Errors of GenerateMac and VerifyMac. */
export const MAC_ERRORS = [...KEY_USE_ERRORS, 'KMS.0325', 'KMS.0331'] as const

/** Body of GenerateMac. */
export const MacBody = Type.Object(MacFields)

/** What the token is asked to make a MAC of. */
export interface MacRequest {
  readonly cmk: Cmk
  readonly hash: HashName
  readonly message: Uint8Array
}

/** Judges a request for a MAC or for its verification. */
export async function readMacRequest(
  service: Service,
  call: ProjectCall,
  body: Static<typeof MacBody>,
): Promise<MacRequest> {
  const message = readBase64(body.message, { field: 'message', max: MAX_TEXT_BYTES })
  const cmk = await loadCmk(service, call, body.key_id)
  requireMac(cmk)
  const hash = macHash(body.mac_algorithm, cmk.spec)
  return { cmk, hash, message }
}

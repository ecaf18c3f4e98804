import type { Cmk } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import { parseKeyId } from '../core/ids.js'
import type { Service } from '../core/service.js'
import type { ProjectCall } from './operation.js'

/**
 * Finds the CMK of the caller's project that a key reference names.
 *
 * A well-formed `alias/<name>` or URN names nothing, as no alias objects exist.
 *
 * @throws KmsError KMS.0207 when there is none in this project, whether or not another project has it
 */
export async function loadCmk(
  { keys }: Service,
  { caller, trace }: ProjectCall,
  reference: string,
): Promise<Cmk> {
  const keyId = parseKeyId(reference)
  if (keyId !== undefined) {
    trace.keyId = keyId
    const cmk = await keys.find(caller.projectId, keyId)
    if (cmk) return cmk
  }
  throw new KmsError('KMS.0207', 'key_id names no key of this project.')
}

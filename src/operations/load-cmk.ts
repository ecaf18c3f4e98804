import { ALIAS_PREFIX } from '../core/alias.js'
import type { Caller } from '../core/caller.js'
import type { Cmk } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import type { GrantOperation } from '../core/grant.js'
import { type KeyId, parseKeyId } from '../core/ids.js'
import type { Service } from '../core/service.js'
import type { ProjectCall } from './operation.js'

/**
 * Finds the CMK that a key reference names: its id, `alias/<name>` or the URN of an alias.
 *
 * `grantable`: the operation as grants name it; a caller of another project finds the CMK by its id when a grant gives
 * that operation. Without it only the caller's own project counts.
 *
 * @throws KmsError KMS.0307 when the caller may not do this with the key
 * @throws KmsError KMS.0207 when there is none, whether or not another project has it; when it was destroyed, the
 * sentence says when
 */
export async function loadCmk(
  service: Service,
  call: ProjectCall,
  reference: string,
  grantable?: GrantOperation,
): Promise<Cmk> {
  const keyId = parseKeyId(reference) ?? (await resolveAlias(service, call.caller, reference))
  if (keyId === undefined) throw unknownKey()
  call.trace.keyId = keyId
  const own = await service.keys.find(call.caller.projectId, keyId)
  const cmk = own ?? (grantable && (await findGranted(service, call.caller, { keyId, grantable })))
  if (!cmk) throw unknownKey()
  await call.access.requireKey({ cmk, grantable })
  if (cmk.destroyedAt !== undefined) throw destroyedKey(cmk.destroyedAt)
  return cmk
}

async function resolveAlias(
  { aliases, region }: Service,
  { projectId, domainId }: Caller,
  reference: string,
): Promise<KeyId | undefined> {
  const urn = `kms:${region}:${domainId}:alias:`
  const name = reference.startsWith(urn)
    ? ALIAS_PREFIX + reference.slice(urn.length)
    : reference.startsWith(ALIAS_PREFIX)
      ? reference
      : undefined
  if (name === undefined) return undefined
  return (await aliases.find(projectId, name))?.keyId
}

async function findGranted(
  { keys, grants }: Service,
  { userId, domainId }: Caller,
  { keyId, grantable }: { readonly keyId: KeyId; readonly grantable: GrantOperation },
): Promise<Cmk | undefined> {
  const held = await grants.listForGrantee({ keyId, userId, domainId })
  if (!held.some(({ operations }) => operations.includes(grantable))) return undefined
  return await keys.findAnywhere(keyId)
}

function unknownKey(): KmsError {
  return new KmsError('KMS.0207', 'key_id names no key of this project.')
}

function destroyedKey(at: number): KmsError {
  const day = new Date(at).toISOString().slice(0, 10)
  return new KmsError(
    'KMS.0207',
    `The key was destroyed on ${day}, as its deletion was scheduled. What it encrypted cannot be decrypted any more.`,
  )
}

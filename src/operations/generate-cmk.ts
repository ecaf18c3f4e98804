import { type Cmk, cmkLabel, currentKey } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import type { KeyKind } from '../core/hsm.js'
import { newKeyId } from '../core/ids.js'
import type { Service } from '../core/service.js'
import type { ProjectCall } from './operation.js'

/** What is asked of a new CMK. */
export type CmkWish = Pick<
  Cmk,
  'alias' | 'description' | 'spec' | 'usage' | 'enterpriseProjectId' | 'keystoreId'
> & { readonly kind: KeyKind }

/**
 * Generates the material of a new CMK in the HSM first and stores its row second: a key on the token without a row is
 * harmless, a row without its key is an outage.
 *
 * @throws KmsError KMS.1104 when the alias is taken, KMS.1105 when the quota is used up
 */
export async function generateCmk(
  service: Service,
  { caller, trace }: ProjectCall,
  { kind, ...wish }: CmkWish,
): Promise<Cmk> {
  const cmk: Cmk = {
    ...wish,
    id: newKeyId(),
    projectId: caller.projectId,
    domainId: caller.domainId,
    state: '2',
    origin: 'kms',
    currentVersion: 1,
    createdAt: service.clock(),
    revision: 1,
  }
  await requireRoom(service, cmk)
  trace.keyId = cmk.id
  const key = currentKey(cmk)
  const checkValue = await service.hsm.generateKey({ key, kind, label: cmkLabel(key) })
  await insertOrDestroy(service, { cmk, checkValue })
  return cmk
}

/** Spares the token a key that the store would refuse; the store has the last word. */
async function requireRoom({ keys, cmkQuota }: Service, cmk: Cmk): Promise<void> {
  if (await keys.findByAlias(cmk.projectId, cmk.alias)) {
    throw new KmsError('KMS.1104', 'key_alias is already the name of another key of this project.')
  }
  if ((await keys.countByProject(cmk.projectId)) >= cmkQuota) {
    throw new KmsError('KMS.1105', `This project has its full quota of ${cmkQuota} keys.`)
  }
}

async function insertOrDestroy(
  { hsm, keys, cmkQuota }: Service,
  { cmk, checkValue }: { readonly cmk: Cmk; readonly checkValue: Uint8Array },
): Promise<void> {
  const key = currentKey(cmk)
  const version = { key, checkValue, createdAt: cmk.createdAt }
  try {
    await keys.insert({ cmk, version, quota: cmkQuota })
  } catch (error) {
    // The store refused: there is no row and there will be none.
    if (error instanceof KmsError) await hsm.destroyKey(key).catch(() => undefined)
    else if (await isStored(keys, cmk)) return
    // Nobody can say whether the row is still on its way, so the key stays: without a row it does no harm.
    throw error
  }
}

/** A database that went away at the wrong moment may have stored the row and lost only its answer. */
async function isStored(keys: Service['keys'], cmk: Cmk): Promise<boolean> {
  try {
    return (await keys.find(cmk.projectId, cmk.id)) !== undefined
  } catch {
    return false
  }
}

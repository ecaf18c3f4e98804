import { type Cmk, currentKey } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import type { Hsm } from '../core/hsm.js'
import { requireImports } from '../core/import-parameters.js'
import { generateMaterial, requireMakeable } from '../core/material.js'
import { type CmkWish, firstVersion, newCmk } from '../core/new-cmk.js'
import type { Service } from '../core/service.js'
import type { ProjectCall } from './operation.js'

/**
 * Generates the material of a new CMK in the HSM first and stores its row second: a key on the token without a row is
 * harmless, a row without its key is an outage.
 *
 * An external CMK begins without material.
 *
 * @throws KmsError KMS.0308 when its token imports no such keys, KMS.0340 for a keystore that cannot be used, KMS.1110 when its token does not make such keys,
 * KMS.1104 when the alias is taken, KMS.1105 when the quota is used up
 */
export async function generateCmk(
  service: Service,
  { caller, trace }: ProjectCall,
  wish: CmkWish,
): Promise<Cmk> {
  const { projectId, domainId } = caller
  const { hsm, home } = await service.tokens.of(wish.keystoreId)
  const cmk = newCmk(wish, { projectId, domainId, createdAt: service.clock(), home })
  requireMakeable(hsm.limits, cmk)
  if (cmk.origin === 'external') requireImports(hsm.limits, cmk)
  await requireRoom(service, cmk)
  trace.keyId = cmk.id
  if (cmk.origin === 'kms') await generateAndInsert(service, hsm, cmk)
  else await service.keys.insert({ cmk, version: undefined, quota: service.cmkQuota })
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

async function generateAndInsert({ keys, cmkQuota }: Service, hsm: Hsm, cmk: Cmk): Promise<void> {
  const key = currentKey(cmk)
  const { spec, usage } = cmk
  const version = firstVersion(cmk, await generateMaterial(hsm, { key, spec, usage }))
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

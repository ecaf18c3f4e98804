import { Type } from '../packages/typebox.js'
import type { Cmk } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import { requireImportedKind } from '../core/import-parameters.js'
import { expireMaterial } from '../core/imported-versions.js'
import { keySpecRow } from '../core/key-specs.js'
import { requireAlive } from '../core/life-cycle.js'
import { removeLapsedMaterial } from '../core/remove-material.js'
import { rewriteCmk } from '../core/rewrite-cmk.js'
import type { Service } from '../core/service.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, ProjectPath, Sequence } from './fields.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'

/**
 * Destroys the imported material of a CMK; the same material may be imported again.
 *
 * It lapses now, in one change of the row, and is destroyed as lapsed material is: should that fail, the key is out of
 * use all the same, and the due work destroys it.
 */
export const deleteImportedKeyMaterial = defineOperation({
  name: 'DeleteImportedKeyMaterial',
  group: 'Key import',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/delete-imported-key-material',
  action: 'kms:cmk:deleteMaterial',
  identityAction: 'kms:cmk:deleteMaterial',
  target: 'key',
  summary: 'Delete imported key material.',
  request: { path: ProjectPath, body: Type.Object({ key_id: KeyIdField, sequence: Sequence }) },
  response: Type.Object({}),
  status: 200,
  errors: [
    'KMS.0205',
    'KMS.0207',
    'KMS.0309',
    'KMS.0339',
    'KMS.0340',
    'KMS.0341',
    'KMS.2701',
    'KMS.2702',
  ],
  example: { request: { key_id: EXAMPLE_KEY_ID }, response: {} },
  async handle({ body }, service, call) {
    const { keys, tokens, clock } = service
    const cmk = await loadCmk(service, call, body.key_id)
    await requireTokens(service, cmk)
    const now = clock()
    const expired = await rewriteCmk(keys, cmk, async (fresh) => {
      requireAlive(fresh)
      requireDeletable(fresh)
      return expireMaterial(fresh, await keys.versions(fresh.id), now)
    })
    if (expired) await removeLapsedMaterial({ keys, tokens }, expired, now)
    return {}
  },
})

/** Whether all that is to be destroyed can be reached, before any of it lapses. */
async function requireTokens({ keys, tokens }: Service, cmk: Cmk): Promise<void> {
  const versions = await keys.versions(cmk.id)
  const homes = new Set(versions.filter(({ present }) => present).map(({ home }) => home))
  for (const home of homes) await tokens.at(cmk.keystoreId, home)
}

function requireDeletable(cmk: Cmk): void {
  requireImportedKind(cmk)
  if (keySpecRow(cmk.spec).form === 'pair') {
    throw new KmsError(
      'KMS.2702',
      'An imported private key cannot be deleted by itself. Schedule the deletion of the key instead.',
    )
  }
  if (cmk.state !== '2' && cmk.state !== '3') {
    throw new KmsError(
      'KMS.2701',
      'Key material can be deleted while the key is enabled or disabled; this one is neither.',
    )
  }
}

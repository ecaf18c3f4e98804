import { Type } from '../packages/typebox.js'
import { type Cmk, requireEnabled } from '../core/cmk.js'
import { requireAlive } from '../core/life-cycle.js'
import { rewriteCmk } from '../core/rewrite-cmk.js'
import { rotateToFreshVersion } from '../core/rotate-cmk.js'
import { requireRotating, requireRotatingSpec, rotateTo, waitingVersion } from '../core/rotation.js'
import type { Service } from '../core/service.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, ProjectPath, Sequence } from './fields.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'
import { ROTATION_ERRORS } from './rotation-errors.js'

/** Replaces the material of a CMK now: by a new version, or by the imported one that waits. */
export const rotateOnDemand = defineOperation({
  name: 'RotateOnDemand',
  group: 'Rotation',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/rotate-on-demand',
  action: 'kms:cmk:rotateOnDemand',
  identityAction: 'kms:cmk:rotateOnDemand',
  target: 'key',
  summary: 'Replace the material of a key now.',
  request: { path: ProjectPath, body: Type.Object({ key_id: KeyIdField, sequence: Sequence }) },
  response: Type.Object({ key_id: Type.String({ description: 'Key id.' }) }),
  status: 200,
  errors: [...ROTATION_ERRORS, 'KMS.1110'],
  example: { request: { key_id: EXAMPLE_KEY_ID }, response: { key_id: EXAMPLE_KEY_ID } },
  async handle({ body }, service, call) {
    const cmk = await loadCmk(service, call, body.key_id)
    if (cmk.origin === 'kms') await rotateGenerated(service, cmk)
    else await rotateImported(service, cmk)
    return { key_id: cmk.id }
  },
})

/** Two at once make two versions; the one that comes last with the older number is not wanted any more. */
async function rotateGenerated(service: Service, cmk: Cmk): Promise<void> {
  await rotateToFreshVersion(service, cmk, { begin: admit, finish: admit })
}

function admit(cmk: Cmk): Cmk {
  requireAlive(cmk)
  requireRotating(cmk)
  return cmk
}

async function rotateImported({ keys, clock }: Service, cmk: Cmk): Promise<void> {
  await rewriteCmk(keys, cmk, async (fresh) => {
    requireAlive(fresh)
    requireRotatingSpec(fresh)
    requireEnabled(fresh)
    const now = clock()
    const waiting = waitingVersion(await keys.versions(fresh.id), now)
    return {
      cmk: rotateTo(fresh, waiting, now),
      versions: [{ ...waiting, use: 'in-use' }],
    }
  })
}

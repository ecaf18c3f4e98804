import { Type } from '../packages/typebox.js'
import type { Cmk } from '../core/cmk.js'
import { isMaterialComplete } from '../core/imported-versions.js'
import { cancelDeletion } from '../core/life-cycle.js'
import type { Service } from '../core/service.js'
import { changeCmk } from './change-cmk.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, KeyStateField, ProjectPath, Sequence } from './fields.js'
import { defineOperation } from './operation.js'

/** Keeps a CMK from being destroyed. */
export const cancelKeyDeletion = defineOperation({
  name: 'CancelKeyDeletion',
  group: 'Key lifecycle',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/cancel-key-deletion',
  action: 'kms:cmk:update',
  identityAction: 'kms:cmk:cancelKeyDeletion',
  target: 'key',
  summary: 'Cancel the scheduled destruction of a key.',
  request: { path: ProjectPath, body: Type.Object({ key_id: KeyIdField, sequence: Sequence }) },
  response: Type.Object({
    key_id: Type.String({ description: 'Key id.' }),
    key_state: KeyStateField,
  }),
  status: 200,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.1501'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID },
    response: { key_id: EXAMPLE_KEY_ID, key_state: '3' },
  },
  async handle({ body }, service, call) {
    const { id, state } = await changeCmk(service, call, {
      reference: body.key_id,
      change: async (cmk) =>
        cancelDeletion(cmk, { materialComplete: await hasMaterial(service, cmk) }),
    })
    return { key_id: id, key_state: state }
  },
})

async function hasMaterial({ keys }: Service, cmk: Cmk): Promise<boolean> {
  return cmk.origin === 'kms' || isMaterialComplete(await keys.versions(cmk.id))
}

import { type Static, Type } from '../packages/typebox.js'
import type { KeyVersion } from '../core/cmk.js'
import { requireRotatingSpec } from '../core/rotation.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, ProjectPath, Sequence } from './fields.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'

const KeyMaterial = Type.Object({
  material_id: Type.String({ description: 'Id of the version.' }),
  create_time: Type.String({ description: 'Time of creation or import.' }),
  expiration_time: Type.Optional(
    Type.String({ description: 'When imported material lapses; absent where it never does.' }),
  ),
  state: Type.Integer({
    description: '0: imported and waiting for the next rotation on demand; 2: in use.',
  }),
})

/** Tells whether and when a CMK rotates, and which versions of its material there are. */
export const showKeyRotationStatus = defineOperation({
  name: 'ShowKeyRotationStatus',
  group: 'Rotation',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/get-key-rotation-status',
  action: 'kms:cmk:getRotation',
  identityAction: 'kms:cmk:getRotation',
  target: 'key',
  summary: 'Show the rotation of a key.',
  request: { path: ProjectPath, body: Type.Object({ key_id: KeyIdField, sequence: Sequence }) },
  response: Type.Object({
    key_rotation_enabled: Type.Boolean({ description: 'Whether the key rotates by itself.' }),
    rotation_interval: Type.Integer({
      description: 'Days between two rotations; the last setting, or 365, while rotation is off.',
    }),
    last_rotation_time: Type.String({
      description: 'Milliseconds since 1970 as text; empty where there was no rotation.',
    }),
    number_of_rotations: Type.Integer({ description: 'Rotations so far.' }),
    key_materials: Type.Array(KeyMaterial, {
      description: 'Versions of the material that are in the HSM, oldest first.',
    }),
  }),
  status: 200,
  errors: ['KMS.0205', 'KMS.0207', 'KMS.0324', 'KMS.0325', 'KMS.0341'],
  example: {
    request: { key_id: EXAMPLE_KEY_ID },
    response: {
      key_rotation_enabled: true,
      rotation_interval: 365,
      last_rotation_time: '1501578672000',
      number_of_rotations: 1,
      key_materials: [
        {
          material_id: 'bb6a3d22-dc93-47ac-b5bd-88df7ad35f1e',
          create_time: '1470042672000',
          state: 2,
        },
        {
          material_id: 'a1c2d3e4-0b1f-4f6d-9d3c-5a6b7c8d9e0f',
          create_time: '1501578672000',
          state: 2,
        },
      ],
    },
  },
  async handle({ body }, service, call) {
    const cmk = await loadCmk(service, call, body.key_id)
    requireRotatingSpec(cmk)
    const { enabled, intervalDays, lastAt, count } = cmk.rotation
    const versions = await service.keys.versions(cmk.id)
    return {
      key_rotation_enabled: enabled,
      rotation_interval: intervalDays,
      last_rotation_time: lastAt === undefined ? '' : String(lastAt),
      number_of_rotations: count,
      key_materials: versions.filter(({ present }) => present).map(keyMaterial),
    }
  },
})

function keyMaterial(version: KeyVersion): Static<typeof KeyMaterial> {
  const { materialId, createdAt, expiresAt, use } = version
  return {
    material_id: materialId,
    create_time: String(createdAt),
    ...(expiresAt !== undefined && { expiration_time: String(expiresAt) }),
    state: use === 'waiting' ? 0 : 2,
  }
}

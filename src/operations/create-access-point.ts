import { type Static, Type } from '../packages/typebox.js'
import { generateAccessPointPair } from '../core/access-point-key.js'
import { KmsError } from '../core/errors.js'
import { newKeyId } from '../core/ids.js'
import type { AccessPoint } from '../core/key-space.js'
import { EXAMPLE_ACCESS_POINT_ID } from './access-point.js'
import { ProjectPath, failing } from './fields.js'
import { KeySpaceId, KeySpaceName, StoredText, newKeySpaceObject } from './key-space-fields.js'
import { defineOperation } from './operation.js'

const Body = Type.Object({
  keyspace_id: KeySpaceId,
  access_point_name: KeySpaceName,
  type: Type.Unsafe<string | number>({
    enum: [1, 2, 3, '1', '2', '3'],
    description: '1 virtual machine, 2 container cluster, 3 custom.',
    ...failing({ code: 'KMS.0308', expected: '1 (machine), 2 (cluster) or 3 (custom)' }),
  }),
  identity: StoredText({
    description: 'Id of the machine, or public key of the cluster; a custom one gets a pair here.',
    maxLength: 4096,
  }),
  cluster_id: StoredText({ description: 'Id of the cluster.', maxLength: 255 }),
  description: StoredText({ description: 'Free text.', maxLength: 255 }),
})

/** Makes an access point; a custom one gets a key pair, with whose private half it opens capsules. */
export const createAccessPoint = defineOperation({
  name: 'CreateAccessPoint',
  group: 'Trusted key space',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/access-points',
  action: 'kms:accessPoint:create',
  identityAction: 'kms:accessPoint:create',
  target: 'project',
  summary: 'Create an access point; only custom ones can open capsules on this site.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({ access_point_id: Type.String({ description: 'Id of the new one.' }) }),
  status: 200,
  errors: [],
  example: {
    request: {
      keyspace_id: '7a1e1f0c-9f5b-4f0b-8f3d-2c9d5f9a4b10',
      access_point_name: 'billing',
      type: 3,
    },
    response: { access_point_id: EXAMPLE_ACCESS_POINT_ID },
  },
  async handle({ body }, service, call) {
    const who = parseWho(body)
    const shared = newKeySpaceObject(
      body,
      { id: newKeyId(), name: body.access_point_name, now: service.clock() },
      call,
    )
    const parts = { random: service.hsm, sealing: service.credentials }
    const pair = who.type === 3 ? await generateAccessPointPair(parts, shared) : undefined
    await service.accessPoints.insert({
      ...shared,
      ...who,
      enabled: true,
      publicKey: pair?.publicKey,
      sealedPrivateKey: pair?.sealedPrivateKey,
    })
    return { access_point_id: shared.id }
  },
})

/** An empty text is as good as none: SDKs send members that were not set so. */
function parseWho(body: Static<typeof Body>): Pick<AccessPoint, 'type' | 'identity' | 'clusterId'> {
  const { identity = '', cluster_id: clusterId = '' } = body
  const type = Number(body.type)
  if (type === 3) {
    requireAbsent({ identity, cluster_id: clusterId })
    return { type, identity, clusterId }
  }
  if (identity === '') throw new KmsError('KMS.0204', 'identity is missing.')
  if (type === 1) {
    requireAbsent({ cluster_id: clusterId })
    return { type, identity, clusterId }
  }
  if (clusterId === '') throw new KmsError('KMS.0204', 'cluster_id is missing.')
  return { type: 2, identity, clusterId }
}

function requireAbsent(fields: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (value !== '') {
      throw new KmsError('KMS.0308', `${name} must be left out for access points of this type.`)
    }
  }
}

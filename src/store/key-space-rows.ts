import type { AccessPoint, KeyPolicy, KeySpaceObject } from '../core/key-space.js'
import type { KeySpaceKind } from './key-space.js'
import type { AccessPointTable, KeyPolicyTable, KeySpaceTable } from './tables.js'

/** The access points among the objects of the key space. */
export const ACCESS_POINTS: KeySpaceKind<AccessPoint, AccessPointTable> = {
  table: 'access_point',
  rowOf: (item) => ({
    ...commonRow(item),
    type: item.type,
    identity: item.identity,
    cluster_id: item.clusterId,
    enabled: item.enabled ? 1 : 0,
    public_key: item.publicKey ?? null,
    sealed_private_key: item.sealedPrivateKey ?? null,
  }),
  itemOf: (row) => ({
    ...commonFields(row),
    type: row.type,
    identity: row.identity,
    clusterId: row.cluster_id,
    enabled: row.enabled === 1,
    publicKey: row.public_key ? new Uint8Array(row.public_key) : undefined,
    sealedPrivateKey: row.sealed_private_key ? new Uint8Array(row.sealed_private_key) : undefined,
  }),
}

/** The key policies among them. */
export const KEY_POLICIES: KeySpaceKind<KeyPolicy, KeyPolicyTable> = {
  table: 'key_policy',
  rowOf: (item) => ({
    ...commonRow(item),
    policy: item.policy,
    last_access_at: item.lastAccessAt ?? null,
  }),
  itemOf: (row) => ({
    ...commonFields(row),
    policy: row.policy,
    lastAccessAt: row.last_access_at ?? undefined,
  }),
}

function commonRow(item: KeySpaceObject): KeySpaceTable {
  return {
    id: item.id,
    project_id: item.projectId,
    key_space_id: item.keySpaceId,
    name: item.name,
    description: item.description,
    created_by: item.createdBy,
    created_at: item.createdAt,
    modified_at: item.modifiedAt,
    revision: item.revision,
  }
}

function commonFields(row: KeySpaceTable): KeySpaceObject {
  return {
    id: row.id,
    projectId: row.project_id,
    keySpaceId: row.key_space_id,
    name: row.name,
    description: row.description,
    createdBy: row.created_by,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    revision: row.revision,
  }
}

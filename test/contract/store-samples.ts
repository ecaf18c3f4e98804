import { randomBytes, randomUUID } from 'node:crypto'
import type { AccessKey } from '../../src/core/access-key.js'
import type { Alias } from '../../src/core/alias.js'
import { type Cmk, type KeyVersion, NO_ROTATION } from '../../src/core/cmk.js'
import { createOwnTenant } from '../../src/core/create-own-tenant.js'
import type { Grant } from '../../src/core/grant.js'
import { newKeyId, newTenantId, projectId } from '../../src/core/ids.js'
import type { ProjectId } from '../../src/core/ids.js'
import type { KeyStore } from '../../src/core/key-store.js'
import type { Database } from '../../src/store/database.js'
import type { Keystore } from '../../src/core/keystore.js'

/** 2026-11-23, in milliseconds: more than 32 bits hold. */
export const SOME_TIME = 1_795_392_000_123

/** A project that no other test uses. */
export function newProject(): ProjectId {
  return projectId(randomUUID().replaceAll('-', ''))
}

/** An enabled CMK of a project of its own, but for what is stated. */
export function sampleCmk(stated: Partial<Cmk> = {}): Cmk {
  return {
    id: newKeyId(),
    projectId: newProject(),
    domainId: randomUUID(),
    alias: `alias-${randomUUID()}`,
    description: 'Größe ✓ 鑰匙 🔑',
    spec: 'AES_256',
    usage: 'ENCRYPT_DECRYPT',
    state: '2',
    origin: 'kms',
    enterpriseProjectId: '0',
    keystoreId: '0',
    homes: [{ home: 1, since: 1 }],
    currentVersion: 1,
    createdAt: SOME_TIME,
    deletionAt: undefined,
    destroyedAt: undefined,
    materialGone: false,
    rotation: NO_ROTATION,
    materialExpiresAt: undefined,
    revision: 1,
    ...stated,
  }
}

/** The first version of a CMK, but for what is stated. */
export function firstVersion(cmk: Cmk, stated: Partial<KeyVersion> = {}): KeyVersion {
  return {
    key: { keyId: cmk.id, version: 1 },
    materialId: randomUUID(),
    home: 1,
    checkValue: new Uint8Array(randomBytes(16)),
    createdAt: cmk.createdAt,
    expiresAt: undefined,
    use: 'in-use',
    present: true,
    ...stated,
  }
}

/** Stores a CMK with its first version under a quota that does not matter. */
export async function insertCmk(store: KeyStore, cmk: Cmk, quota = 1000): Promise<void> {
  await store.insert({ cmk, version: firstVersion(cmk), quota })
}

/** A grant on a CMK to a user, but for what is stated. */
export function sampleGrant(cmk: Cmk, stated: Partial<Grant> = {}): Grant {
  return {
    id: randomBytes(32).toString('hex'),
    keyId: cmk.id,
    projectId: cmk.projectId,
    granteePrincipal: 'grantee',
    granteePrincipalType: 'user',
    operations: ['encrypt-data', 'describe-key'],
    issuingPrincipal: 'operator',
    retiringPrincipal: undefined,
    name: undefined,
    createdAt: SOME_TIME,
    ...stated,
  }
}

/** An alias of a CMK, but for what is stated. */
export function sampleAlias(cmk: Cmk, stated: Partial<Alias> = {}): Alias {
  return {
    name: `alias/${randomUUID()}`,
    projectId: cmk.projectId,
    domainId: cmk.domainId,
    keyId: cmk.id,
    createdAt: SOME_TIME,
    updatedAt: SOME_TIME,
    ...stated,
  }
}

/** An enabled keystore of an account and a cluster of its own, but for what is stated. */
export function sampleKeystore(stated: Partial<Keystore> = {}): Keystore {
  return {
    id: newKeyId(),
    domainId: randomUUID(),
    alias: `keystore-${randomUUID()}`,
    type: 'DHSM',
    clusterId: randomUUID(),
    state: '2',
    createdAt: SOME_TIME,
    revision: 1,
    ...stated,
  }
}

/** An active access key, but for what is stated. */
export function sampleAccessKey(stated: Partial<AccessKey> = {}): AccessKey {
  return {
    id: randomBytes(10).toString('hex').toUpperCase(),
    projectId: newProject(),
    domainId: randomUUID(),
    userId: newTenantId(),
    temporary: undefined,
    state: 'active',
    sealedSecret: new Uint8Array(randomBytes(60)),
    createdAt: SOME_TIME,
    revision: 1,
    ...stated,
  }
}

/** Stores an access key, and before it the account, the project and the user that it is of. */
export async function insertAccessKey(
  { accessKeys, ...stores }: Pick<Database, 'accessKeys' | 'identities' | 'policies'>,
  accessKey: AccessKey,
): Promise<void> {
  const { projectId: region, userId: userName, createdAt: now } = accessKey
  await createOwnTenant(stores, accessKey, { region, userName, now })
  await accessKeys.insert(accessKey)
}

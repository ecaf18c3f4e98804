import { randomBytes, randomUUID } from 'node:crypto'
import type { AccessKey } from '../../src/core/access-key.js'
import type { Cmk, KeyVersion } from '../../src/core/cmk.js'
import { newKeyId, projectId } from '../../src/core/ids.js'
import type { ProjectId } from '../../src/core/ids.js'
import type { KeyStore } from '../../src/core/key-store.js'

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
    currentVersion: 1,
    createdAt: SOME_TIME,
    revision: 1,
    ...stated,
  }
}

/** The first version of a CMK. */
export function firstVersion(cmk: Cmk): KeyVersion {
  const checkValue = new Uint8Array(randomBytes(16))
  return { key: { keyId: cmk.id, version: 1 }, checkValue, createdAt: cmk.createdAt }
}

/** Stores a CMK with its first version under a quota that does not matter. */
export async function insertCmk(store: KeyStore, cmk: Cmk, quota = 1000): Promise<void> {
  await store.insert({ cmk, version: firstVersion(cmk), quota })
}

/** An active access key, but for what is stated. */
export function sampleAccessKey(stated: Partial<AccessKey> = {}): AccessKey {
  return {
    id: randomBytes(10).toString('hex').toUpperCase(),
    projectId: newProject(),
    domainId: randomUUID(),
    userName: 'operator',
    state: 'active',
    sealedSecret: new Uint8Array(randomBytes(60)),
    createdAt: SOME_TIME,
    revision: 1,
    ...stated,
  }
}

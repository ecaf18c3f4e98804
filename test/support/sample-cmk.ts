import { type Cmk, type KeyVersion, NO_ROTATION } from '../../src/core/cmk.js'
import { newKeyId, projectId } from '../../src/core/ids.js'

/** A CMK as core sees it, but for what is stated; nothing of it is stored. */
export function cmkWith(stated: Partial<Cmk> = {}): Cmk {
  return {
    id: newKeyId(),
    projectId: projectId('p'.repeat(32)),
    domainId: 'domain',
    alias: 'alias',
    description: 'description',
    spec: 'AES_256',
    usage: 'ENCRYPT_DECRYPT',
    state: '2',
    origin: 'kms',
    enterpriseProjectId: '0',
    keystoreId: '0',
    homes: [{ home: 1, since: 1 }],
    currentVersion: 7,
    createdAt: 1_700_000_000_000,
    deletionAt: undefined,
    destroyedAt: undefined,
    materialGone: false,
    rotation: NO_ROTATION,
    materialExpiresAt: undefined,
    revision: 3,
    ...stated,
  }
}

/** A version of a CMK that is on the token and in use, but for what is stated. */
export function versionWith(cmk: Cmk, stated: Partial<KeyVersion> = {}): KeyVersion {
  return {
    key: { keyId: cmk.id, version: 1 },
    materialId: newKeyId(),
    home: 1,
    checkValue: Uint8Array.of(1, 2, 3),
    createdAt: cmk.createdAt,
    expiresAt: undefined,
    use: 'in-use',
    present: true,
    ...stated,
  }
}

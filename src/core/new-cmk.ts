import { randomUUID } from 'node:crypto'
import { type Cmk, type KeyVersion, NO_ROTATION, currentKey } from './cmk.js'
import { currentHome, residentOf } from './home.js'
import { newKeyId } from './ids.js'

/** What is asked of a new CMK. */
export type CmkWish = Pick<
  Cmk,
  'alias' | 'description' | 'spec' | 'usage' | 'origin' | 'enterpriseProjectId' | 'keystoreId'
>

/** The record of a CMK at its beginning: enabled, or awaiting import where its material comes from elsewhere. */
export function newCmk(
  wish: CmkWish,
  place: Pick<Cmk, 'projectId' | 'domainId' | 'createdAt'> & {
    /** Home of the token that its material is made on. */
    readonly home: number
  },
): Cmk {
  const { home, ...owner } = place
  return {
    ...wish,
    ...owner,
    homes: residentOf(home),
    id: newKeyId(),
    state: wish.origin === 'kms' ? '2' : '5',
    currentVersion: 1,
    deletionAt: undefined,
    destroyedAt: undefined,
    materialGone: false,
    rotation: NO_ROTATION,
    materialExpiresAt: undefined,
    revision: 1,
  }
}

/** The first version of the material of a CMK that the HSM generates. */
export function firstVersion(cmk: Cmk, checkValue: Uint8Array): KeyVersion {
  return {
    key: currentKey(cmk),
    materialId: randomUUID(),
    home: currentHome(cmk),
    checkValue,
    createdAt: cmk.createdAt,
    expiresAt: undefined,
    use: 'in-use',
    present: true,
  }
}

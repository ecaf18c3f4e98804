import { randomUUID } from 'node:crypto'
import type { Cmk, KeyVersion } from './cmk.js'
import { KmsError } from './errors.js'
import { residencesOf } from './home.js'
import { keySpecRow } from './key-specs.js'

/*
 * Which version of an external CMK a material belongs to. A version is `waiting` until it was used for the first time,
 * and its number is never given to another material: whatever a call that died left on the token under that number is
 * the same material, so nothing can ever be encrypted under a material that its version does not name.
 */

/** A CMK and those of its versions that change with it. */
export interface CmkChange {
  readonly cmk: Cmk
  readonly versions?: readonly KeyVersion[]
}

/** Whether every version that ever encrypted is on the token: what it encrypted could not be opened without. */
export function isMaterialComplete(versions: readonly KeyVersion[]): boolean {
  const used = versions.filter(({ use }) => use === 'in-use')
  return used.length > 0 && used.every(({ present }) => present)
}

/** The version number of the next material. */
export function nextVersion(versions: readonly KeyVersion[]): number {
  return Math.max(0, ...versions.map(({ key }) => key.version)) + 1
}

/** A version whose material is still to come; nothing encrypts with it. */
export function reservedVersion(
  cmk: Cmk,
  request: {
    readonly versions: readonly KeyVersion[]
    readonly checkValue: Uint8Array
    /** Home of the token that it will be made on. */
    readonly home: number
    readonly now: number
  },
): KeyVersion {
  return {
    key: { keyId: cmk.id, version: nextVersion(request.versions) },
    materialId: randomUUID(),
    home: request.home,
    checkValue: request.checkValue,
    createdAt: request.now,
    expiresAt: undefined,
    use: 'waiting',
    present: false,
  }
}

/**
 * Refuses a CMK that takes no material now. It does while it awaits import; an enabled symmetric one takes a second
 * material, for its next rotation.
 *
 * @throws KmsError KMS.0310
 */
export function requireAwaiting({ state, spec }: Cmk): void {
  if (state === '5') return
  if (state === '2' && keySpecRow(spec).form === 'secret') return
  throw new KmsError(
    'KMS.0310',
    state === '4'
      ? 'The key is scheduled for deletion. Cancel the deletion before material is imported.'
      : 'The key is not awaiting import: it has its material.',
  )
}

/**
 * Finds the version that a material with this check value belongs to; nothing where it is a new one.
 *
 * @throws KmsError KMS.0310 when the key needs no such material, KMS.2606 when it awaits another one
 */
export function versionOfMaterial(
  cmk: Cmk,
  versions: readonly KeyVersion[],
  checkValue: Uint8Array,
): KeyVersion | undefined {
  requireAwaiting(cmk)
  if (cmk.state === '2' && versions.some(({ use, present }) => use === 'waiting' && present)) {
    throw new KmsError(
      'KMS.0310',
      'A second material waits already: rotate the key on demand before the next one is imported.',
    )
  }
  const known = versions.find((version) => isOf(version, checkValue))
  if (known?.present) {
    throw new KmsError(
      'KMS.0310',
      'The key has this material already, or its removal has not ended. A rotation needs other material.',
    )
  }
  if (known || cmk.state === '2') return known
  if (versions.some(({ use }) => use === 'in-use')) {
    throw new KmsError(
      'KMS.2606',
      'The key material is not the one imported before: only the same bytes open what it encrypted.',
    )
  }
  return undefined
}

/** Whether a version is the one of a material; one that was given up has no material. */
export function isOf(version: KeyVersion, checkValue: Uint8Array): boolean {
  return Buffer.from(version.checkValue).equals(checkValue)
}

/**
 * Takes note of a material that is on the token now. The first one is put into use at once; the key is enabled when it
 * has all that it ever encrypted with.
 */
export function settleMaterial(
  cmk: Cmk,
  versions: readonly KeyVersion[],
  placed: KeyVersion,
): CmkChange {
  const first = !versions.some(({ use }) => use === 'in-use')
  const settled: KeyVersion = { ...placed, present: true, use: first ? 'in-use' : placed.use }
  const all = [...others(versions, placed), settled]
  return {
    cmk: {
      ...cmk,
      state: cmk.state === '5' && isMaterialComplete(all) ? '2' : cmk.state,
      currentVersion: first ? placed.key.version : cmk.currentVersion,
      homes: residencesOf(all, cmk.homes),
      materialExpiresAt: earliestExpiry(all),
    },
    versions: [settled],
  }
}

/** Has all material lapse now; what lapses it is the same work that due material undergoes. */
export function expireMaterial(
  cmk: Cmk,
  versions: readonly KeyVersion[],
  now: number,
): Required<CmkChange> {
  const expired = versions
    .filter(({ present }) => present)
    .map((version) => ({ ...version, expiresAt: now }))
  return { cmk: { ...cmk, state: '5', materialExpiresAt: now }, versions: expired }
}

/** Versions on the token whose time is over. */
export function lapsedVersions(
  versions: readonly KeyVersion[],
  now: number,
): readonly KeyVersion[] {
  return versions.filter(
    ({ present, expiresAt }) => present && expiresAt !== undefined && expiresAt <= now,
  )
}

/** Takes a CMK out of use whose material lapsed, before it is destroyed; nothing where only a waiting one did. */
export function suspendForLapse(cmk: Cmk, lapsed: readonly KeyVersion[]): Cmk | undefined {
  const inUse = lapsed.some(({ use }) => use === 'in-use')
  return inUse && (cmk.state === '2' || cmk.state === '3') ? { ...cmk, state: '5' } : undefined
}

/** Takes note of versions that are on the token no more. */
export function forgetMaterial(
  cmk: Cmk,
  versions: readonly KeyVersion[],
  gone: readonly KeyVersion[],
): CmkChange {
  const absent = gone.map((version) => ({ ...version, present: false, expiresAt: undefined }))
  const left = versions.filter(({ key }) => !gone.some((one) => one.key.version === key.version))
  return { cmk: { ...cmk, materialExpiresAt: earliestExpiry(left) }, versions: absent }
}

function earliestExpiry(versions: readonly KeyVersion[]): number | undefined {
  const times = versions
    .filter(({ present }) => present)
    .flatMap(({ expiresAt }) => (expiresAt === undefined ? [] : [expiresAt]))
  return times.length === 0 ? undefined : Math.min(...times)
}

function others(versions: readonly KeyVersion[], one: KeyVersion): readonly KeyVersion[] {
  return versions.filter(({ key }) => key.version !== one.key.version)
}

import { type Cmk, type KeyVersion, requireEnabled } from './cmk.js'
import { KmsError } from './errors.js'
import { movedTo } from './home.js'
import { keySpecRow } from './key-specs.js'
import { DEFAULT_KEYSTORE } from './keystore.js'
import { DAY_MS } from './life-cycle.js'

/** Days between two rotations. KMS API: Changing the rotation interval, rotation_interval. */
export const ROTATION_DAYS = { min: 30, max: 365 } as const

/**
 * Refuses keys of the kinds that have one version of their material for ever.
 *
 * @throws KmsError KMS.0341 for HMAC keys, KMS.0324 for RSA pairs, KMS.0325 for other pairs
 */
export function requireRotatingSpec({ spec }: Cmk): void {
  const { family, form } = keySpecRow(spec)
  if (family === 'hmac') throw new KmsError('KMS.0341', 'HMAC keys do not rotate.')
  if (family === 'rsa') throw new KmsError('KMS.0324', 'RSA keys do not rotate.')
  if (form === 'pair') throw new KmsError('KMS.0325', 'Asymmetric keys do not rotate.')
}

/**
 * Refuses a CMK whose material the service does not replace by itself.
 *
 * @throws KmsError KMS.0341, KMS.0324, KMS.0325, KMS.0312, KMS.0338, and those of a key that is not enabled
 */
export function requireRotating(cmk: Cmk): void {
  requireRotatingSpec(cmk)
  if (cmk.origin === 'external') {
    throw new KmsError(
      'KMS.0312',
      'A key with imported material does not rotate by itself: import a second material and rotate on demand.',
    )
  }
  requireRotatingKeystore(cmk)
  requireEnabled(cmk)
}

/** @throws KmsError KMS.0338 for keys in a dedicated keystore */
function requireRotatingKeystore({ keystoreId }: Cmk): void {
  if (keystoreId === DEFAULT_KEYSTORE) return
  throw new KmsError('KMS.0338', 'Keys in a dedicated keystore do not rotate.')
}

/** Has a CMK rotated from now on, at the interval it had before or at that of {@link NO_ROTATION}. */
export function enableRotation(cmk: Cmk, now: number): Cmk {
  requireRotating(cmk)
  if (cmk.rotation.enabled) throw new KmsError('KMS.2901', 'Rotation of the key is already on.')
  return withRotation(cmk, { enabled: true, nextAt: now + cmk.rotation.intervalDays * DAY_MS })
}

/** Has a CMK rotated no more; the interval is kept for the next time. */
export function disableRotation(cmk: Cmk): Cmk {
  requireRotating(cmk)
  requireOn(cmk)
  return withRotation(cmk, { enabled: false, nextAt: undefined })
}

/**
 * Changes the interval. It counts from when the one before began (the last rotation, or when rotation was switched on),
 * so a shorter one may make the rotation due at once.
 */
export function changeInterval(cmk: Cmk, days: number): Cmk {
  requireRotating(cmk)
  const { nextAt, intervalDays } = requireOn(cmk)
  const begun = nextAt - intervalDays * DAY_MS
  return withRotation(cmk, { intervalDays: days, nextAt: begun + days * DAY_MS })
}

/** Makes another version the one that encrypts; the versions before it go on decrypting. */
export function rotateTo(
  cmk: Cmk,
  { key, home }: Pick<KeyVersion, 'key' | 'home'>,
  now: number,
): Cmk {
  const { enabled, intervalDays, count } = cmk.rotation
  return {
    ...withRotation(cmk, {
      lastAt: now,
      count: count + 1,
      nextAt: enabled ? now + intervalDays * DAY_MS : undefined,
    }),
    currentVersion: key.version,
    homes: movedTo(cmk, { home, since: key.version }),
  }
}

/** Whether a CMK is to be rotated at `now`. */
export function isRotationDue(cmk: Cmk, now: number): boolean {
  const { enabled, nextAt } = cmk.rotation
  const live = cmk.destroyedAt === undefined && cmk.state === '2'
  return live && enabled && nextAt !== undefined && nextAt <= now
}

/** Puts the next rotation off, so that nobody else begins the one that is under way. */
export function postponeRotation(cmk: Cmk, until: number): Cmk {
  return withRotation(cmk, { nextAt: until })
}

/**
 * The second imported material of an external key, which a rotation on demand puts into use.
 *
 * @throws KmsError KMS.0312 when none waits or it has lapsed
 */
export function waitingVersion(versions: readonly KeyVersion[], now: number): KeyVersion {
  const waiting = versions.find(({ use, present }) => use === 'waiting' && present)
  if (waiting && (waiting.expiresAt === undefined || waiting.expiresAt > now)) return waiting
  throw new KmsError(
    'KMS.0312',
    'No second material waits for this key: import one with import-key-material first.',
  )
}

function requireOn({ rotation }: Cmk): {
  readonly nextAt: number
  readonly intervalDays: number
} {
  const { enabled, nextAt, intervalDays } = rotation
  if (enabled && nextAt !== undefined) return { nextAt, intervalDays }
  throw new KmsError('KMS.0313', 'Rotation of the key is off. Enable it first.')
}

function withRotation(cmk: Cmk, change: Partial<Cmk['rotation']>): Cmk {
  return { ...cmk, rotation: { ...cmk.rotation, ...change } }
}

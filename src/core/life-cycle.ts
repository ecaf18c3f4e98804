import type { Cmk } from './cmk.js'
import { requireNotPending } from './cmk.js'
import { KmsError } from './errors.js'

/** How long a scheduled deletion waits, in days. KMS API: Scheduling the deletion of a CMK, pending_days. */
export const PENDING_DAYS = { min: 7, max: 1096 } as const

/** A day in milliseconds. */
export const DAY_MS = 24 * 60 * 60 * 1000

/** Puts a disabled CMK back into service. */
export function enable(cmk: Cmk): Cmk {
  requireNotPending(cmk)
  if (cmk.state !== '3') {
    throw new KmsError('KMS.1201', 'Only a disabled key can be enabled; this one is not disabled.')
  }
  return { ...cmk, state: '2' }
}

/** Takes an enabled CMK out of service. */
export function disable(cmk: Cmk): Cmk {
  requireNotPending(cmk)
  if (cmk.state !== '2') {
    throw new KmsError('KMS.1301', 'Only an enabled key can be disabled; this one is not enabled.')
  }
  return { ...cmk, state: '3' }
}

/** Has a CMK destroyed in `days` days, whatever state it is in. */
export function scheduleDeletion(
  cmk: Cmk,
  { days, now }: { readonly days: number; readonly now: number },
): Cmk {
  if (cmk.state === '4') {
    throw new KmsError(
      'KMS.1402',
      'The deletion of the key is already scheduled. Cancel it first to change the waiting period.',
    )
  }
  return { ...cmk, state: '4', deletionAt: now + days * DAY_MS }
}

/**
 * Keeps a CMK from being destroyed. It comes back disabled, so that nothing uses it unawares; `materialComplete` is false
 * for an external key that lacks imported material, which comes back awaiting it.
 */
export function cancelDeletion(
  cmk: Cmk,
  { materialComplete }: { readonly materialComplete: boolean },
): Cmk {
  if (cmk.state !== '4') {
    throw new KmsError('KMS.1501', 'No deletion of the key is scheduled, so none can be cancelled.')
  }
  return { ...cmk, state: materialComplete ? '3' : '5', deletionAt: undefined }
}

/** Gives a CMK another name. */
export function rename(cmk: Cmk, alias: string): Cmk {
  requireNotPending(cmk)
  return { ...cmk, alias }
}

/** Gives a CMK another description. */
export function describe(cmk: Cmk, description: string): Cmk {
  requireNotPending(cmk)
  return { ...cmk, description }
}

/**
 * Whether a CMK is to be destroyed at `now`: asked again of the row as it is when it is written, so that a cancellation
 * that was first is respected.
 */
export function isDeletionDue(cmk: Cmk, now: number): boolean {
  const { state, deletionAt, destroyedAt } = cmk
  return destroyedAt === undefined && state === '4' && deletionAt !== undefined && deletionAt <= now
}

/** Turns a CMK into the tombstone that explains why nothing opens any more. */
export function bury(cmk: Cmk, now: number): Cmk {
  return { ...cmk, destroyedAt: now, materialGone: false }
}

/** @throws KmsError KMS.0207 for a tombstone */
export function requireAlive({ destroyedAt }: Cmk): void {
  if (destroyedAt !== undefined) throw new KmsError('KMS.0207', 'The key was destroyed.')
}

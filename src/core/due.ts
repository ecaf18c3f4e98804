import type { Cmk } from './cmk.js'

/**
 * When a CMK next needs work that nobody calls for, in milliseconds since 1970: destruction, the end of imported
 * material that is on the token, rotation. The past means: now.
 */
export function dueAt(cmk: Cmk): number | undefined {
  if (cmk.destroyedAt !== undefined) return cmk.materialGone ? undefined : cmk.destroyedAt
  const due = [
    cmk.state === '4' ? cmk.deletionAt : undefined,
    cmk.materialExpiresAt,
    cmk.state === '2' && cmk.rotation.enabled ? cmk.rotation.nextAt : undefined,
  ].filter((time) => time !== undefined)
  return due.length === 0 ? undefined : Math.min(...due)
}

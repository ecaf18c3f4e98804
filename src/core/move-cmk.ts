import type { Cmk } from './cmk.js'
import type { HsmLimits } from './hsm.js'
import { currentHome } from './home.js'
import { keySpecRow } from './key-specs.js'
import { isMakeable } from './material.js'
import { type RotationParts, rotateToFreshVersion } from './rotate-cmk.js'

/**
 * What has to happen to a CMK of the default keystore before a token that it has versions on can go.
 *
 * - `moved`: its new ciphertexts are made on the new token; ciphertexts of its old versions have to be moved
 * - `new-version`: it gets a version on the new token
 * - `replace`: the same, when the operator names it: a pair or an HMAC key, whose public key or MACs change with it
 * - `import`: its owner imports a second material and rotates on demand
 * - `new-key`: its owner makes another key: material of this kind cannot be replaced
 * - `not-made`: the same: the new token does not make such keys
 * - `destruction`: nothing, it is being destroyed
 */
export const MOVE_STEPS = [
  'moved',
  'new-version',
  'replace',
  'import',
  'new-key',
  'not-made',
  'destruction',
] as const

/** One of {@link MOVE_STEPS}. */
export type MoveStep = (typeof MOVE_STEPS)[number]

/** Says what has to happen to a CMK that has versions on another token than the one of `home`. */
export function moveStep(
  cmk: Cmk,
  { home, limits }: { readonly home: number; readonly limits: HsmLimits },
): MoveStep {
  if (cmk.destroyedAt !== undefined) return 'destruction'
  if (currentHome(cmk) === home) return 'moved'
  const { form, family } = keySpecRow(cmk.spec)
  if (cmk.origin === 'external') return form === 'pair' ? 'new-key' : 'import'
  if (!isMakeable(limits, cmk)) return 'not-made'
  return form === 'pair' || family === 'hmac' ? 'replace' : 'new-version'
}

/**
 * Gives a CMK a version on the token of `home`, whatever state it is in: it may be enabled again, or its deletion be
 * cancelled. Returns the number of the version; nothing where somebody else has moved it meanwhile.
 *
 * @throws KmsError KMS.1110, KMS.0340; HsmError, StoreUnavailable
 */
export function moveCmk(parts: RotationParts, cmk: Cmk, home: number): Promise<number | undefined> {
  function stillElsewhere(fresh: Cmk): Cmk | undefined {
    return fresh.destroyedAt === undefined && currentHome(fresh) !== home ? fresh : undefined
  }
  return rotateToFreshVersion(parts, cmk, { begin: stillElsewhere, finish: stillElsewhere })
}

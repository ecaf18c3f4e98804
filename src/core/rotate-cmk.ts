import type { Clock } from './clock.js'
import type { Cmk } from './cmk.js'
import { KmsError } from './errors.js'
import { currentHome } from './home.js'
import { reservedVersion } from './imported-versions.js'
import { type KeyStore, StaleRevision } from './key-store.js'
import type { Token, Tokens } from './keystore.js'
import { generateMaterial, requireMakeable } from './material.js'
import { rewriteCmk } from './rewrite-cmk.js'
import { rotateTo } from './rotation.js'

/** What a rotation works on. */
export interface RotationParts {
  readonly keys: KeyStore
  readonly tokens: Pick<Tokens, 'of'>
  readonly clock: Clock
}

/**
 * Gives a CMK a version of its material that the HSM generates.
 *
 * Its number is reserved in the store first, so that no two rotations ever share one: whoever loses can then destroy
 * what it made without harm to the winner, and what a crash leaves on the token is an object that nothing names.
 *
 * `begin` decides on the row whether to rotate, `finish` whether it is still wanted once the version is made; both throw
 * or return nothing where it is not. Returns the number of the new version, or nothing.
 *
 * The version is made on the token that new keys are made on: a CMK that was on another one moves. A version is not
 * wanted any more when the CMK has meanwhile moved to a third.
 *
 * @throws KmsError KMS.1110 where that token does not make such keys
 */
export async function rotateToFreshVersion(
  parts: RotationParts,
  first: Cmk,
  {
    begin,
    finish,
  }: {
    readonly begin: (cmk: Cmk) => Cmk | undefined
    readonly finish: (cmk: Cmk) => Cmk | undefined
  },
): Promise<number | undefined> {
  const { keys, clock } = parts
  const reservation = await reserve(parts, first, begin)
  if (!reservation) return undefined
  const { cmk, version, hsm } = reservation
  const { key } = version
  const known = [version.home, currentHome(cmk)]
  const checkValue = await generateMaterial(hsm, { key, spec: cmk.spec, usage: cmk.usage })
  try {
    const rotated = await rewriteCmk(keys, cmk, (fresh) => {
      const wanted = finish(fresh)
      if (!wanted || key.version <= fresh.currentVersion) return undefined
      if (!known.includes(currentHome(fresh))) return undefined
      const now = clock()
      return {
        cmk: rotateTo(wanted, version, now),
        versions: [{ ...version, checkValue, createdAt: now, use: 'in-use', present: true }],
      }
    })
    if (rotated) return key.version
  } catch (error) {
    // After any other error nobody can say whether the row is still on its way, so the key stays.
    if (error instanceof KmsError || error instanceof StaleRevision) {
      await hsm.destroyKey(key).catch(() => undefined)
    }
    throw error
  }
  await hsm.destroyKey(key).catch(() => undefined)
  return undefined
}

/** The CMK is judged before its token is asked for, so that what is wrong with it is what the caller hears. */
async function reserve(
  { keys, tokens, clock }: RotationParts,
  first: Cmk,
  begin: (cmk: Cmk) => Cmk | undefined,
) {
  let version: ReturnType<typeof reservedVersion> | undefined
  let token: Token | undefined
  const cmk = await rewriteCmk(keys, first, async (fresh) => {
    const wanted = begin(fresh)
    if (!wanted) return undefined
    token = await tokens.of(wanted.keystoreId)
    requireMakeable(token.hsm.limits, wanted)
    version = reservedVersion(wanted, {
      versions: await keys.versions(fresh.id),
      checkValue: new Uint8Array(0),
      home: token.home,
      now: clock(),
    })
    return { cmk: wanted, versions: [version] }
  })
  return cmk && version && token ? { cmk, version, hsm: token.hsm } : undefined
}

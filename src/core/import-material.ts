import type { Clock } from './clock.js'
import { type Cmk, type KeyVersion, cmkLabel } from './cmk.js'
import { sha256 } from './datakey.js'
import { KmsError } from './errors.js'
import { type Hsm, HsmError } from './hsm.js'
import type { KeyRef } from './ids.js'
import { importPairLabel, trialPlaces } from './import-pair.js'
import { requireImporting } from './import-parameters.js'
import { isOf, reservedVersion, settleMaterial, versionOfMaterial } from './imported-versions.js'
import { keySpecRow } from './key-specs.js'
import type { KeyStore } from './key-store.js'
import type { Token } from './keystore.js'
import { requireAlive } from './life-cycle.js'
import { rewriteCmk } from './rewrite-cmk.js'
import { type WrappedMaterial, unwrapMaterial } from './unwrap-material.js'

/** What an import works on. */
export interface ImportParts {
  readonly keys: KeyStore
  readonly token: Pick<Token, 'hsm' | 'home'>
  readonly clock: Clock
}

/**
 * Imports material for a CMK.
 *
 * It is unwrapped twice. First to a place of its own, where its check value is taken and from where it is destroyed: so
 * material that does not belong to the key never stands under its name, not for a moment, and whoever judges it can
 * destroy it without harm to an import that succeeds meanwhile. Then, after the store has given the check value a
 * version, under the name of that version: from then on everybody who writes there writes the same bytes, and nobody
 * who loses a race destroys them.
 *
 * @throws KmsError KMS.0311, KMS.2604, KMS.2609, KMS.2610 for material that is none; KMS.0310, KMS.2606 where it does not belong
 */
export async function importMaterial(
  parts: ImportParts,
  cmk: Cmk,
  material: WrappedMaterial,
): Promise<void> {
  const checkValue = await tryMaterial(parts, cmk, material)
  const reserved = await reserve(parts, cmk, checkValue)
  await place(parts, reserved, { checkValue, material })
  await settle(parts, reserved, { checkValue, expiresAt: material.expiresAt })
}

interface Reservation {
  readonly cmk: Cmk
  readonly version: KeyVersion
  /** Whether this call gave the version its number. */
  readonly fresh: boolean
}

/** Unwraps material, takes its check value, and destroys it again. */
async function tryMaterial(
  { token: { hsm } }: ImportParts,
  cmk: Cmk,
  material: WrappedMaterial,
): Promise<Uint8Array> {
  const places = trialPlaces(material.pair)
  const begin = Math.floor(Math.random() * places.length)
  const turned = [...places.slice(begin), ...places.slice(0, begin)]
  const label = importPairLabel(cmk.id, material.pair)
  for (const [turn, key] of turned.entries()) {
    try {
      await hsm.discardKey(key)
      return await unwrapMaterial(hsm, { cmk, material, key, label })
    } catch (error) {
      // Another import of the same key may be in this place at this moment.
      const taken = error instanceof HsmError && error.failure === 'fault'
      if (!taken || turn === 2) throw error
    } finally {
      // What is missed here goes with the pair.
      await hsm.discardKey(key).catch(() => undefined)
    }
  }
  throw new TypeError('There is no place to try material in.')
}

/** Gives material its version: the one it had before, or a number that no material had. */
async function reserve(
  { keys, clock, token: { home } }: ImportParts,
  first: Cmk,
  checkValue: Uint8Array,
): Promise<Reservation> {
  let version: KeyVersion | undefined
  let known: Reservation | undefined
  const cmk = await rewriteCmk(keys, first, async (fresh) => {
    requireAlive(fresh)
    requireImporting(fresh)
    const versions = await keys.versions(fresh.id)
    const own = versionOfMaterial(fresh, versions, checkValue)
    if (own?.use === 'in-use') requireHome(own, home)
    known = own && { cmk: fresh, version: own, fresh: false }
    if (known) return undefined
    version = reservedVersion(fresh, { versions, checkValue, home, now: clock() })
    return { cmk: fresh, versions: [version] }
  })
  const made = cmk && version && { cmk, version, fresh: true }
  const reservation = made ?? known
  if (!reservation) throw new TypeError('Material has no version.')
  return reservation
}

/** A version that was in use never changes its token; one that was not is where its material is. */
function requireHome(version: KeyVersion, home: number): void {
  if (version.home === home) return
  throw new KmsError(
    'KMS.2606',
    'The key material is that of an older version, on another HSM token: import that of the newest version first.',
  )
}

/** Brings material under the name of its version, unless it is there. */
async function place(
  { token: { hsm } }: ImportParts,
  { cmk, version: { key } }: Reservation,
  request: { readonly checkValue: Uint8Array; readonly material: WrappedMaterial },
): Promise<void> {
  const { checkValue, material } = request
  let seen: Uint8Array
  try {
    seen = await unwrapMaterial(hsm, { cmk, material, key, label: cmkLabel(key) })
  } catch (error) {
    // A call that died may have brought it, or one that is under way.
    if (!(error instanceof HsmError) || error.failure !== 'fault') throw error
    seen = await lookAt(hsm, cmk, key).catch(() => {
      throw error
    })
  }
  if (Buffer.from(seen).equals(checkValue)) return
  throw new HsmError('fault', 'The token holds other material under the name of a key version.')
}

/** Takes note of the material, if the CMK still wants it. */
async function settle(
  parts: ImportParts,
  reserved: Reservation,
  request: { readonly checkValue: Uint8Array; readonly expiresAt: number | undefined },
): Promise<void> {
  const { keys, token } = parts
  const { hsm, home } = token
  const { cmk, version, fresh } = reserved
  try {
    await rewriteCmk(keys, cmk, async (now) => {
      requireAlive(now)
      requireImporting(now)
      const versions = await keys.versions(now.id)
      const own = versionOfMaterial(now, versions, request.checkValue)
      if (own?.key.version !== version.key.version) {
        throw new KmsError('KMS.0310', 'Another import of the same key was first.')
      }
      return settleMaterial(now, versions, { ...own, home, expiresAt: request.expiresAt })
    })
  } catch (error) {
    if (error instanceof KmsError) await giveUp({ keys, hsm }, { cmk, version, fresh })
    throw error
  }
}

/**
 * Destroys what an import brought that was refused at the end. A version that was reserved for it loses its check value
 * first, so that no import of the same bytes can build on the object; what was imported before stays for the next one.
 */
async function giveUp(
  { keys, hsm }: { readonly keys: KeyStore; readonly hsm: Hsm },
  { cmk, version, fresh }: Reservation,
): Promise<void> {
  const { key } = version
  const current = await keys.findAnywhere(cmk.id)
  if (current?.destroyedAt !== undefined) return await hsm.destroyKey(key).catch(() => undefined)
  if (!current || !fresh) return
  const given = await rewriteCmk(keys, current, async (now) => {
    const own = (await keys.versions(now.id)).find(({ key }) => key.version === version.key.version)
    if (!own || own.present || !isOf(own, version.checkValue)) return undefined
    return { cmk: now, versions: [{ ...own, checkValue: new Uint8Array(0) }] }
  }).catch(() => undefined)
  if (given) await hsm.destroyKey(key).catch(() => undefined)
}

async function lookAt(hsm: Hsm, cmk: Cmk, key: KeyRef): Promise<Uint8Array> {
  const row = keySpecRow(cmk.spec)
  if (row.form === 'secret') return await hsm.checkValue({ key, kind: row.algorithm })
  return sha256(await hsm.publicKey(key))
}

import type { Cmk, KeyVersion } from './cmk.js'
import { forgetMaterial, lapsedVersions, suspendForLapse } from './imported-versions.js'
import { destroyVersions } from './destroy-versions.js'
import type { KeyStore } from './key-store.js'
import type { Tokens } from './keystore.js'
import { rewriteCmk } from './rewrite-cmk.js'

/**
 * Destroys the imported material of a CMK whose time is over: first the row says that the key awaits import, then the
 * objects go, then the row says that they are gone. In between nothing can be imported in their place, and a crash
 * leaves the work due, so that it is done again. Returns the versions that went.
 */
export async function removeLapsedMaterial(
  parts: { readonly keys: KeyStore; readonly tokens: Pick<Tokens, 'at'> },
  first: Cmk,
  now: number,
): Promise<readonly KeyVersion[]> {
  const { keys, tokens } = parts
  let lapsed: readonly KeyVersion[] = []
  let cmk = first
  const suspended = await rewriteCmk(keys, first, async (fresh) => {
    cmk = fresh
    lapsed = lapsedVersions(await keys.versions(fresh.id), now)
    const changed = fresh.destroyedAt === undefined && suspendForLapse(fresh, lapsed)
    return changed ? { cmk: changed } : undefined
  })
  if (lapsed.length === 0) return []
  await destroyVersions(tokens, cmk, lapsed)
  let gone: readonly KeyVersion[] = []
  await rewriteCmk(keys, suspended ?? cmk, async (fresh) => {
    const versions = await keys.versions(fresh.id)
    gone = lapsedVersions(versions, now)
    return gone.length === 0 ? undefined : forgetMaterial(fresh, versions, gone)
  })
  return gone
}

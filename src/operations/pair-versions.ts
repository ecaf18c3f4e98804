import type { Cmk } from '../core/cmk.js'
import { RetiredToken } from '../core/home.js'
import type { KeyRef } from '../core/ids.js'
import type { Token } from '../core/keystore.js'
import type { Service } from '../core/service.js'
import type { ProjectCall } from './operation.js'
import { tokenHolding } from './version-token.js'

/**
 * Asks the versions of a pair or an HMAC key, newest first, until one has an answer: signatures, MACs and bare ciphertexts
 * name no version, and a key that was replaced when it moved to another token has several. A version whose token was
 * retired is gone and passed over.
 *
 * @param ask - gives nothing where the version has no answer
 * @returns the first answer; nothing where no version has one
 * @throws KmsError KMS.0340, HsmError
 */
export async function firstAnswer<Answer>(
  service: Pick<Service, 'keys' | 'tokens'>,
  { trace }: Pick<ProjectCall, 'trace'>,
  cmk: Cmk,
  ask: (key: KeyRef, token: Token) => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  trace.keyVersion = cmk.currentVersion
  for (const version of await versionsOf(service, cmk)) {
    const token = await tokenUnlessRetired(service, cmk, version)
    const answer = token && (await ask({ keyId: cmk.id, version }, token))
    if (answer === undefined) continue
    trace.keyVersion = version
    return answer
  }
  return undefined
}

/** Nearly every such key has one version for ever, which costs no look into the store. */
async function versionsOf({ keys }: Pick<Service, 'keys'>, cmk: Cmk): Promise<readonly number[]> {
  const { currentVersion } = cmk
  if (currentVersion === 1) return [currentVersion]
  const versions = await keys.versions(cmk.id)
  const earlier = versions
    .filter(({ use, key }) => use === 'in-use' && key.version < currentVersion)
    .map(({ key }) => key.version)
  return [currentVersion, ...earlier.sort((a, b) => b - a)]
}

/** The newest version is asked for in any case: of a key that has no other its end is what the caller must hear. */
async function tokenUnlessRetired(
  service: Pick<Service, 'tokens'>,
  cmk: Cmk,
  version: number,
): Promise<Token | undefined> {
  try {
    return await tokenHolding(service, cmk, version)
  } catch (error) {
    if (error instanceof RetiredToken && version !== cmk.currentVersion) return undefined
    throw error
  }
}

import type { Cmk, KeyVersion } from './cmk.js'
import { RetiredToken } from './home.js'
import type { Tokens } from './keystore.js'

/**
 * Destroys versions of a CMK, each on the token that it is on. On a token that was retired there is nothing left to
 * destroy: the operator has said so.
 *
 * @throws KmsError KMS.0340, HsmError
 */
export async function destroyVersions(
  tokens: Pick<Tokens, 'at'>,
  { keystoreId }: Pick<Cmk, 'keystoreId'>,
  versions: readonly KeyVersion[],
): Promise<void> {
  await Promise.all(
    versions.map(async ({ key, home }) => {
      try {
        const { hsm } = await tokens.at(keystoreId, home)
        await hsm.destroyKey(key)
      } catch (error) {
        if (!(error instanceof RetiredToken)) throw error
      }
    }),
  )
}

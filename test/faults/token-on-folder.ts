import { join } from 'node:path'
import { prepareDevelopmentToken } from 'softhsm-config-scripts'
import type { TestToken } from '../support/test-token.js'

/** A SoftHSM token whose files are where the test can get at them. */
export interface TokenOnFolder extends TestToken {
  /** SoftHSM's own folder, with the objects of the token. */
  readonly tokens: string
}

/** Makes a token below a folder, which the caller deletes. */
export async function openTokenOn(folder: string): Promise<TokenOnFolder> {
  const { uri, environment, files } = await prepareDevelopmentToken(join(folder, 'softhsm'))
  return {
    profile: 'softhsm2',
    uri,
    environment: { ...environment },
    tokens: files.tokens,
    remove: () => Promise.resolve(),
  }
}

import { RetiredToken } from './core/home.js'
import { HsmError } from './core/hsm.js'
import { KmsError } from './core/errors.js'
import { DEFAULT_KEYSTORE, type Token, type Tokens } from './core/keystore.js'
import type { CredentialSealing } from './core/sealed-record.js'
import type { ServiceKeyStore } from './core/service-key.js'
import type { ServiceKeys } from './core/service-keys.js'

/** What seals the secrets of the service's own under the credential key in use, and opens those of every generation. */
export function credentialSealing(parts: {
  readonly own: Token & ServiceKeys
  readonly tokens: Pick<Tokens, 'at'>
  readonly serviceKeys: Pick<ServiceKeyStore, 'list'>
}): CredentialSealing {
  const { own, tokens, serviceKeys } = parts
  return {
    ...own,
    async ofGeneration(generation) {
      // Another replica may have made it a moment ago, on the next token.
      const rows = await serviceKeys.list(DEFAULT_KEYSTORE)
      const row = rows.find(
        ({ purpose, key }) => purpose === 'credential' && key.version === generation,
      )
      return row && { ...(await tokenAt(tokens, row.home)), credentialKey: row.key }
    },
  }
}

/** Whoever brings the record asked for no key: what he hears is that the service cannot open it, now or ever. */
async function tokenAt(tokens: Pick<Tokens, 'at'>, home: number): Promise<Token> {
  try {
    return await tokens.at(DEFAULT_KEYSTORE, home)
  } catch (error) {
    if (!(error instanceof KmsError)) throw error
    throw new HsmError(
      error instanceof RetiredToken ? 'key-missing' : 'unavailable',
      `The credential key is on a token that cannot be used. ${error.message}`,
    )
  }
}

import { Type } from './packages/typebox.js'
import { type Environment, SettingError } from './setting.js'
import { type SecondToken, TokenEntry, readSettingsFile, tokenOfEntry } from './token-entry.js'

const PreviousFile = Type.Object(TokenEntry, { additionalProperties: false })

const VARIABLE = 'KMS_HSM_PREVIOUS'

/**
 * Reads the file of the token that the default keystore had before; nothing where the settings name none.
 *
 * @param processes - how many HTTP processes open the token, with an agent at least
 * @throws SettingError
 */
export function loadPreviousToken(
  environment: Environment,
  processes = 1,
): SecondToken | undefined {
  const path = environment[VARIABLE]
  if (path === undefined || path === '') return undefined
  const entry = readSettingsFile(path, PreviousFile, {
    variable: VARIABLE,
    schemaOf: 'the previous token',
  })
  return tokenOfEntry(entry, {
    environment,
    processes,
    unusable: (sentence, options) => new SettingError(VARIABLE, sentence, options),
  })
}

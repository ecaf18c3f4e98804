import { KmsError } from './errors.js'

/** Names with this end belong to the keys that services make for themselves. */
const RESERVED_SUFFIX = '/default'

/**
 * Takes a text of the form of a name for the name of a CMK. KMS API: Creating a CMK, key_alias.
 *
 * @throws KmsError KMS.1101 for a reserved one
 */
export function parseKeyAlias(alias: string): string {
  if (alias.endsWith(RESERVED_SUFFIX)) {
    throw new KmsError(
      'KMS.1101',
      `key_alias must not end in ${RESERVED_SUFFIX}, which is reserved.`,
    )
  }
  return alias
}

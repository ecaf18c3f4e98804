import { type Static, Type } from '../packages/typebox.js'
import { ALIAS_PREFIX, type Alias } from '../core/alias.js'
import { NAME_PATTERN, failing } from './fields.js'

/** Alias of the published examples. */
export const EXAMPLE_ALIAS = {
  domain_id: '3bab8e245e854f68af5967c00dd43127',
  key_id: '0d0466b0-e727-4d9c-b35d-f84bb474a37f',
  alias: 'alias/kms-1234',
  alias_urn: 'kms:eu-west-101:3bab8e245e854f68af5967c00dd43127:alias:kms-1234',
  create_time: '2024-04-01T00:00:00Z',
  update_time: '2024-04-01T00:00:00Z',
}

/** An alias in a request: with its prefix or, as older documents write it, without. */
export const AliasField = Type.String({
  description: 'alias/<name>; a name without the prefix is taken alike.',
  pattern: `^(?:alias/${NAME_PATTERN}|(?!alias/)${NAME_PATTERN})$`,
  ...failing({
    code: 'KMS.1101',
    expected:
      'alias/ and a name of 1 to 255 letters, digits, colons, slashes, underscores or hyphens',
  }),
})

/** What the wire contract says of one alias. */
export const AliasDetails = Type.Object({
  domain_id: Type.String({ description: 'Account id.' }),
  key_id: Type.String({ description: 'Key that the alias names.' }),
  alias: Type.String({ description: 'Alias, with its prefix.' }),
  alias_urn: Type.String({ description: 'kms:<region>:<domain_id>:alias:<name>.' }),
  create_time: Type.String({ description: 'Time of creation, ISO 8601, UTC, to the second.' }),
  update_time: Type.String({ description: 'Time of the last change, written alike.' }),
})

/** Puts the prefix before the name of an alias where it is not there. */
export function storedAlias(alias: string): string {
  return alias.startsWith(ALIAS_PREFIX) ? alias : ALIAS_PREFIX + alias
}

/** Renders an alias as the wire contract writes it. */
export function aliasDetails(alias: Alias, region: string): Static<typeof AliasDetails> {
  const name = alias.name.slice(ALIAS_PREFIX.length)
  return {
    domain_id: alias.domainId,
    key_id: alias.keyId,
    alias: alias.name,
    alias_urn: `kms:${region}:${alias.domainId}:alias:${name}`,
    create_time: toTheSecond(alias.createdAt),
    update_time: toTheSecond(alias.updatedAt),
  }
}

function toTheSecond(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
}

import { type Static, Type } from 'typebox'
import { KmsError } from '../core/errors.js'
import { keySpecRow } from '../core/key-specs.js'
import { generateCmk } from './generate-cmk.js'
import { KeySpecField, KeyUsageField, OneOf, ProjectPath, Sequence, failing } from './fields.js'
import { defineOperation } from './operation.js'

const ALIAS = '^[a-zA-Z0-9:/_-]{1,255}$'
/** Names with this end belong to the keys that services make for themselves. */
const RESERVED_SUFFIX = '/default'
/** The one keystore there is: the token of this service. */
const DEFAULT_KEYSTORE = '0'
const DEFAULT_ENTERPRISE_PROJECT = '0'

const Body = Type.Object({
  key_alias: Type.String({
    description: 'Name of the key, unique in the project.',
    pattern: ALIAS,
    ...failing({
      code: 'KMS.1101',
      expected: '1 to 255 letters, digits, colons, slashes, underscores or hyphens',
    }),
  }),
  key_spec: Type.Optional(KeySpecField),
  key_usage: Type.Optional(KeyUsageField),
  key_description: Type.Optional(
    Type.String({
      description: 'Free text.',
      maxLength: 255,
      // Neither a NUL nor half of a surrogate pair can be stored as text in every database.
      pattern: '^[^\\u0000\\p{Cs}]*$',
      ...failing({ code: 'KMS.1103', expected: 'a text of at most 255 characters' }),
    }),
  ),
  origin: Type.Optional(
    OneOf(['kms', 'external'], {
      description: 'Where the key material comes from.',
      code: 'KMS.0308',
    }),
  ),
  enterprise_project_id: Type.Optional(
    Type.String({
      description: 'Enterprise project that owns the key; 0 is the default one.',
      pattern: '^[0-9a-zA-Z-]{1,36}$',
      ...failing({
        code: 'KMS.0308',
        expected: 'the id of an enterprise project, or 0 for the default one',
      }),
    }),
  ),
  keystore_id: Type.Optional(
    Type.String({
      description: 'Keystore that will hold the material; only 0, the default one.',
      ...failing({ code: 'KMS.0340', expected: 'a text' }),
    }),
  ),
  sequence: Sequence,
})

/** Makes a CMK: its material in the HSM, its record in the store. */
export const createKey = defineOperation({
  name: 'CreateKey',
  group: 'Key lifecycle',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/create-key',
  action: 'kms:cmk:create',
  summary: 'Create a master key.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({
    key_info: Type.Object({
      key_id: Type.String({ description: 'Id of the new key.' }),
      domain_id: Type.String({ description: 'Account that owns it.' }),
      region_id: Type.String({ description: 'Region id.' }),
    }),
  }),
  status: 200,
  errors: ['KMS.0340', 'KMS.1101', 'KMS.1103', 'KMS.1104', 'KMS.1105', 'KMS.1110'],
  example: {
    request: { key_alias: 'test' },
    response: {
      key_info: {
        key_id: 'bb6a3d22-dc93-47ac-b5bd-88df7ad35f1e',
        domain_id: 'b168fe00ff56492495a7d22974df2d0b',
        region_id: 'eu-west-101',
      },
    },
  },
  async handle({ body }, service, call) {
    const cmk = await generateCmk(service, call, {
      alias: parseAlias(body.key_alias),
      description: body.key_description ?? '',
      enterpriseProjectId: body.enterprise_project_id ?? DEFAULT_ENTERPRISE_PROJECT,
      keystoreId: requireKeystore(body.keystore_id ?? DEFAULT_KEYSTORE),
      ...chooseSpec(body),
    })
    return {
      key_info: { key_id: cmk.id, domain_id: cmk.domainId, region_id: service.region },
    }
  },
})

function parseAlias(alias: string): string {
  if (alias.endsWith(RESERVED_SUFFIX)) {
    throw new KmsError(
      'KMS.1101',
      `key_alias must not end in ${RESERVED_SUFFIX}, which is reserved.`,
    )
  }
  return alias
}

function requireKeystore(keystoreId: string): string {
  if (keystoreId !== DEFAULT_KEYSTORE) {
    throw new KmsError(
      'KMS.0340',
      `keystore_id must be ${DEFAULT_KEYSTORE}, the only keystore here.`,
    )
  }
  return keystoreId
}

function chooseSpec(body: Static<typeof Body>) {
  const spec = body.key_spec ?? 'AES_256'
  const row = keySpecRow(spec)
  if (!row) {
    throw new KmsError('KMS.1110', `Keys of the specification ${spec} cannot be made here.`)
  }
  const usage = body.key_usage ?? row.usages[0]
  if (!row.usages.includes(usage)) {
    throw new KmsError(
      'KMS.0308',
      `key_usage must be ${row.usages.join(' or ')} for the specification ${spec}.`,
    )
  }
  if (body.origin === 'external') {
    throw new KmsError('KMS.0308', 'origin must be kms: key material cannot be imported here.')
  }
  return { spec, usage, kind: row.kind }
}

import { type Static, Type } from '../packages/typebox.js'
import type { Cmk } from '../core/cmk.js'
import { KmsError } from '../core/errors.js'
import { parseKeyAlias } from '../core/key-alias.js'
import { isImportable, keySpecRow } from '../core/key-specs.js'
import { DEFAULT_KEYSTORE } from '../core/keystore.js'
import type { Service } from '../core/service.js'
import { generateCmk } from './generate-cmk.js'
import {
  KeyAliasField,
  KeyDescriptionField,
  KeySpecField,
  KeyUsageField,
  OneOf,
  ProjectPath,
  Sequence,
  failing,
} from './fields.js'
import { type ProjectCall, defineOperation } from './operation.js'

const DEFAULT_ENTERPRISE_PROJECT = '0'

const Body = Type.Object({
  key_alias: KeyAliasField,
  key_spec: Type.Optional(KeySpecField),
  key_usage: Type.Optional(KeyUsageField),
  key_description: Type.Optional(KeyDescriptionField),
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
      description: 'Keystore that will hold the material; 0, 1 and 2 are the default one.',
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
  identityAction: 'kms:cmk:create',
  target: 'new-key',
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
  errors: [
    'KMS.0339',
    'KMS.0340',
    'KMS.0341',
    'KMS.1101',
    'KMS.1103',
    'KMS.1104',
    'KMS.1105',
    'KMS.1110',
  ],
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
    const alias = parseKeyAlias(body.key_alias)
    const chosen = chooseSpec(body)
    const keystoreId = await chooseKeystore(service, call, body.keystore_id ?? DEFAULT_KEYSTORE)
    const origin = chooseOrigin(body, { ...chosen, keystoreId })
    await call.access.require({ keystoreId, spec: chosen.spec, origin })
    const cmk = await generateCmk(service, call, {
      alias,
      description: body.key_description ?? '',
      enterpriseProjectId: body.enterprise_project_id ?? DEFAULT_ENTERPRISE_PROJECT,
      keystoreId,
      ...chosen,
      origin,
    })
    return {
      key_info: { key_id: cmk.id, domain_id: cmk.domainId, region_id: service.region },
    }
  },
})

/** Ids that the wire contract gives to keystores of the provider; here all of them are the token of the service. */
const PROVIDER_KEYSTORES: ReadonlySet<string> = new Set([DEFAULT_KEYSTORE, '1', '2'])

async function chooseKeystore(
  { keystores }: Service,
  { caller }: ProjectCall,
  keystoreId: string,
): Promise<string> {
  if (PROVIDER_KEYSTORES.has(keystoreId)) return DEFAULT_KEYSTORE
  const keystore = await keystores.find(keystoreId)
  if (keystore?.domainId === caller.domainId) return keystore.id
  throw new KmsError('KMS.0340', 'keystore_id names no keystore of this account.')
}

function chooseSpec(body: Static<typeof Body>) {
  const spec = body.key_spec ?? 'AES_256'
  const { usages } = keySpecRow(spec)
  const usage = body.key_usage ?? usages[0]
  if (!usages.includes(usage)) {
    throw new KmsError(
      'KMS.0308',
      `key_usage must be ${usages.join(' or ')} for the specification ${spec}.`,
    )
  }
  return { spec, usage }
}

function chooseOrigin(
  body: Static<typeof Body>,
  { spec, usage, keystoreId }: Pick<Cmk, 'spec' | 'usage' | 'keystoreId'>,
): Cmk['origin'] {
  const { origin = 'kms' } = body
  if (origin === 'kms') return origin
  if (keystoreId !== DEFAULT_KEYSTORE) {
    throw new KmsError('KMS.0339', 'origin must be kms in a dedicated keystore.')
  }
  const row = keySpecRow(spec)
  if (row.family === 'hmac') {
    throw new KmsError('KMS.0341', 'origin must be kms for HMAC keys: they are not imported.')
  }
  if (!isImportable(row, usage)) {
    throw new KmsError('KMS.0308', `origin must be kms: ${spec} for ${usage} is not imported.`)
  }
  return origin
}

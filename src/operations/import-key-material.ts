import { type Static, Type } from '../packages/typebox.js'
import { decodeBase64 } from '../codec/base64.js'
import type { Cmk } from '../core/cmk.js'
import { parseWhole } from '../core/datakey.js'
import { KmsError } from '../core/errors.js'
import { importMaterial } from '../core/import-material.js'
import {
  requireImporting,
  requireImports,
  requireOaepHash,
  tokenForImport,
} from '../core/import-parameters.js'
import { checkImportToken, expiredToken } from '../core/import-token.js'
import { keySpecRow } from '../core/key-specs.js'
import { EXAMPLE_KEY_ID } from './examples.js'
import { KeyIdField, ProjectPath, Sequence, WholeNumber, failing } from './fields.js'
import { loadCmk } from './load-cmk.js'
import { defineOperation } from './operation.js'

/** Bytes of what is wrapped under the RSA-2048 key. */
const WRAPPED_BYTES = 256

/** Latest moment that a date can say in four digits, 9999-12-31; milliseconds sent for seconds are beyond it. */
const LAST_SECOND = 253_402_300_799

const Body = Type.Object({
  key_id: KeyIdField,
  import_token: Type.String({
    description: 'Token of get-parameters-for-import.',
    pattern: '^[0-9a-zA-Z+/=]{200,6144}$',
    ...failing({
      code: 'KMS.2605',
      expected:
        'the token that get-parameters-for-import returned, 200 to 6144 characters of base64',
    }),
  }),
  encrypted_key_material: Type.String({
    description:
      'Material of a symmetric key, or for a pair a temporary AES key, wrapped under the public key; base64.',
    pattern: '^[0-9a-zA-Z+/=]{344,360}$',
    ...failing({
      code: 'KMS.2604',
      expected: '344 to 360 characters of base64: what RSA-2048 makes of the material',
    }),
  }),
  encrypted_privatekey: Type.Optional(
    Type.String({
      description:
        'Pairs only: the private key (PKCS#8) wrapped under the temporary AES key by RFC 5649; base64.',
      pattern: '^[0-9a-zA-Z+/=]{200,6144}$',
      ...failing({ code: 'KMS.2609', expected: '200 to 6144 characters of base64' }),
    }),
  ),
  expiration_time: Type.Optional(
    WholeNumber({
      description: 'When the material lapses, in seconds since 1970; absent: never.',
      code: 'KMS.2602',
      expected: 'a time in seconds since 1970',
    }),
  ),
  sequence: Sequence,
})

/** Imports material that was wrapped under the public key of {@link createParametersForImport}. */
export const importKeyMaterial = defineOperation({
  name: 'ImportKeyMaterial',
  group: 'Key import',
  method: 'POST',
  path: '/v1.0/{project_id}/kms/import-key-material',
  action: 'kms:cmk:importMaterial',
  identityAction: 'kms:cmk:importMaterial',
  target: 'key',
  summary: 'Import key material.',
  request: { path: ProjectPath, body: Body },
  response: Type.Object({}),
  status: 200,
  errors: [
    'KMS.0205',
    'KMS.0207',
    'KMS.0309',
    'KMS.0310',
    'KMS.0311',
    'KMS.0339',
    'KMS.0340',
    'KMS.0341',
    'KMS.2601',
    'KMS.2602',
    'KMS.2603',
    'KMS.2604',
    'KMS.2605',
    'KMS.2606',
    'KMS.2608',
    'KMS.2609',
    'KMS.2610',
  ],
  example: {
    request: {
      key_id: EXAMPLE_KEY_ID,
      import_token: Buffer.alloc(160).toString('base64'),
      encrypted_key_material: Buffer.alloc(WRAPPED_BYTES).toString('base64'),
      expiration_time: 1501578672,
    },
    response: {},
  },
  async handle({ body }, service, call) {
    const now = service.clock()
    const cmk = await loadCmk(service, call, body.key_id)
    requireImporting(cmk)
    const expiresAt = parseExpiry(body.expiration_time, now)
    const token = await tokenForImport(service, cmk)
    const permit = await checkImportToken(token, {
      token: decodeBase64(body.import_token) ?? new Uint8Array(0),
      cmkId: cmk.id,
      now,
    })
    const pair = await service.importPairs.find(permit.pair)
    // What is under the pair of another token cannot be unwrapped on this one.
    if (pair?.home !== token.home) throw expiredToken()
    requireImports(token.hsm.limits, cmk)
    requireOaepHash(token, permit.hash)
    const parts = { keys: service.keys, token, clock: service.clock }
    await importMaterial(parts, cmk, { ...permit, ...parseWrapped(body, cmk), expiresAt })
    return {}
  },
})

function parseExpiry(seconds: string | number | undefined, now: number): number | undefined {
  if (seconds === undefined) return undefined
  const rule = { field: 'expiration_time', min: 0, max: LAST_SECOND, code: 'KMS.2602' } as const
  const at = 1000 * parseWhole(seconds, rule)
  if (at > now) return at
  throw new KmsError('KMS.2602', 'expiration_time must be in the future, in seconds since 1970.')
}

function parseWrapped(body: Static<typeof Body>, { spec }: Pick<Cmk, 'spec'>) {
  const isPair = keySpecRow(spec).form === 'pair'
  const wrapped = decodeBase64(body.encrypted_key_material)
  if (wrapped?.length !== WRAPPED_BYTES) {
    throw new KmsError(
      isPair ? 'KMS.2610' : 'KMS.2604',
      `encrypted_key_material must be ${WRAPPED_BYTES} bytes in base64, as RSA-2048 makes them.`,
    )
  }
  if (!isPair) return { wrapped, wrappedPrivate: undefined }
  if (body.encrypted_privatekey === undefined) {
    throw new KmsError('KMS.2608', 'encrypted_privatekey is missing: the key is asymmetric.')
  }
  const wrappedPrivate = decodeBase64(body.encrypted_privatekey)
  if (wrappedPrivate) return { wrapped, wrappedPrivate }
  throw new KmsError('KMS.2609', 'encrypted_privatekey must be base64 with its padding.')
}

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { KmsError } from '../../src/core/errors.js'
import type { Hsm } from '../../src/core/hsm.js'
import { type KeyStore, StoreUnavailable } from '../../src/core/key-store.js'
import { KEY_SPECS, keySpecRow } from '../../src/core/key-specs.js'
import { expectError } from '../http/expect-error.js'
import {
  DOMAIN,
  OTHER_PROJECT,
  PROJECT,
  REGION,
  type TestApp,
  startApp,
} from '../http/start-app.js'

const QUOTA = 6

let app: TestApp
let insert: ((real: KeyStore['insert']) => KeyStore['insert']) | undefined
beforeAll(async () => {
  app = await startApp({
    service: (service) => ({
      ...service,
      cmkQuota: QUOTA,
      keys: {
        ...service.keys,
        insert: (request) =>
          (insert?.(service.keys.insert.bind(service.keys)) ?? service.keys.insert)(request),
      },
    }),
  })
})
afterAll(() => app.close())

/** Ids of the CMKs on the token. */
async function onToken(hsm: Hsm): Promise<readonly string[]> {
  const keys = await hsm.inspectKeys()
  return keys.filter(({ label }) => label.startsWith('cmk/')).map(({ label }) => label)
}

describe('CreateKey', () => {
  test('makes the key in the HSM and describes it', async () => {
    const before = Date.now()
    const created = await app.call('CreateKey', {
      key_alias: 'team/payments:db_1-key',
      key_description: 'Ключ 🔑',
      enterprise_project_id: 'b168fe00-ff56-4924-95a7-d22974df2d0b',
      key_spec: 'AES_256',
      key_usage: 'ENCRYPT_DECRYPT',
      origin: 'kms',
      keystore_id: '0',
    })
    const { key_id } = created.json['key_info'] as { key_id: string }
    expect(created.json).toEqual({ key_info: { key_id, domain_id: DOMAIN, region_id: REGION } })
    expect(await onToken(app.service.hsm)).toContain(`cmk/${key_id}/1`)
    const { json } = await app.call('ListKeyDetail', { key_id })
    expect(json['key_info']).toEqual({
      key_id,
      domain_id: DOMAIN,
      key_alias: 'team/payments:db_1-key',
      realm: REGION,
      key_spec: 'AES_256',
      key_usage: 'ENCRYPT_DECRYPT',
      key_description: 'Ключ 🔑',
      creation_date: expect.stringMatching(/^\d{13}$/),
      scheduled_deletion_date: '',
      key_state: '2',
      default_key_flag: '0',
      key_type: '1',
      expiration_time: '',
      origin: 'kms',
      key_rotation_enabled: 'false',
      sys_enterprise_project_id: 'b168fe00-ff56-4924-95a7-d22974df2d0b',
      keystore_id: '0',
    })
    const created_at = Number((json['key_info'] as { creation_date: string }).creation_date)
    expect(created_at).toBeGreaterThanOrEqual(before)
    expect(created_at).toBeLessThanOrEqual(Date.now())
    expect(app.events()).toContainEqual(expect.objectContaining({ operation: 'CreateKey', key_id }))
  })

  test('makes every specification that the token has, and refuses the others by their names', async () => {
    // The quota of the common application is small.
    const roomy = await startApp()
    try {
      const { algorithms } = roomy.service.hsm.limits
      for (const key_spec of KEY_SPECS) {
        if (algorithms.includes(keySpecRow(key_spec).algorithm)) {
          const key_id = await roomy.createCmk({ key_spec })
          const { json } = await roomy.call('ListKeyDetail', { key_id })
          expect(json['key_info']).toMatchObject({ key_spec, key_state: '2' })
        } else {
          const reply = await roomy.call('CreateKey', { key_alias: 'other-spec', key_spec })
          expect(expectError(reply, 'KMS.1110')).toContain(key_spec)
        }
      }
      const unknown = { key_alias: 'x', key_spec: 'AES_512' }
      expectError(await roomy.call('CreateKey', unknown), 'KMS.1110')
    } finally {
      await roomy.close()
    }
  })

  test.each([
    [{ key_usage: 'SIGN_VERIFY' }, 'KMS.0308', 'key_usage'],
    [{ key_usage: 'EVERYTHING' }, 'KMS.0308', 'key_usage'],
    [{ origin: 'external', key_spec: 'ED25519' }, 'KMS.0308', 'origin'],
    [{ origin: 'external', key_spec: 'HMAC_256' }, 'KMS.0341', 'origin'],
    [{ origin: 'elsewhere' }, 'KMS.0308', 'origin'],
    [{ keystore_id: '3' }, 'KMS.0340', 'keystore_id'],
    [{ enterprise_project_id: 'a b' }, 'KMS.0308', 'enterprise_project_id'],
    [{ key_alias: '' }, 'KMS.1101', 'key_alias'],
    [{ key_alias: 'a'.repeat(256) }, 'KMS.1101', 'key_alias'],
    [{ key_alias: 'with blank' }, 'KMS.1101', 'key_alias'],
    [{ key_alias: 'line\n' }, 'KMS.1101', 'key_alias'],
    [{ key_alias: 'obs/default' }, 'KMS.1101', 'key_alias'],
    [{ key_description: 'a'.repeat(256) }, 'KMS.1103', 'key_description'],
    [{ key_description: 'a\u0000b' }, 'KMS.1103', 'key_description'],
    [{ key_description: '\ud800' }, 'KMS.1103', 'key_description'],
    [{ sequence: 'short' }, 'KMS.0206', 'sequence'],
  ] as const)('refuses %j with %s', async (fields, code, named) => {
    const before = await onToken(app.service.hsm)
    const reply = await app.call('CreateKey', { key_alias: 'fine', ...fields })
    expect(expectError(reply, code)).toContain(named)
    expect(await onToken(app.service.hsm)).toEqual(before)
  })

  test('takes the longest alias and description', async () => {
    const body = { key_alias: 'a'.repeat(255), key_description: '🔑'.repeat(255) }
    expect((await app.call('CreateKey', body)).status).toBe(200)
  })

  test('refuses an alias twice in one project, not in another', async () => {
    const body = { key_alias: 'shared-name' }
    expect((await app.call('CreateKey', body)).status).toBe(200)
    expectError(await app.call('CreateKey', body), 'KMS.1104')
    expect((await app.call('CreateKey', body, { project: OTHER_PROJECT })).status).toBe(200)
  })
})

describe('a failed insert', () => {
  test('of a refusal destroys the key on the token', async () => {
    insert = () => () => Promise.reject(new KmsError('KMS.1104'))
    const before = await onToken(app.service.hsm)
    expectError(await app.call('CreateKey', { key_alias: 'raced' }), 'KMS.1104')
    expect(await onToken(app.service.hsm)).toEqual(before)
  })

  test('of an outage leaves it: the row may still be on its way', async () => {
    insert = () => () => Promise.reject(new StoreUnavailable('gone'))
    const before = await onToken(app.service.hsm)
    expectError(await app.call('CreateKey', { key_alias: 'outage' }), 'KMS.0104')
    expect(await onToken(app.service.hsm)).toHaveLength(before.length + 1)
  })

  test('whose row is there after all is none', async () => {
    insert = (real) => async (request) => {
      await real(request)
      throw new StoreUnavailable('The answer was lost.')
    }
    const reply = await app.call('CreateKey', { key_alias: 'lost-answer' })
    const { key_id } = reply.json['key_info'] as { key_id: string }
    expect(await onToken(app.service.hsm)).toContain(`cmk/${key_id}/1`)
    expect((await app.call('CreateDatakey', { key_id })).status).toBe(200)
  })
})

test('many at once never exceed the quota, and leave no key behind', async () => {
  insert = undefined
  const stored = await app.service.keys.countByProject(PROJECT)
  const before = await onToken(app.service.hsm)
  const aliases = Array.from({ length: 12 }, (_, index) => `crowd-${index}`)
  const replies = await Promise.all(
    aliases.map((key_alias) => app.call('CreateKey', { key_alias })),
  )
  for (const reply of replies) if (reply.status !== 200) expectError(reply, 'KMS.1105')
  expect(await app.service.keys.countByProject(PROJECT)).toBe(QUOTA)
  expect(await onToken(app.service.hsm)).toHaveLength(before.length + QUOTA - stored)
})

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { KEY_SPECS, keySpecRow } from '../../src/core/key-specs.js'
import { EC_PAIR_SPECS, RSA_PAIR_SPECS, pairAlgorithm } from '../../src/core/pair-specs.js'
import { noToken } from '../support/chosen-token.js'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import { limits, makes } from '../support/lacks.js'
import { OfficialClient, text } from '../support/official-client.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'

/*
 * What the profile of the token says that it cannot do, asked of the running service: each is a refusal of the client's
 * call with a documented code, and never an outage. Every token lacks something, SoftHSM too.
 */

describeUnless(noToken, 'what the token cannot do', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>
  let service: ServiceProcess
  let client: OfficialClient
  let key_id: string

  beforeAll(async () => {
    folder = await newFolder()
    service = await startServiceProcess(join(folder.path, 'var'))
    client = new OfficialClient(service.credentials())
    key_id = await client.createKey('lacking')
  }, 90_000)
  afterAll(async () => {
    expect(await service.end('SIGTERM')).toBe(0)
    await folder.remove()
  })

  async function codeOf(operation: string, body: Readonly<Record<string, unknown>>) {
    const { status, body: answer } = await client.call(operation, body)
    return [status, status === 200 ? undefined : text(answer, 'error_code')]
  }

  test('keys that it does not make are not promised', async () => {
    const absent = KEY_SPECS.filter((spec) => !makes(spec))
    expect(absent).not.toEqual([])
    for (const key_spec of absent) {
      const wish = { key_alias: `no-${key_spec}`, key_spec }
      expect([key_spec, await codeOf('create-key', wish)]).toEqual([key_spec, [400, 'KMS.1110']])
    }
  })

  test('data keys longer than it wraps are refused', async () => {
    const bits = 8 * (limits.maxSecretBytes + 1)
    const refused = [400, bits > 8192 ? expect.any(String) : 'KMS.1901']
    for (const operation of ['create-datakey', 'create-datakey-without-plaintext']) {
      const body = { key_id, datakey_length: String(bits) }
      expect(await codeOf(operation, body)).toEqual(refused)
    }
  })

  describe('pairs', () => {
    test.each([
      ['create-rsa-datakey-pair', RSA_PAIR_SPECS],
      ['create-ec-datakey-pair', EC_PAIR_SPECS],
    ] as const)(
      'that it does not make and wrap are refused by %s',
      async (operation, specs) => {
        for (const key_spec of specs) {
          let code: string | undefined
          try {
            pairAlgorithm(key_spec, limits)
          } catch {
            code = 'KMS.1902'
          }
          const [status, seen] = await codeOf(operation, { key_id, key_spec })
          expect([key_spec, status, seen]).toEqual([key_spec, code ? 400 : 200, code])
        }
      },
      120_000,
    )
  })

  test('material that it takes in is asked for, and no other', async () => {
    for (const key_spec of ['AES_256', 'EC_P256'] as const) {
      const kind = keySpecRow(key_spec).form === 'pair' ? 'pairs' : 'secrets'
      const wish = { key_alias: `import-${key_spec}`, key_spec, origin: 'external' }
      expect(await codeOf('create-key', wish)).toEqual(
        limits.imports.includes(kind) ? [200, undefined] : [400, 'KMS.0308'],
      )
    }
  })

  test('texts and agreements are refused where it has none', async () => {
    expect(await codeOf('encrypt-data', { key_id, plain_text: 'x' })).toEqual(
      limits.sealsData ? [200, undefined] : [400, 'KMS.2105'],
    )
    const wish = { key_alias: 'agreement', key_spec: 'EC_P256', key_usage: 'KEY_AGREEMENT' }
    expect(await codeOf('create-key', wish)).toEqual(
      limits.agrees ? [200, undefined] : [400, 'KMS.1110'],
    )
  })
})

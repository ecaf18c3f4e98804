import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeUnless } from '../support/describe-unless.js'
import { digested } from '../support/digested-datakey.js'
import { newFolder } from '../support/folder.js'
import { lackOf, limits, testEachUnless, testUnless } from '../support/lacks.js'
import { OfficialClient, text } from '../support/official-client.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'
import { noToken } from '../support/chosen-token.js'
import { newPrivateKey, wrapMaterial, wrapPrivateKey } from '../support/wrapped-material.js'

type Body = Readonly<Record<string, unknown>>

const noPairs = lackOf('imports of pairs', limits.imports.includes('pairs'))

describeUnless(noToken, 'key import', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>
  let service: ServiceProcess
  let client: OfficialClient

  beforeAll(async () => {
    folder = await newFolder()
    service = await startServiceProcess(join(folder.path, 'var'), { KMS_DUE_WORK_INTERVAL_S: '1' })
    client = new OfficialClient(service.credentials())
  }, 90_000)

  afterAll(async () => {
    expect(await service.end('SIGTERM')).toBe(0)
    await folder.remove()
  })

  async function create(key_spec: string): Promise<string> {
    const key_alias = `import-${randomBytes(6).toString('hex')}`
    const { key_info } = await client.succeed('create-key', {
      key_alias,
      key_spec,
      origin: 'external',
    })
    return text(key_info, 'key_id')
  }

  async function parameters(key_id: string, wrapping_algorithm = 'RSAES_OAEP_SHA_256') {
    const answer = await client.succeed('get-parameters-for-import', { key_id, wrapping_algorithm })
    return {
      import_token: text(answer, 'import_token'),
      public_key: text(answer, 'public_key'),
    }
  }

  async function importInto(key_id: string, secret: Uint8Array, extra: Body = {}) {
    const { import_token, public_key } = await parameters(key_id)
    const encrypted_key_material = wrapMaterial(public_key, secret)
    const body = { key_id, import_token, encrypted_key_material, ...extra }
    return client.call('import-key-material', body)
  }

  async function stateOf(key_id: string): Promise<string> {
    return text((await client.succeed('describe-key', { key_id }))['key_info'], 'key_state')
  }

  function lapses(): readonly string[] {
    return service
      .log()
      .split('\n')
      .filter((line) => line.includes('"work":"lapse"'))
  }

  async function until(condition: () => boolean): Promise<void> {
    const limit = Date.now() + 20_000
    while (!condition()) {
      if (Date.now() > limit) throw new Error('It did not happen.')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  test('material comes, goes, and opens what it made when it comes again', async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)]
    const key_id = await create('AES_256')
    expect((await importInto(key_id, first)).body).toEqual({})
    const { dek, ...fields } = digested(64)
    const made = await client.succeed('encrypt-datakey', { key_id, ...fields })
    const frame = { key_id, cipher_text: text(made, 'cipher_text'), datakey_cipher_length: '64' }
    await client.succeed('delete-imported-key-material', { key_id })
    expect(await stateOf(key_id)).toBe('5')
    const gone = await client.call('decrypt-datakey', frame)
    expect([gone.status, gone.body['error_code']]).toEqual([400, 'KMS.1301'])
    const other = await importInto(key_id, second)
    expect([other.status, other.body['error_code']]).toEqual([400, 'KMS.2606'])
    expect((await importInto(key_id, first)).body).toEqual({})
    const opened = await client.succeed('decrypt-datakey', frame)
    expect(opened['data_key']).toBe(dek.toString('hex').toUpperCase())

    expect((await importInto(key_id, second)).body).toEqual({})
    await client.succeed('rotate-on-demand', { key_id })
    const rotated = await client.succeed('encrypt-datakey', { key_id, ...fields })
    expect(Buffer.from(text(rotated, 'cipher_text'), 'hex').readUInt32LE(8)).toBe(2)
    expect((await client.succeed('decrypt-datakey', frame))['data_key']).toBe(opened['data_key'])
  }, 60_000)

  test('material lapses at its time, without anybody calling', async () => {
    const secret = randomBytes(32)
    const key_id = await create('AES_256')
    const expiration_time = Math.floor(Date.now() / 1000) + 3
    expect((await importInto(key_id, secret, { expiration_time })).body).toEqual({})
    expect(await stateOf(key_id)).toBe('2')
    await until(() => lapses().length > 0)
    expect(lapses()).toHaveLength(1)
    expect(lapses()[0]).toContain(key_id)
    expect(await stateOf(key_id)).toBe('5')
    expect((await importInto(key_id, secret)).body).toEqual({})
    expect(await stateOf(key_id)).toBe('2')
  }, 60_000)

  testEachUnless(
    [
      ['RSA_2048', 'rsa-2048'],
      ['EC_P256', 'ec-p256'],
    ] as const,
    () => noPairs,
    ([spec]) => `a pair of ${spec} comes and stays`,
    async ([spec, kind]) => {
      const key_id = await create(spec)
      const { import_token, public_key } = await parameters(key_id)
      const body = { key_id, import_token, ...wrapPrivateKey(public_key, newPrivateKey(kind)) }
      expect((await client.call('import-key-material', body)).body).toEqual({})
      expect(await stateOf(key_id)).toBe('2')
    },
    60_000,
  )

  test('what is wrong with material is said, and costs nothing', async () => {
    const key_id = await create('AES_256')
    const { import_token, public_key } = await parameters(key_id)
    const wrong: readonly (readonly [string, string])[] = [
      [wrapMaterial(public_key, randomBytes(16)), 'KMS.2604'],
      [wrapMaterial(public_key, randomBytes(33)), 'KMS.2604'],
      [wrapMaterial(public_key, randomBytes(32), 'sha1'), 'KMS.0311'],
      [Buffer.alloc(256, 1).toString('base64'), 'KMS.0311'],
    ]
    for (const [encrypted_key_material, code] of wrong) {
      const body = { key_id, import_token, encrypted_key_material }
      const { status, body: answer } = await client.call('import-key-material', body)
      expect([status, answer['error_code']]).toEqual([400, code])
    }
    const older = await parameters(key_id, 'RSAES_OAEP_SHA_1')
    const encrypted_key_material = wrapMaterial(older.public_key, randomBytes(32), 'sha1')
    const body = { key_id, import_token: older.import_token, encrypted_key_material }
    expect((await client.call('import-key-material', body)).body).toEqual({})
  }, 60_000)

  testUnless(
    noPairs,
    'another private key than the key is for is refused',
    async () => {
      const pair = await create('EC_P256')
      const own = await parameters(pair)
      const odd = wrapPrivateKey(own.public_key, newPrivateKey('ec-p384'))
      const refused = await client.call('import-key-material', {
        key_id: pair,
        import_token: own.import_token,
        ...odd,
      })
      expect([refused.status, refused.body['error_code']]).toEqual([400, 'KMS.2609'])
    },
    60_000,
  )
})

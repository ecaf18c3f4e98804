import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeUnless } from '../support/describe-unless.js'
import { digested } from '../support/digested-datakey.js'
import { newFolder } from '../support/folder.js'
import { lackOf, limits, testEachUnless } from '../support/lacks.js'
import { OfficialClient, text } from '../support/official-client.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'
import { isChosen, noToken, pinsOf } from '../support/chosen-token.js'

const SAMPLE =
  '7549d9aea901767bf3c0b3e14b10722eaf6f59053bbd82045d04e075e809a0fe6ccab48f8e5efe74e4b18ff0512525e5' +
  '27b10331100f357bf42125d8d5ced94f fbc8ac72b0785ca7fe33eb6776ce3990b11e32b299d9c0a9ee0305fb9540f797'

function lackOfLength(bits: number): string | undefined {
  return lackOf(`data keys of ${bits} bits`, bits <= 8 * limits.maxSecretBytes)
}

describeUnless(noToken, 'the service', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>
  let service: ServiceProcess
  let client: OfficialClient
  let keyId: string

  beforeAll(async () => {
    folder = await newFolder()
    service = await startServiceProcess(join(folder.path, 'var'))
    client = new OfficialClient(service.credentials())
    keyId = await client.createKey('service-test')
  }, 90_000)

  afterAll(async () => {
    expect(await service.end('SIGTERM')).toBe(0)
    await folder.remove()
  })

  test('answers the published request with a frame of the published layout', async () => {
    const answer = await client.succeed('encrypt-datakey', {
      key_id: keyId,
      plain_text: SAMPLE,
      datakey_plain_length: '64',
    })
    expect(answer['datakey_length']).toBe('64')
    const hex = text(answer, 'cipher_text')
    expect(hex).toMatch(/^[0-9A-F]{376}$/)
    const frame = Buffer.from(hex, 'hex')
    expect(hex.slice(0, 8)).toBe('02009800')
    expect(frame.subarray(116, 152).toString('latin1')).toBe(keyId)
    expect(frame.subarray(152, 156)).toEqual(Buffer.alloc(4))
    const checksum = createHash('sha256').update(frame.subarray(0, 156)).digest()
    expect(frame.subarray(156)).toEqual(checksum)
  })

  test('wraps and unwraps every length from 1 byte to the longest', async () => {
    for (let first = 1; first <= limits.maxSecretBytes; first += 64) {
      const lengths = Array.from({ length: 64 }, (_, index) => first + index)
      await Promise.all(lengths.map((length) => roundTrip(client, keyId, digested(length))))
    }
  }, 120_000)

  testEachUnless(
    [8, 64, 256, 520, 2048, 4096, 8192],
    lackOfLength,
    (bits) => `generates data keys of ${bits} bits`,
    async (bits) => {
      const made = await client.succeed('create-datakey', {
        key_id: keyId,
        datakey_length: String(bits),
      })
      expect(await open(client, keyId, text(made, 'cipher_text'), bits / 8)).toBe(
        text(made, 'plain_text'),
      )
      const sealed = await client.succeed('create-datakey-without-plaintext', {
        key_id: keyId,
        datakey_length: String(bits),
      })
      expect(Object.keys(sealed).sort()).toEqual(['cipher_text', 'key_id'])
      expect(await open(client, keyId, text(sealed, 'cipher_text'), bits / 8)).toHaveLength(
        bits / 4,
      )
    },
  )

  test('binds the encryption context and the additional data', async () => {
    const { dek, ...fields } = digested(32)
    const context = { encryption_context: { b: '2', a: '1' }, additional_authenticated_data: 'x' }
    const { cipher_text } = await client.succeed('encrypt-datakey', {
      key_id: keyId,
      ...fields,
      ...context,
    })
    const sealed = { key_id: keyId, cipher_text, datakey_cipher_length: '32' }
    const opened = await client.succeed('decrypt-datakey', {
      ...sealed,
      additional_authenticated_data: 'x',
      encryption_context: { a: '1', b: '2' },
    })
    expect(opened['data_key']).toBe(dek.toString('hex').toUpperCase())
    for (const other of [{}, { ...context, encryption_context: { a: '1' } }]) {
      const refused = await client.call('decrypt-datakey', { ...sealed, ...other })
      expect(refused).toMatchObject({ status: 400, body: { error_code: 'KMS.2201' } })
    }
  })

  test('stops using a key at once when it is disabled', async () => {
    const other = await client.createKey('to-be-disabled')
    await roundTrip(client, other, digested(16))
    await client.succeed('disable-key', { key_id: other })
    const { plain_text, datakey_plain_length } = digested(16)
    const refused = await client.call('encrypt-datakey', {
      key_id: other,
      plain_text,
      datakey_plain_length,
    })
    expect(refused).toMatchObject({ status: 400, body: { error_code: 'KMS.0209' } })
    await client.succeed('enable-key', { key_id: other })
    await roundTrip(client, other, digested(16))
  })

  test('knows no key of another project', async () => {
    const foreign = new OfficialClient({ ...service.credentials(), project_id: 'f'.repeat(32) })
    const refused = await foreign.call('describe-key', { key_id: keyId })
    expect(refused).toMatchObject({ status: 403, body: { error_code: 'KMS.0321' } })
  })

  test('keeps PINs, secrets and data keys out of log, environment and database', async () => {
    const { dek, ...fields } = digested(48)
    const sent = await client.succeed('encrypt-datakey', { key_id: keyId, ...fields })
    await client.call('encrypt-datakey', {
      key_id: keyId,
      ...fields,
      plain_text: `z${fields.plain_text}`,
    })
    await client.succeed('decrypt-datakey', {
      key_id: keyId,
      cipher_text: sent['cipher_text'],
      datakey_cipher_length: '48',
    })
    await new Promise((resolve) => setTimeout(resolve, 700))
    const directory = service.dataDirectory
    const secrets = [
      ...(await pinsOf(directory)),
      service.credentials().secret_access_key,
      dek.toString('hex'),
    ]
    const database = await Promise.all(
      ['kms.sqlite', 'kms.sqlite-wal'].map((name) => readFile(join(directory, name))),
    )
    const places = [
      service.log(),
      service.errors(),
      await readFile(`/proc/${service.pid}/environ`, 'latin1'),
      await readFile(`/proc/${service.pid}/cmdline`, 'latin1'),
      ...database.map((bytes) => bytes.toString('latin1')),
      ...database.map((bytes) => bytes.toString('hex')),
    ]
    for (const place of places) {
      for (const secret of secrets) {
        expect(place.toLowerCase().includes(secret.toLowerCase())).toBe(false)
      }
    }
    expect(service.log()).toContain('EncryptDatakey')
    expect(database.map((bytes) => bytes.includes(dek))).toEqual([false, false])
  })

  test('keeps its files to itself', async () => {
    const directory = service.dataDirectory
    // Only the development token lies in the data directory.
    const pins = isChosen ? [] : ['softhsm/user-pin', 'softhsm/so-pin']
    for (const name of ['credentials.json', 'kms.sqlite', ...pins]) {
      expect(((await stat(join(directory, name))).mode & 0o777).toString(8)).toBe('600')
    }
    expect(((await stat(directory)).mode & 0o777).toString(8)).toBe('700')
  })
})

async function roundTrip(
  client: OfficialClient,
  keyId: string,
  { dek, ...fields }: ReturnType<typeof digested>,
): Promise<void> {
  const { cipher_text } = await client.succeed('encrypt-datakey', { key_id: keyId, ...fields })
  expect(await open(client, keyId, String(cipher_text), dek.length)).toBe(
    dek.toString('hex').toUpperCase(),
  )
}

async function open(
  client: OfficialClient,
  keyId: string,
  cipherText: string,
  length: number,
): Promise<string> {
  const opened = await client.succeed('decrypt-datakey', {
    key_id: keyId,
    cipher_text: cipherText,
    datakey_cipher_length: String(length),
  })
  const dek = text(opened, 'data_key')
  const digest = createHash('sha256').update(Buffer.from(dek, 'hex')).digest('hex')
  expect(opened['datakey_dgst']).toBe(digest.toUpperCase())
  return dek
}

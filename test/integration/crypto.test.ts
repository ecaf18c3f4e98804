import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  publicEncrypt,
  randomUUID,
  verify,
} from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { describeUnless } from '../support/describe-unless.js'
import { newFolder } from '../support/folder.js'
import {
  lackOf,
  lackOfPairSpec,
  lackOfSpec,
  limits,
  testEachUnless,
  testUnless,
} from '../support/lacks.js'
import { freshPair } from '../support/fresh-pair.js'
import { OfficialClient, text } from '../support/official-client.js'
import { type ServiceProcess, startServiceProcess } from '../support/service-process.js'
import { noToken } from '../support/chosen-token.js'

const MESSAGE = Buffer.from('the message of this test')
const PSS = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
}

describeUnless(noToken, 'cryptography', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>
  let service: ServiceProcess
  let client: OfficialClient

  beforeAll(async () => {
    folder = await newFolder()
    service = await startServiceProcess(join(folder.path, 'var'), {
      // RSA pairs are searched for: on a busy machine one of 4096 bits may take long.
      KMS_HSM_TIMEOUT_MS: '20000',
    })
    client = new OfficialClient(service.credentials())
  }, 90_000)

  afterAll(async () => {
    expect(await service.end('SIGTERM')).toBe(0)
    await folder.remove()
  })

  async function create(fields: Readonly<Record<string, string>> = {}): Promise<string> {
    const body = { key_alias: `crypto-${randomUUID()}`, ...fields }
    return text((await client.succeed('create-key', body))['key_info'], 'key_id')
  }

  async function publicKeyOf(key_id: string) {
    return createPublicKey(text(await client.succeed('get-publickey', { key_id }), 'public_key'))
  }

  async function refused(operation: string, body: Readonly<Record<string, unknown>>) {
    const { status, body: answer } = await client.call(operation, body)
    return [status, answer['error_code']]
  }

  describe('texts', () => {
    test('of every length around a block are encrypted, decrypted and moved', async () => {
      const [key_id, other] = [await create(), await create()]
      const aad = { additional_authenticated_data: 'mine' }
      for (const length of [1, 15, 16, 17, 4095, 4096]) {
        const plain_text = 'x'.repeat(length)
        const sealed = await client.succeed('encrypt-data', { key_id, plain_text, ...aad })
        const { cipher_text } = sealed
        const opened = await client.succeed('decrypt-data', { cipher_text, ...aad })
        expect(opened).toMatchObject({ key_id, plain_text })
        expect(await refused('decrypt-data', { cipher_text })).toEqual([400, 'KMS.2201'])
        const moved = await client.succeed('re-encrypt', {
          cipher_text,
          source_additional_authenticated_data: 'mine',
          destination_key_id: other,
        })
        const again = await client.succeed('decrypt-data', { cipher_text: moved['cipher_text'] })
        expect(again).toMatchObject({ key_id: other, plain_text })
      }
    })

    test('under RSA, made by the service and by a client', async () => {
      const key_id = await create({ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' })
      const fields = { key_id, encryption_algorithm: 'RSAES_OAEP_SHA_256' }
      const plain_text = 'x'.repeat(190)
      const sealed = await client.succeed('encrypt-data', { ...fields, plain_text })
      const mine = publicEncrypt(
        {
          key: await publicKeyOf(key_id),
          padding: constants.RSA_PKCS1_OAEP_PADDING,
          oaepHash: 'sha256',
        },
        Buffer.from(plain_text),
      ).toString('base64')
      for (const cipher_text of [sealed['cipher_text'], mine]) {
        const opened = await client.succeed('decrypt-data', { ...fields, cipher_text })
        expect(opened['plain_text']).toBe(plain_text)
      }
      for (const bytes of [Buffer.alloc(256), Buffer.alloc(256, 0xff), Buffer.alloc(255, 1)]) {
        const body = { ...fields, cipher_text: bytes.toString('base64') }
        expect(await refused('decrypt-data', body)).toEqual([400, 'KMS.0311'])
      }
    })
  })

  describe('signatures', () => {
    const HASHES = ['SHA_256', 'SHA_384', 'SHA_512'] as const
    testEachUnless(
      [
        ['RSA_2048', ['RSASSA_PSS', 'RSASSA_PKCS1_V1_5']],
        ['RSA_4096', ['RSASSA_PSS', 'RSASSA_PKCS1_V1_5']],
        ['EC_P256', ['ECDSA']],
        ['EC_P384', ['ECDSA']],
        ['SECP256K1', ['ECDSA']],
      ] as const,
      ([spec]) => lackOfSpec(spec),
      ([spec]) => `by ${spec} verify under OpenSSL`,
      async ([key_spec, families]) => {
        const key_id = await create({ key_spec, key_usage: 'SIGN_VERIFY' })
        const key = await publicKeyOf(key_id)
        for (const family of families) {
          for (const hash of HASHES) {
            const name = hash.replace('_', '').toLowerCase()
            const digest = createHash(name).update(MESSAGE).digest('base64')
            const request = { key_id, signing_algorithm: `${family}_${hash}`, message: digest }
            const { signature } = await client.succeed('sign', request)
            const bytes = Buffer.from(String(signature), 'base64')
            const pss = family === 'RSASSA_PSS' && PSS
            expect(verify(name, MESSAGE, { key, ...pss }, bytes)).toBe(true)
            const judged = await client.succeed('verify', { ...request, signature })
            expect(judged['signature_valid']).toBe('true')
            bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
            const wrong = { ...request, signature: bytes.toString('base64') }
            expect((await client.succeed('verify', wrong))['signature_valid']).toBe('false')
          }
        }
      },
    )

    testUnless(lackOfSpec('ED25519'), 'by ED25519 verify under OpenSSL', async () => {
      const key_id = await create({ key_spec: 'ED25519' })
      const message = MESSAGE.toString('base64')
      const rest = { signing_algorithm: 'ED25519_SHA_512', message_type: 'RAW' }
      const { signature } = await client.succeed('sign', { key_id, message, ...rest })
      const bytes = Buffer.from(String(signature), 'base64')
      expect(verify(null, MESSAGE, await publicKeyOf(key_id), bytes)).toBe(true)
      const judged = await client.succeed('verify', { key_id, message, ...rest, signature })
      expect(judged['signature_valid']).toBe('true')
      const other = { key_id, message: 'AAAA', ...rest, signature }
      expect((await client.succeed('verify', other))['signature_valid']).toBe('false')
    })
  })

  test.each([256, 384, 512])('MACs of %i bits', async (bits) => {
    const key_id = await create({ key_spec: `HMAC_${bits}` })
    const message = MESSAGE.toString('base64')
    const body = { key_id, mac_algorithm: `HMAC_SHA_${bits}`, message }
    const { mac } = await client.succeed('generate-mac', body)
    expect(mac).toHaveLength(bits / 4)
    expect((await client.succeed('verify-mac', { ...body, mac }))['mac_valid']).toBe(true)
    const other = { ...body, message: 'AAAA', mac }
    expect((await client.succeed('verify-mac', other))['mac_valid']).toBe(false)
    const short = { ...body, mac: '00' }
    expect((await client.succeed('verify-mac', short))['mac_valid']).toBe(false)
  })

  testEachUnless(
    [
      ['EC_P256', 'P-256'],
      ['EC_P384', 'P-384'],
      ['SECP256K1', 'secp256k1'],
    ] as const,
    ([spec]) => lackOfSpec(spec),
    ([spec]) => `both sides agree on a secret over ${spec}`,
    async ([key_spec, namedCurve]) => {
      const key_id = await create({ key_spec, key_usage: 'KEY_AGREEMENT' })
      const { privateKey, publicKey } = freshPair('ec', { namedCurve })
      const peer = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
      const body = { key_id, key_agreement_algorithm: 'ECDH', public_key: peer }
      const { shared_secret } = await client.succeed('derive-shared-secret', body)
      const expected = diffieHellman({ privateKey, publicKey: await publicKeyOf(key_id) })
      expect(shared_secret).toBe(expected.toString('base64'))
    },
  )

  describeUnless(lackOf('wrapped pairs', limits.maxPairBytes > 0), 'pairs', () => {
    testEachUnless(
      [
        ['create-rsa-datakey-pair', 'RSA_2048'],
        ['create-rsa-datakey-pair', 'RSA_4096'],
        ['create-ec-datakey-pair', 'ECC_NIST_P256'],
        ['create-ec-datakey-pair', 'ECC_NIST_P384'],
        ['create-ec-datakey-pair', 'ECC_NIST_P521'],
        ['create-ec-datakey-pair', 'ECC_SECG_P256K1'],
      ] as const,
      ([, spec]) => lackOfPairSpec(spec),
      ([operation, spec]) => `${operation} ${spec}: the private key opens, moves and fits`,
      async ([operation, key_spec]) => {
        const key_id = await create()
        const made = await client.succeed(operation, { key_id, key_spec })
        const clear = text(made, 'private_key_plain_text')
        const key = Buffer.from(clear, 'hex')
        const half = createPublicKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' }))
        const der = half.export({ format: 'der', type: 'spki' }).toString('hex').toUpperCase()
        expect(der).toBe(made['public_key'])
        const datakey_cipher_length = String(key.length)
        const cipher_text = text(made, 'private_key_cipher_text')
        const body = { key_id, cipher_text, datakey_cipher_length }
        expect((await client.succeed('decrypt-datakey', body))['data_key']).toBe(clear)
        const destination = await create()
        const moved = await client.succeed('re-encrypt', {
          cipher_text,
          datakey_cipher_length,
          destination_key_id: destination,
        })
        const there = { ...body, key_id: destination, cipher_text: moved['cipher_text'] }
        expect((await client.succeed('decrypt-datakey', there))['data_key']).toBe(clear)
        const unseen = await client.succeed(operation, { key_id, key_spec, with_plain_text: false })
        expect(unseen['private_key_plain_text']).toBeUndefined()
      },
    )
  })

  test('data keys move between keys, are wrapped under RSA and bound to a PIN', async () => {
    const [key_id, other] = [await create(), await create()]
    const rsa = await create({ key_spec: 'RSA_2048', key_usage: 'ENCRYPT_DECRYPT' })
    const length = { datakey_cipher_length: '13' }
    for (const operation of ['create-datakey', 'create-datakey-without-plaintext']) {
      const made = await client.succeed(operation, { key_id, datakey_length: '104' })
      const { cipher_text } = made
      const before = await client.succeed('decrypt-datakey', { key_id, cipher_text, ...length })
      const to = { destination_key_id: other, ...length }
      const moved = await client.succeed('re-encrypt', { cipher_text, ...to })
      const there = { key_id: other, cipher_text: moved['cipher_text'], ...length }
      const after = await client.succeed('decrypt-datakey', there)
      expect(after['data_key']).toBe(before['data_key'])
    }
    const made = await client.succeed('create-datakey', { key_id: rsa, datakey_length: '104' })
    const { cipher_text } = made
    const opened = await client.succeed('decrypt-datakey', { key_id: rsa, cipher_text, ...length })
    expect(opened['data_key']).toBe(made['plain_text'])

    const { pin } = await client.succeed('create-pin', {})
    const bound = await client.succeed('create-datakey', { key_id, datakey_length: '104', pin })
    const body = { key_id, cipher_text: bound['cipher_text'], ...length }
    expect(await refused('decrypt-datakey', body)).toEqual([400, 'KMS.2201'])
    const withPin = await client.succeed('decrypt-datakey', { ...body, pin })
    expect(withPin['data_key']).toBe(bound['plain_text'])
  })
})

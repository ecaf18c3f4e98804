import { constants, privateDecrypt, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { decodeCapsule } from '../../src/codec/datakey-capsule.js'
import { expectError } from '../http/expect-error.js'
import { OTHER_PROJECT, type TestApp, startApp } from '../http/start-app.js'
import { rsaPair } from '../support/rsa-pairs.js'
import { capsuleCalls } from './capsule-calls.js'
import { type KeySpaceCalls, keySpaceCalls, wireTime } from './key-space-calls.js'

let app: TestApp
let calls: KeySpaceCalls
let key_id: string
let point: string
let privateKey: string
beforeAll(async () => {
  app = await startApp()
  calls = keySpaceCalls(app)
  key_id = await app.createCmk()
  point = await calls.createPoint()
  privateKey = await calls.privateKey(point)
})
afterAll(() => app.close())

const { create, open } = capsuleCalls(() => ({ app, calls, key_id, point, privateKey }))

const RSA = rsaPair(2048)
const SPKI = RSA.publicKey.export({ type: 'spki', format: 'der' })
const PEM = RSA.publicKey.export({ type: 'spki', format: 'pem' }) as string

function decryptOaep(text: unknown): string {
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  return privateDecrypt(
    { key: RSA.privateKey, padding, oaepHash: 'sha256' },
    Buffer.from(String(text), 'base64'),
  ).toString('base64')
}

describe('a capsule', () => {
  test.each(['128', '256', 128, 256])('of %j bits opens for its access point', async (length) => {
    const made = await create({ datakey_length: length })
    expect(Object.keys(made).sort()).toEqual(['datakey', 'datakey_capsule', 'key_id'])
    expect(Buffer.from(made.datakey, 'base64')).toHaveLength(Number(length) / 8)
    const { status, json } = await open(made.datakey_capsule)
    expect([status, json]).toEqual([200, { key_id, instance_id: point, datakey: made.datakey }])
  })

  test.each([
    ['PEM', PEM],
    ['base64', SPKI.toString('base64')],
  ])('goes to a recipient by %s, encrypted and never clear', async (_form, public_key) => {
    const made = await create({ public_key })
    expect(made.datakey).toBeUndefined()
    const datakey = decryptOaep((made as unknown as { datakey_cipher: string }).datakey_cipher)
    const capsule = made.datakey_capsule
    const proof = { privateKey, keyId: key_id, capsule }
    const attestation_document = calls.attest({ ...proof, recipient: SPKI })
    const { json } = await open(capsule, { public_key, attestation_document })
    expect(Object.keys(json).sort()).toEqual(['datakey_cipher', 'instance_id', 'key_id'])
    expect(decryptOaep(json['datakey_cipher'])).toBe(datakey)
    // Whoever caught the proof cannot have the data key clear, nor encrypted to a key of their own.
    expectError(await open(capsule, { attestation_document }), 'KMS.3804')
    const other = rsaPair(2048).publicKey
    const theirs = other.export({ type: 'spki', format: 'pem' })
    expectError(await open(capsule, { attestation_document, public_key: theirs }), 'KMS.3804')
  })

  test('follows its stored policy: changed, outside its period, deleted', async () => {
    const allowed = { version: '1', allowed_access_point: [randomUUID(), point] }
    const policy_id = await calls.createPolicy(allowed)
    const path = `key-policies/${policy_id}`
    const { datakey, datakey_capsule } = await create({ policy_id })
    expect((await open(datakey_capsule)).json['datakey']).toBe(datakey)
    expect((await calls.send('GET', path)).json['last_access_time']).toMatch(/^\d{4}-/)
    async function rule(policy: object) {
      await calls.send('PUT', path, { policy: JSON.stringify(policy) })
      return open(datakey_capsule)
    }
    const later = { start_time: wireTime(60_000) }
    const over = { end_time: wireTime(-60_000) }
    const now = { start_time: wireTime(-60_000), end_time: wireTime(60_000) }
    expectError(await rule({ ...allowed, validity_period: later }), 'KMS.0306')
    expectError(await rule({ ...allowed, validity_period: over }), 'KMS.0306')
    expect((await rule({ ...allowed, validity_period: now })).status).toBe(200)
    expectError(await rule({ version: '1' }), 'KMS.0306')
    expectError(await rule({ version: '1', allowed_access_point: [] }), 'KMS.0306')
    expect((await rule(allowed)).status).toBe(200)
    expect((await calls.send('DELETE', path)).status).toBe(204)
    expectError(await open(datakey_capsule), 'KMS.0306')
  })

  test('does not open for a disabled or a deleted access point', async () => {
    const id = await calls.createPoint()
    const own = await calls.privateKey(id)
    const key_policy = JSON.stringify({ version: '1', allowed_access_point: [id] })
    const { datakey_capsule: capsule } = await create({ key_policy })
    const attestation_document = calls.attest({ privateKey: own, keyId: key_id, capsule })
    function again() {
      return open(capsule, { attestation_document })
    }
    expect((await again()).status).toBe(200)
    await calls.send('POST', `access-points/${id}/disable`)
    expectError(await again(), 'KMS.0306')
    await calls.send('POST', `access-points/${id}/enable`)
    expect((await again()).status).toBe(200)
    await calls.send('DELETE', `access-points/${id}`)
    expectError(await again(), 'KMS.0306')
  })

  test('does not open for an access point that the policy does not name, nor for one of another tenant', async () => {
    const { datakey_capsule: capsule } = await create()
    const stranger = await calls.privateKey(await calls.createPoint())
    const proof = calls.attest({ privateKey: stranger, keyId: key_id, capsule })
    expectError(await open(capsule, { attestation_document: proof }), 'KMS.0306')

    const body = { keyspace_id: calls.keySpace, access_point_name: 'theirs', type: 3 }
    const theirs = await app.call('CreateAccessPoint', body, { project: OTHER_PROJECT })
    const id = String(theirs.json['access_point_id'])
    const path = `access-points/${id}/get-privatekey`
    const { json } = await calls.send('POST', path, undefined, { project: OTHER_PROJECT })
    const key_policy = JSON.stringify({ version: '1', allowed_access_point: [id] })
    const made = await create({ key_policy })
    const attestation_document = calls.attest({
      privateKey: String(json['private_key']),
      keyId: key_id,
      capsule: made.datakey_capsule,
    })
    expectError(await open(made.datakey_capsule, { attestation_document }), 'KMS.0306')
  })

  test('and its stored policy are of no use to another tenant', async () => {
    const policy_id = await calls.createPolicy({ version: '1', allowed_access_point: [point] })
    const { datakey_capsule } = await create({ policy_id })
    const attestation_document = calls.attest({
      privateKey,
      keyId: key_id,
      capsule: datakey_capsule,
    })
    const body = { key_id, datakey_capsule, attestation_document }
    const stranger = { project: OTHER_PROJECT }
    expectError(await app.call('DecryptDatakeyCapsule', body, stranger), 'KMS.0207')
    const foreign = { key_id, datakey_length: '256', policy_id }
    expectError(await app.call('CreateDatakeyCapsule', foreign, stranger), 'KMS.0308')
  })

  test('is bound to its key', async () => {
    const { datakey_capsule: capsule } = await create()
    const other = await app.createCmk()
    const attestation_document = calls.attest({ privateKey, keyId: other, capsule })
    expectError(await open(capsule, { key_id: other, attestation_document }), 'KMS.2201')
  })

  test('does not open with another policy, though it allows the one who asks', async () => {
    const id = await calls.createPoint()
    const own = await calls.privateKey(id)
    const { datakey_capsule } = await create()
    const mine = await create({
      key_policy: JSON.stringify({ version: '1', allowed_access_point: [id] }),
    })
    const victim = decodeCapsule(Buffer.from(datakey_capsule, 'base64'))
    const { policyBytes } = decodeCapsule(Buffer.from(mine.datakey_capsule, 'base64'))
    const forged = Buffer.concat([policyBytes, victim.frame]).toString('base64')
    const attestation_document = calls.attest({ privateKey: own, keyId: key_id, capsule: forged })
    expectError(await open(forged, { attestation_document }), 'KMS.2201')
  })

  test('does not give its frame away to the data-key calls', async () => {
    const { datakey_capsule } = await create()
    const { frame } = decodeCapsule(Buffer.from(datakey_capsule, 'base64'))
    const cipher_text = Buffer.from(frame).toString('hex')
    const body = { key_id, cipher_text, datakey_cipher_length: '32' }
    expectError(await app.call('DecryptDatakey', body), 'KMS.2201')
  })

  test('does not open with any bit flipped, though it is attested', async () => {
    const { datakey_capsule } = await create()
    const bytes = Buffer.from(datakey_capsule, 'base64')
    for (let bit = 0; bit < 8 * bytes.length; bit += 5) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const capsule = flipped.toString('base64')
      const { json } = await open(capsule)
      // A flip in the policy may make it one that allows nobody.
      expect([bit, json['error_code']]).toEqual([bit, expect.stringMatching(/^KMS\.(2201|0306)$/)])
    }
  })

  test('of other bytes is refused', async () => {
    const { datakey_capsule } = await create()
    const bytes = Buffer.from(datakey_capsule, 'base64')
    const texts = [
      'x',
      '====',
      bytes.toString('hex'),
      bytes.subarray(0, 7).toString('base64'),
      bytes.subarray(0, 100).toString('base64'),
      bytes.subarray(0, -1).toString('base64'),
      Buffer.concat([bytes, Buffer.of(0)]).toString('base64'),
      Buffer.alloc(60_000).toString('base64'),
    ]
    for (const text of texts) expectError(await open(text), 'KMS.2201')
  })
})

test('a data key never reaches the log', async () => {
  const { datakey, datakey_capsule } = await create()
  await open(datakey_capsule)
  const log = JSON.stringify(app.events())
  for (const text of [datakey, Buffer.from(datakey, 'base64').toString('hex')]) {
    expect(log).not.toContain(text)
  }
})

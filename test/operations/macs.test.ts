import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { expectError } from '../http/expect-error.js'
import { OTHER_PROJECT, type TestApp, startApp } from '../http/start-app.js'

let app: TestApp
const keys = new Map<string, string>()
const SIZES = [256, 384, 512] as const
beforeAll(async () => {
  app = await startApp()
  for (const size of SIZES) {
    keys.set(`HMAC_SHA_${size}`, await app.createCmk({ key_spec: `HMAC_${size}` }))
  }
})
afterAll(() => app.close())

describe.each(SIZES.map((size) => [`HMAC_SHA_${size}`, size] as const))('%s', (name, size) => {
  test.each([1, 4096])('a MAC of %i bytes verifies, and no other does', async (length) => {
    const message = Buffer.alloc(length, 0xa5).toString('base64')
    const body = { key_id: keys.get(name), mac_algorithm: name, message }
    const { json } = await app.call('GenerateMac', body)
    const mac = String(json['mac'])
    expect(json).toEqual({ key_id: body.key_id, mac_algorithm: name, mac })
    expect(mac).toMatch(/^[0-9a-f]+$/)
    expect(mac).toHaveLength(size / 4)
    const wrong = `${mac.slice(0, -1)}${mac.endsWith('0') ? '1' : '0'}`
    for (const [given, valid] of [
      [mac, true],
      [mac.toUpperCase(), true],
      [wrong, false],
      [mac.slice(2), false],
      [`${mac}00`, false],
      ['00', false],
    ] as const) {
      const reply = await app.call('VerifyMac', { ...body, mac: given })
      expect(reply.json).toEqual({ key_id: body.key_id, mac_algorithm: name, mac_valid: valid })
    }
    const other = { ...body, message: Buffer.alloc(length, 0xa4).toString('base64'), mac }
    expect((await app.call('VerifyMac', other)).json['mac_valid']).toBe(false)
  })
})

test.each([
  [{ message: '' }, 'KMS.0308'],
  [{ message: 'AAA' }, 'KMS.0308'],
  [{ message: Buffer.alloc(4097).toString('base64') }, 'KMS.0308'],
  [{ mac_algorithm: 'HMAC_SHA_384' }, 'KMS.0308'],
  [{ mac_algorithm: 'HMAC_SM3' }, 'KMS.0308'],
  [{ mac_algorithm: 'HMAC_MD5' }, 'KMS.0308'],
] as const)('refuses %.60j with %s', async (fields, code) => {
  const base = { mac_algorithm: 'HMAC_SHA_256', message: 'AAAA' }
  const body = { key_id: keys.get('HMAC_SHA_256'), ...base, ...fields }
  expectError(await app.call('GenerateMac', body), code)
  expectError(await app.call('VerifyMac', { ...body, mac: '00' }), code)
})

test.each(['', 'xyz', '0', '0 0', '00'.repeat(129)])('refuses the code %.20j', async (mac) => {
  const base = { mac_algorithm: 'HMAC_SHA_256', message: 'AAAA' }
  const body = { key_id: keys.get('HMAC_SHA_256'), ...base, mac }
  expectError(await app.call('VerifyMac', body), 'KMS.0308')
})

test.each([
  [{}, 'KMS.0331'],
  [{ key_spec: 'EC_P256' }, 'KMS.0325'],
] as const)('a key of %j makes no MACs', async (fields, code) => {
  const body = { mac_algorithm: 'HMAC_SHA_256', message: 'AAAA', mac: '00' }
  const key_id = await app.createCmk(fields)
  expectError(await app.call('GenerateMac', { key_id, ...body }), code)
  expectError(await app.call('VerifyMac', { key_id, ...body }), code)
})

test('a disabled key and the key of another project make no MACs', async () => {
  const key_id = await app.createCmk({ key_spec: 'HMAC_256' })
  const body = { mac_algorithm: 'HMAC_SHA_256', message: 'AAAA', mac: '00' }
  for (const name of ['GenerateMac', 'VerifyMac']) {
    expectError(await app.call(name, { key_id, ...body }, { project: OTHER_PROJECT }), 'KMS.0207')
  }
  await app.call('DisableKey', { key_id })
  for (const name of ['GenerateMac', 'VerifyMac']) {
    expectError(await app.call(name, { key_id, ...body }), 'KMS.0209')
  }
})

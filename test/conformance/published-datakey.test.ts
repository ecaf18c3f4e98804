import { describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { decodeDatakeyFrame } from '../../src/codec/datakey-frame.js'
import { MalformedBytes } from '../../src/codec/frame.js'
import { parseDigestedDatakey } from '../../src/core/datakey.js'
import { KmsError } from '../../src/core/errors.js'
import { parseKeyId } from '../../src/core/ids.js'
import { readDatakeyFrame, sealDatakey } from '../../src/core/seal.js'
import { NO_CONTEXT, createMemorySealing } from '../support/memory-sealing.js'

/** KMS API: Encrypting a DEK, example request and response. */
const DEK =
  '7549d9aea901767bf3c0b3e14b10722eaf6f59053bbd82045d04e075e809a0fe6ccab48f8e5efe74e4b18ff0512525e527b10331100f357bf42125d8d5ced94f'
const DIGEST = 'fbc8ac72b0785ca7fe33eb6776ce3990b11e32b299d9c0a9ee0305fb9540f797'
const KEY_ID = '0d0466b0-e727-4d9c-b35d-f84bb474a37f'
const CIPHER_TEXT = Buffer.from(
  '020098005273E14E6E8E95F5463BECDC27E80AF820B9FC086CB47861899149F67CF07DAFF2810B7D27BDF19AB7632488' +
    'E0926A48DB2FC85BEA905119411B46244C5E6B8036C60A0B0B4842FFE6994518E89C19B1C1D688D9043BCD6053EA7BA0' +
    '652642CE59F2543C80669139F4F71ABB9BD9A24330643034363662302D653732372D346439632D623335642D66383462' +
    '623437346133376600000000D34457984F9730D57F228C210FD22CA6017913964B21D4ECE45D81092BB9112E',
  'hex',
)

describe('the published request', () => {
  test.each([
    ['as one text', DEK + DIGEST],
    ['with a blank between its parts', `${DEK} ${DIGEST}`],
    ['in capital letters', (DEK + DIGEST).toUpperCase()],
  ])('is accepted %s', (_, plainText) => {
    const dek = parseDigestedDatakey(plainText, 64)
    expect(Buffer.from(dek).toString('hex')).toBe(DEK)
    expect(createHash('sha256').update(dek).digest('hex')).toBe(DIGEST)
  })
})

describe('the published response', () => {
  test('and ours have one outer layout', async () => {
    const sealing = await createMemorySealing()
    const dek = parseDigestedDatakey(DEK + DIGEST, 64)
    const ours = Buffer.from(
      await sealDatakey(sealing, { key: sealing.key, dek, context: NO_CONTEXT }),
    )
    expect(outer(CIPHER_TEXT)).toEqual({
      length: 188,
      version: 2,
      payload: 152,
      keyId: 36,
      zeroes: '00000000',
      checksumFits: true,
    })
    expect(outer(ours)).toEqual(outer(CIPHER_TEXT))
  })

  test('decodes once its body says that it is ours', () => {
    const ours = Buffer.from(CIPHER_TEXT)
    // Algorithm 1, generation 1, 64 bytes, version 1: the eight bytes whose meaning is our own.
    Buffer.from('0101400001000000', 'hex').copy(ours, 4)
    const frame = decodeDatakeyFrame(ours)
    expect(frame).toMatchObject({ keyId: KEY_ID, datakeyLength: 64, keyVersion: 1 })
    expect(frame.checksum).toEqual(CIPHER_TEXT.subarray(156))
    expect(frame.tag).toEqual(CIPHER_TEXT.subarray(84, 116))
  })

  test('is refused as the ciphertext of another service, in words that say so', () => {
    expect(() => decodeDatakeyFrame(CIPHER_TEXT)).toThrow(MalformedBytes)
    const keyId = parseKeyId(KEY_ID)
    if (!keyId) throw new Error('The published key id is none.')
    expect(() => readDatakeyFrame(CIPHER_TEXT, keyId)).toThrow(KmsError)
    expect(() => readDatakeyFrame(CIPHER_TEXT, keyId)).toThrow('not one of this service')
  })
})

/** What an outsider sees of a frame of 188 bytes. */
function outer(bytes: Buffer): Readonly<Record<string, unknown>> {
  return {
    length: bytes.length,
    version: bytes.readUInt16LE(0),
    payload: bytes.readUInt16LE(2),
    keyId: parseKeyId(bytes.toString('latin1', 116, 152))?.length,
    zeroes: bytes.toString('hex', 152, 156),
    checksumFits: createHash('sha256')
      .update(bytes.subarray(0, 156))
      .digest()
      .equals(bytes.subarray(156)),
  }
}

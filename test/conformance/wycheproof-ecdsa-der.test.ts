import { existsSync, readFileSync } from 'node:fs'
import { createPublicKey, verify } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Static, Type } from '../../src/packages/typebox.js'
import { decodeEcdsaSignature, encodeEcdsaSignature } from '../../src/codec/ecdsa-signature.js'
import { describeUnless } from '../support/describe-unless.js'

/*
 * The DER of ECDSA signatures: Wycheproof's valid ones are read, and none of its invalid ones is read as a signature
 * that OpenSSL then accepts.
 */

const Vectors = Type.Object({
  testGroups: Type.Array(
    Type.Object({
      publicKeyPem: Type.String(),
      tests: Type.Array(
        Type.Object({
          tcId: Type.Integer(),
          msg: Type.String(),
          sig: Type.String(),
          result: Type.Enum(['valid', 'acceptable', 'invalid']),
        }),
      ),
    }),
  ),
})

const FOLDER = new URL('../../../../shared/vectors/wycheproof/', import.meta.url)
const missing = existsSync(FOLDER) ? undefined : '../shared/vectors/wycheproof is not there'

describeUnless(missing, 'DER of Wycheproof', () => {
  test.each([
    ['ecdsa_secp256r1_sha256', 'sha256', 32],
    ['ecdsa_secp384r1_sha384', 'sha384', 48],
  ])('%s', (name, hash, order) => {
    let read = 0
    for (const { publicKeyPem, tests } of groupsOf(name)) {
      const key = createPublicKey(publicKeyPem)
      for (const { tcId, msg, sig, result } of tests) {
        const der = Buffer.from(sig, 'hex')
        const plain = decodeEcdsaSignature(der, order)
        const options = { key, dsaEncoding: 'ieee-p1363' } as const
        const valid = plain !== undefined && verify(hash, Buffer.from(msg, 'hex'), options, plain)
        expect([tcId, valid]).toEqual([tcId, result === 'valid'])
        if (!plain) continue
        read += 1
        expect(Buffer.from(encodeEcdsaSignature(plain)).equals(der)).toBe(true)
      }
    }
    expect(read).toBeGreaterThan(100)
  })
})

function groupsOf(name: string): Static<typeof Vectors>['testGroups'] {
  const vectors: unknown = JSON.parse(readFileSync(new URL(`${name}_test.json`, FOLDER), 'utf8'))
  const ajv = new Ajv2020()
  if (!ajv.validate(Vectors, vectors)) throw new Error(`${name}: ${ajv.errorsText()}`)
  return (vectors as Static<typeof Vectors>).testGroups
}

import { describe, expect, test } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Static, Type } from '../../src/packages/typebox.js'
import { unwrapPadded, wrapPadded } from '../support/memory-keys.js'

/*
 * The in-memory HSM is what real tokens are measured against, so it has to be right itself: Wycheproof, AES-KWP.
 */

const Hexadecimal = Type.String({ pattern: '^([0-9a-f]{2})*$' })

const Vector = Type.Object({
  tcId: Type.Integer(),
  key: Hexadecimal,
  msg: Hexadecimal,
  ct: Hexadecimal,
  result: Type.Enum(['valid', 'acceptable', 'invalid']),
})

const Vectors = Type.Object({
  testGroups: Type.Array(Type.Object({ tests: Type.Array(Vector) })),
})

const FILE = new URL('../../../../shared/vectors/wycheproof/aes_kwp_test.json', import.meta.url)

if (existsSync(FILE)) {
  const vectors = read()

  describe('AES-KWP in memory', () => {
    test('gets vectors of every kind', () => {
      expect(vectors.filter(({ result }) => result === 'invalid').length).toBeGreaterThan(50)
      expect(vectors.filter(({ result }) => result !== 'invalid').length).toBeGreaterThan(50)
    })

    test('wraps and unwraps what is valid', () => {
      for (const { tcId, key, msg, ct } of vectors.filter(({ result }) => result !== 'invalid')) {
        expect([tcId, hex(wrapPadded(bytes(key), bytes(msg)))]).toEqual([tcId, ct])
        expect([tcId, hex(unwrapPadded(bytes(key), bytes(ct)))]).toEqual([tcId, msg])
      }
    })

    test('unwraps nothing that is invalid', () => {
      for (const { tcId, key, ct } of vectors.filter(({ result }) => result === 'invalid')) {
        expect([tcId, outcome(() => unwrapPadded(bytes(key), bytes(ct)))]).toEqual([tcId, 'fault'])
      }
    })
  })
} else {
  test.skip('AES-KWP in memory: ../shared/vectors/wycheproof is not there', () => undefined)
}

function outcome(unwrap: () => Uint8Array): unknown {
  try {
    return hex(unwrap())
  } catch (error) {
    return error instanceof Error && 'failure' in error ? error.failure : error
  }
}

function read(): readonly Static<typeof Vector>[] {
  const vectors: unknown = JSON.parse(readFileSync(FILE, 'utf8'))
  const ajv = new Ajv2020()
  if (!ajv.validate(Vectors, vectors)) throw new Error(`aes_kwp_test.json: ${ajv.errorsText()}`)
  return (vectors as Static<typeof Vectors>).testGroups.flatMap(({ tests }) => tests)
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'hex')
}

function hex(value: Uint8Array): string {
  return Buffer.from(value).toString('hex')
}

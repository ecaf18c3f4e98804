import { createCipheriv, createHmac } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type AskedCase, askVectors } from '../../src/compliance/known-answers/ask-vectors.js'
import { readCavs } from '../../src/compliance/known-answers/cavs.js'
import { RFC_5649_VECTORS } from '../../src/compliance/known-answers/rfc5649-vectors.js'
import type { VectorFile } from '../../src/compliance/known-answers/vector-case.js'
import { judgeVectors } from '../../src/compliance/known-answers/vector-checks.js'
import { readWycheproof } from '../../src/compliance/known-answers/wycheproof.js'
import type { Hsm } from '../../src/core/hsm.js'
import { missing, underTest } from '../support/chosen-token.js'
import { describeUnless } from '../support/describe-unless.js'
import { openTestHsm } from '../support/open-pkcs11-hsm.js'
import type { TestToken } from '../support/test-token.js'

const FOLDER = fileURLToPath(new URL('../../../../shared/vectors/wycheproof/', import.meta.url))
const KEK = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'

/** Files in the forms of CAVS, with answers of OpenSSL. */
function cavsFiles(): readonly VectorFile[] {
  const secret = '00112233445566778899aabbccddeeff'
  const wrapped = sealKwp(secret)
  const changed = `00${wrapped.slice(2)}`
  const { ct, tag } = sealGcm('aabbccdd')
  const mac = createHmac('sha256', Buffer.from(KEK, 'hex')).update('message').digest('hex')
  return [
    {
      name: 'KWP_AE_256.txt',
      text: `# CAVS 21.4\r\n[PLAINTEXT LENGTH = 128]\r\n\r\nCOUNT = 0\r\nK = ${KEK}\r\nP = ${secret}\r\nC = ${wrapped}\r\n`,
    },
    {
      name: 'KWP_AD_256.txt',
      text: `[PLAINTEXT LENGTH = 128]\n\nCOUNT = 0\nK = ${KEK}\nC = ${wrapped}\nP = ${secret}\n\nCOUNT = 1\nK = ${KEK}\nC = ${changed}\nFAIL\n`,
    },
    {
      name: 'gcmDecrypt256.rsp',
      text: `[Keylen = 256]\n[IVlen = 96]\n[PTlen = 32]\n[AADlen = 0]\n[Taglen = 128]\n\nCount = 0\nKey = ${KEK}\nIV = 000000000000000000000001\nCT = ${ct}\nAAD = \nTag = ${tag}\nPT = aabbccdd\n\nCount = 1\nKey = ${KEK}\nIV = 000000000000000000000002\nCT = ${ct}\nAAD = \nTag = ${tag}\nFAIL\n`,
    },
    {
      name: 'HMAC.rsp',
      text: `[L=32]\n\nCount = 0\nKlen = 32\nTlen = 16\nKey = ${KEK}\nMsg = ${Buffer.from('message').toString('hex')}\nMac = ${mac.slice(0, 32)}\n\n[L=20]\n\nCount = 0\nKlen = 32\nTlen = 16\nKey = ${KEK}\nMsg = 00\nMac = ${'00'.repeat(16)}\n`,
    },
  ]
}

function sealKwp(secret: string): string {
  const iv = Buffer.from('a65959a6', 'hex')
  const cipher = createCipheriv('id-aes256-wrap-pad', Buffer.from(KEK, 'hex'), iv)
  return Buffer.concat([cipher.update(Buffer.from(secret, 'hex')), cipher.final()]).toString('hex')
}

function sealGcm(text: string): { readonly ct: string; readonly tag: string } {
  const iv = Buffer.from('000000000000000000000001', 'hex')
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(KEK, 'hex'), iv)
  const ct = Buffer.concat([cipher.update(Buffer.from(text, 'hex')), cipher.final()])
  return { ct: ct.toString('hex'), tag: cipher.getAuthTag().toString('hex') }
}

describe('the text forms of CAVS', () => {
  test('are read case by case', () => {
    const read = cavsFiles().map((file) => readCavs(file) ?? [])
    expect(read.map((cases) => cases.map(({ validity }) => validity))).toEqual([
      ['valid'],
      ['valid', 'invalid'],
      ['valid', 'invalid'],
      ['valid', 'valid'],
    ])
    expect(read.map(([one]) => one?.algorithm)).toEqual(['kwp', 'kwp', 'gcm', 'hmac'])
    expect(read[3]?.[1]?.question).toHaveProperty('unsupported')
  })

  test('of key wrap without padding are no vectors of ours', () => {
    const [file] = cavsFiles()
    expect(readCavs({ name: 'KW_AE_256.txt', text: file?.text ?? '' })).toBeUndefined()
  })
})

test.each(['', '{', '[]', '{"algorithm":"AES-KWP","testGroups":[{"tests":[{}]}]}', 'COUNT = 0'])(
  'a file that holds no vectors gives none: %j',
  (text) => {
    const file = { name: 'x.json', text }
    expect([...(readWycheproof(file) ?? []), ...(readCavs(file) ?? [])]).toEqual([])
  },
)

describe('the judgement', () => {
  const [vector] = RFC_5649_VECTORS
  function verdictOf(change: Partial<AskedCase>): string | undefined {
    if (!vector) throw new Error('There is no vector.')
    const cases = [{ ...vector, answer: undefined, ...change }]
    return judgeVectors({ value: { cases, files: undefined } })[0]?.verdict
  }
  const right = { outcome: 'bytes', bytes: vector?.expected ?? new Uint8Array(0) } as const
  const wrong = { outcome: 'bytes', bytes: Uint8Array.of(1) } as const
  const refused = { outcome: 'refused', detail: 'no' } as const
  const unsupported = { outcome: 'unsupported', detail: 'no' } as const

  test.each([
    ['valid', right, 'pass'],
    ['valid', wrong, 'fail'],
    ['valid', refused, 'fail'],
    ['valid', undefined, 'fail'],
    // Of AES-KWP something must be shown.
    ['valid', unsupported, 'fail'],
    ['invalid', refused, 'pass'],
    ['invalid', right, 'fail'],
    ['invalid', wrong, 'fail'],
    ['acceptable', right, 'pass'],
    ['acceptable', refused, 'pass'],
    ['acceptable', wrong, 'fail'],
  ] as const)('of what is %s with %j is %s', (validity, answer, verdict) => {
    expect(verdictOf({ validity, answer })).toBe(verdict)
  })

  test('of a MAC compares what there is of a tag, and wants the others to differ', () => {
    const mac = Uint8Array.from({ length: 32 }, (_, at) => at)
    const answer = { outcome: 'bytes', bytes: mac } as const
    const hmac = { algorithm: 'hmac', answer } as const
    function hmacVerdict(change: Partial<AskedCase>): string | undefined {
      if (!vector) throw new Error('There is no vector.')
      const cases = [{ ...vector, ...hmac, ...change }]
      return judgeVectors({ value: { cases, files: undefined } })[2]?.verdict
    }
    expect(hmacVerdict({ validity: 'valid', expected: mac.subarray(0, 16) })).toBe('pass')
    expect(hmacVerdict({ validity: 'invalid', expected: mac.subarray(0, 16) })).toBe('fail')
    expect(hmacVerdict({ validity: 'invalid', expected: mac.subarray(1) })).toBe('pass')
    expect(hmacVerdict({ validity: 'valid', expected: mac.subarray(1) })).toBe('fail')
  })

  test('of a folder without any vectors is a failure', () => {
    const files = [{ name: 'readme.txt', cases: 0 }]
    const results = judgeVectors({ value: { cases: [], files } })
    expect(results.find(({ id }) => id === 'VECTOR-FILES')?.verdict).toBe('fail')
  })
})

for (const kind of underTest) {
  describeUnless(missing(kind), `published vectors on ${kind.name}`, () => {
    let token: TestToken
    let hsm: Hsm
    beforeAll(async () => {
      token = await kind.open()
      hsm = await openTestHsm(token, { agents: 1, timeoutMs: 60_000 })
    })
    afterAll(async () => {
      await hsm.close()
      await token.remove()
    })

    test('of RFC 5649 and in the forms of CAVS are answered', async () => {
      const results = judgeVectors({ value: await askVectors(hsm, cavsFiles()) })
      for (const id of ['VECTOR-AES-KWP', 'VECTOR-AES-GCM', 'VECTOR-HMAC', 'VECTOR-FILES']) {
        const result = results.find((one) => one.id === id)
        expect([id, result?.verdict, result?.failures]).toEqual([id, 'pass', []])
      }
    })

    describeUnless(
      existsSync(FOLDER) ? undefined : 'they are not beside the repository',
      'of Wycheproof',
      () => {
        test('are answered, or refused where they must be', async () => {
          const files = readdirSync(FOLDER)
            .filter((name) => name.endsWith('.json'))
            .map((name) => ({ name, text: readFileSync(`${FOLDER}${name}`, 'utf8') }))
          const results = judgeVectors({ value: await askVectors(hsm, files) })
          for (const { id, failures, passed } of results) {
            expect([id, failures]).toEqual([id, []])
            expect(passed).toBeGreaterThan(5)
          }
        })
      },
    )
  })
}

import { spawnSync } from 'node:child_process'
import { createCipheriv, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { loadProfile } from '../../src/hsm/profile.js'
import { missing, underTest } from '../support/chosen-token.js'
import { describeUnless } from '../support/describe-unless.js'
import type { TestToken } from '../support/test-token.js'
import type { KwpCase, KwpResult } from '../support/token-kwp-program.js'

const PROGRAM = fileURLToPath(new URL('../support/token-kwp-program.js', import.meta.url))
const VECTORS = fileURLToPath(
  new URL('../../../../shared/vectors/wycheproof/aes_kwp_test.json', import.meta.url),
)

for (const kind of underTest) {
  const { name, open } = kind
  const { maxSecretBytes } = loadProfile(name).keyWrap
  describeUnless(missing(kind), `AES-KWP on ${name}`, () => {
    let token: TestToken
    beforeAll(async () => {
      token = await open()
    })
    afterAll(() => token.remove())

    test('wraps every multiple of 8 as OpenSSL does, and unwraps what OpenSSL wrapped', () => {
      const lengths = Array.from({ length: maxSecretBytes / 8 }, (_, index) => 8 * (index + 1))
      const made = lengths.map((length) => {
        const [kek, secret] = [randomBytes(32), randomBytes(length)]
        return { kek, secret, expected: opensslWrap(kek, secret) }
      })
      const wrapped = run(
        token,
        made.map(({ kek, secret }) => ({ kek: hex(kek), secret: hex(secret) })),
      )
      expect(wrapped).toEqual(made.map(({ expected }) => ({ bytes: hex(expected) })))
      const unwrapped = run(
        token,
        made.map(({ kek, expected }) => ({ kek: hex(kek), wrapped: hex(expected) })),
      )
      expect(unwrapped).toEqual(made.map(({ secret }) => ({ bytes: hex(secret) })))
    })

    describeUnless(
      existsSync(VECTORS) ? undefined : 'the Wycheproof vectors are not beside the repository',
      'Wycheproof',
      () => {
        test('accepts what is valid and refuses what is not', () => {
          const cases = wycheproof(maxSecretBytes)
          const results = run(
            token,
            cases.map(({ key, ct }) => ({ kek: key, wrapped: ct })),
          )
          const wrong = cases.filter((item, index) => !fits(item, results[index]))
          expect(wrong).toEqual([])
          expect(cases.length).toBeGreaterThan(200)
        })
      },
    )
  })
}

interface WycheproofCase {
  readonly tcId: number
  readonly key: string
  readonly msg: string
  readonly ct: string
  readonly result: 'valid' | 'invalid' | 'acceptable'
}

/** Cases that the token can hold; wraps longer than it admits are refused by the service before it. */
function wycheproof(maxSecretBytes: number): readonly WycheproofCase[] {
  // The published file has this form; a case that has not shows up as a failure below.
  const file = JSON.parse(readFileSync(VECTORS, 'utf8')) as {
    readonly testGroups: readonly { readonly tests: readonly WycheproofCase[] }[]
  }
  return file.testGroups
    .flatMap(({ tests }) => tests)
    .filter(({ ct }) => ct.length / 2 <= maxSecretBytes + 8)
}

/** `acceptable` marks short keys: a token may take or refuse them, but never give other bytes. */
function fits({ msg, result }: WycheproofCase, seen: KwpResult | undefined): boolean {
  if (!seen) return false
  if ('refused' in seen) return result !== 'valid'
  return result !== 'invalid' && seen.bytes === msg
}

function run(token: TestToken, cases: readonly KwpCase[]): readonly KwpResult[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM], {
    env: token.environment,
    input: JSON.stringify({ uri: token.uri, profile: token.profile, cases }),
    maxBuffer: 64 * 1024 * 1024,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`The program failed: ${stderr}`)
  return JSON.parse(stdout) as readonly KwpResult[]
}

function opensslWrap(kek: Buffer, secret: Buffer): Buffer {
  const cipher = createCipheriv('id-aes256-wrap-pad', kek, Buffer.from('a65959a6', 'hex'))
  return Buffer.concat([cipher.update(secret), cipher.final()])
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex')
}

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { decodeEcdsaSignature } from '../../src/codec/ecdsa-signature.js'
import type { HashName, PairAlgorithm, SignatureScheme } from '../../src/core/hsm-pairs.js'
import { type TokenKind, missing, underTest } from '../support/chosen-token.js'
import { describeUnless } from '../support/describe-unless.js'
import type { TestToken } from '../support/test-token.js'
import type {
  MacCase,
  SignatureAnswers,
  SignatureCase,
  SignatureOrder,
} from '../support/token-signatures-program.js'

/*
 * The signature and MAC vectors of the project Wycheproof, every one of them on every token, through the code of the
 * agent. `valid` must verify and `invalid` must not. `acceptable` may do either: its one case is an RSA DigestInfo
 * without the NULL parameter, which RFC 8017 section 8.2.2 lets a verifier take or leave.
 */

const PROGRAM = fileURLToPath(new URL('../support/token-signatures-program.js', import.meta.url))
const FOLDER = fileURLToPath(new URL('../../../../shared/vectors/wycheproof/', import.meta.url))

type Verdict = 'valid' | 'invalid' | 'acceptable'

interface Vector {
  readonly tcId: number
  readonly msg: string
  readonly sig: string
  readonly key: string
  readonly tag: string
  readonly result: Verdict
}

interface Group {
  readonly keySize: number
  readonly tagSize: number
  readonly publicKey: {
    readonly modulus: string
    readonly publicExponent: string
    readonly uncompressed: string
  }
  readonly tests: readonly Vector[]
}

interface SignatureFile {
  readonly file: string
  readonly scheme: SignatureScheme
  readonly algorithm: PairAlgorithm
  readonly hash: HashName
  /** Length of a half of an ECDSA signature; nothing for RSA. */
  readonly half?: number
}

const SIGNATURE_FILES: readonly SignatureFile[] = [
  {
    file: 'ecdsa_secp256r1_sha256',
    scheme: 'ecdsa',
    algorithm: 'ec-p256',
    hash: 'sha256',
    half: 32,
  },
  {
    file: 'ecdsa_secp384r1_sha384',
    scheme: 'ecdsa',
    algorithm: 'ec-p384',
    hash: 'sha384',
    half: 48,
  },
  {
    file: 'rsa_pss_2048_sha256_mgf1_32',
    scheme: 'pss-sha256',
    algorithm: 'rsa-2048',
    hash: 'sha256',
  },
  {
    file: 'rsa_signature_2048_sha256',
    scheme: 'pkcs1-sha256',
    algorithm: 'rsa-2048',
    hash: 'sha256',
  },
]

const MAC_FILES = [
  ['hmac_sha256', 'sha256', 256],
  ['hmac_sha384', 'sha384', 384],
  ['hmac_sha512', 'sha512', 512],
] as const

for (const kind of underTest) {
  const { name, open } = kind
  describeUnless(whyNot(kind), `Wycheproof signatures on ${name}`, () => {
    let token: TestToken
    beforeAll(async () => {
      token = await open()
    })
    afterAll(() => token.remove())

    test.each(SIGNATURE_FILES)('$file', (file) => {
      const cases = signatureCases(file)
      // A signature that is no DER of two numbers does not reach the token: the service refuses it before.
      const asked = cases.flatMap(({ request }) => (request ? [request] : []))
      const { signatures } = run(token, { signatures: asked, macs: [] })
      let next = 0
      const wrong = cases.filter(({ vector, request }) => {
        const verified = request !== undefined && signatures[next++] === true
        return vector.result !== 'acceptable' && verified !== (vector.result === 'valid')
      })
      expect(wrong.map(({ vector }) => vector)).toEqual([])
      expect(signatures).toHaveLength(asked.length)
      expect(asked.length).toBeGreaterThan(100)
    })

    test.each(MAC_FILES)('%s', (file, hash, bits) => {
      const vectors = macVectors(file, bits)
      const macs = vectors.map(({ key, msg }): MacCase => ({ hash, key, message: msg }))
      const made = run(token, { signatures: [], macs }).macs
      const wrong = vectors.filter(
        ({ tag, result }, index) => (made[index] === tag) !== (result === 'valid'),
      )
      expect(wrong).toEqual([])
      expect(made).toHaveLength(vectors.length)
      expect(made.length).toBeGreaterThan(20)
    })
  })
}

function whyNot(kind: TokenKind): string | undefined {
  if (!existsSync(FOLDER)) return 'the Wycheproof vectors are not beside the repository'
  return missing(kind)
}

interface AskedVector {
  readonly vector: Vector
  readonly request: SignatureCase | undefined
}

function signatureCases(file: SignatureFile): readonly AskedVector[] {
  const { scheme, algorithm, hash, half } = file
  return groupsOf(file.file).flatMap(({ publicKey, tests }) =>
    tests.map((vector) => {
      const signature =
        half === undefined ? Buffer.from(vector.sig, 'hex') : rawSignature(vector.sig, half)
      const key =
        half === undefined
          ? ({ rsa: [withoutSign(publicKey.modulus), publicKey.publicExponent] } as const)
          : { point: publicKey.uncompressed }
      const message = createHash(hash).update(Buffer.from(vector.msg, 'hex')).digest('hex')
      const request =
        signature &&
        ({
          scheme,
          algorithm,
          ...key,
          message,
          signature: Buffer.from(signature).toString('hex'),
        } as const)
      return { vector, request }
    }),
  )
}

/** As the service reads it: strict DER. */
function rawSignature(der: string, half: number): Uint8Array | undefined {
  return decodeEcdsaSignature(Buffer.from(der, 'hex'), half)
}

/** The keys that a token makes are as long as the hash, and so are the tags of the service. */
function macVectors(file: string, bits: number): readonly Vector[] {
  return groupsOf(file)
    .filter(({ keySize, tagSize }) => keySize === bits && tagSize === bits)
    .flatMap(({ tests }) => tests)
}

function groupsOf(file: string): readonly Group[] {
  // The published file has this form; a case that has not shows up as a failure above.
  const { testGroups } = JSON.parse(readFileSync(`${FOLDER}${file}_test.json`, 'utf8')) as {
    readonly testGroups: readonly Group[]
  }
  return testGroups
}

/** The vectors write numbers as DER does, with a zero where the first bit is one. */
function withoutSign(number: string): string {
  return number.replace(/^(?:00)+/, '')
}

function run(
  token: TestToken,
  work: Pick<SignatureOrder, 'signatures' | 'macs'>,
): SignatureAnswers {
  const order: SignatureOrder = { uri: token.uri, profile: token.profile, ...work }
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM], {
    env: token.environment,
    input: JSON.stringify(order),
    maxBuffer: 64 * 1024 * 1024,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`The program failed: ${stderr}`)
  return JSON.parse(stdout) as SignatureAnswers
}

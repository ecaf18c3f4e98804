import { type KeyObject, constants, createHash, randomBytes, verify } from 'node:crypto'
import { expect, test } from '@jest/globals'
import type { Importing } from '../../src/core/hsm-import.js'
import type { PairAlgorithm } from '../../src/core/hsm-pairs.js'
import { freshPair } from '../support/fresh-pair.js'
import { rsaPair } from '../support/rsa-pairs.js'
import { encryptOaep, pairRequest, pkcs8Of, wrapPadded } from './foreign-material.js'
import { type TokenUnderTest, changed, failureOf, hex, patterned } from './token-under-test.js'

const SLOW_TEST_MS = 120_000

/** Names of node:crypto. */
const CURVES: Readonly<Partial<Record<PairAlgorithm, string>>> = {
  'ec-p256': 'prime256v1',
  'ec-p384': 'secp384r1',
  'ec-p521': 'secp521r1',
  secp256k1: 'secp256k1',
}

/** Private keys that customers bring. */
export function hsmPairImportContract(token: TokenUnderTest): void {
  test(
    'imports pairs that sign for their public keys',
    async () => {
      const under = await token.pair('rsa-3072', 'import')
      for (const hash of token.hsm.limits.oaepHashes) {
        for (const algorithm of importable(token)) {
          const { privateKey, publicKey } = generate(algorithm)
          const rest = { algorithm, use: 'sign', hash, temporary: randomBytes(16) } as const
          const request = pairRequest(under, pkcs8Of(privateKey), rest)
          token.willHold(request.key)
          const spki = await token.hsm.importPair(request)
          expect(hex(spki)).toBe(hex(publicKey.export({ format: 'der', type: 'spki' })))
          expect(hex(await token.hsm.publicKey(request.key))).toBe(hex(spki))
          await expectSigns(token, request, publicKey)
          const halves = await token.attributesOf(request.key)
          expect(halves).toHaveLength(2)
          for (const { flags } of halves) expect(flags).toMatchObject({ modifiable: false })
          expect(halves.filter(({ flags }) => flags.sensitive === true)).toHaveLength(1)
        }
      }
    },
    SLOW_TEST_MS,
  )

  test('imports an RSA pair that decrypts', async () => {
    const under = await token.pair('rsa-2048', 'import')
    const [hash = 'sha1'] = token.hsm.limits.oaepHashes
    const { privateKey, publicKey } = generate('rsa-2048')
    const rest = { algorithm: 'rsa-2048', use: 'decrypt', hash } as const
    const request = pairRequest(under, pkcs8Of(privateKey), rest)
    token.willHold(request.key)
    await token.hsm.importPair(request)
    const ciphertext = encryptOaep(publicKey, hash, patterned(32))
    const text = await token.hsm.decryptOaep({ key: request.key, hash, ciphertext })
    expect(hex(text)).toBe(hex(patterned(32)))
  })

  test(
    'leaves nothing of a private key of another algorithm, size or curve, or of none',
    async () => {
      const under = await token.pair('rsa-2048', 'import')
      const [hash = 'sha1'] = token.hsm.limits.oaepHashes
      const rsa = pkcs8Of(generate('rsa-2048').privateKey)
      const curve = pkcs8Of(generate('ec-p256').privateKey)
      const weak = freshPair('rsa', { modulusLength: 2048, publicExponent: 3 })
      const before = await token.namesOfAll()
      for (const [algorithm, material] of [
        ['rsa-3072', rsa],
        ['ec-p256', rsa],
        ['rsa-2048', curve],
        ['ec-p384', curve],
        ['rsa-2048', pkcs8Of(weak.privateKey)],
        ['rsa-2048', rsa.subarray(0, 200)],
        ['ec-p256', randomBytes(138)],
        ['rsa-2048', randomBytes(64)],
      ] as const) {
        const request = pairRequest(under, material, { algorithm, use: 'sign', hash })
        const failure = await failureOf(token.hsm.importPair(request))
        expect([algorithm, material.length, failure]).toEqual([
          algorithm,
          material.length,
          'unsuitable',
        ])
      }
      for (const temporary of [24, 15, 33].map((length) => randomBytes(length))) {
        const request = {
          ...pairRequest(under, curve, { algorithm: 'ec-p256', use: 'sign', hash }),
          wrappedKey: encryptOaep(under.publicKey, hash, temporary),
        }
        expect(await failureOf(token.hsm.importPair(request))).toBe('unsuitable')
      }
      expect(await token.namesOfAll()).toEqual(before)
    },
    SLOW_TEST_MS,
  )

  test(
    'survives private keys whose numbers are wrong, and keeps none that does not work',
    async () => {
      const under = await token.pair('rsa-2048', 'import')
      const [hash = 'sha1'] = token.hsm.limits.oaepHashes
      const before = await token.namesOfAll()
      for (const use of ['sign', 'decrypt'] as const) {
        for (const name of ['n', 'p', 'q', 'd'] as const) {
          const material = brokenRsa(name)
          const request = pairRequest(under, material, { algorithm: 'rsa-2048', use, hash })
          token.willHold(request.key)
          const failure = await failureOf(token.hsm.importPair(request))
          // OpenSSL makes do with the numbers that are right, where they suffice.
          expect(name === 'n' ? ['unsuitable'] : ['unsuitable', 'answered']).toContain(failure)
          await token.hsm.destroyKey(request.key)
        }
      }
      for (const scalar of ['00', 'ff', 'order']) {
        const material = brokenCurve(scalar)
        const request = pairRequest(under, material, { algorithm: 'ec-p256', use: 'sign', hash })
        token.willHold(request.key)
        const failure = await failureOf(token.hsm.importPair(request))
        // A scalar above the order works like its remainder; zero works like none.
        expect(scalar === 'ff' ? ['unsuitable', 'answered'] : ['unsuitable']).toContain(failure)
        await token.hsm.destroyKey(request.key)
      }
      expect(await token.namesOfAll()).toEqual(before)
    },
    SLOW_TEST_MS,
  )

  test('leaves nothing of a pair whose wrap or temporary key does not open', async () => {
    const under = await token.pair('rsa-2048', 'import')
    const [hash = 'sha1'] = token.hsm.limits.oaepHashes
    const material = pkcs8Of(generate('ec-p256').privateKey)
    const right = pairRequest(under, material, { algorithm: 'ec-p256', use: 'sign', hash })
    const before = await token.namesOfAll()
    const wrong = [
      ...changed(right.wrappedPrivate).map((wrappedPrivate) => ({ ...right, wrappedPrivate })),
      ...changed(right.wrappedKey).map((wrappedKey) => ({ ...right, wrappedKey })),
      { ...right, wrappedPrivate: wrapPadded(randomBytes(32), material) },
      { ...right, wrappedPrivate: randomBytes(4104) },
      { ...right, wrappedPrivate: randomBytes(9000) },
      { ...right, wrappedPrivate: new Uint8Array(16) },
    ]
    for (const request of wrong) {
      expect(await failureOf(token.hsm.importPair(request))).toBe('not-authentic')
    }
    expect(await token.namesOfAll()).toEqual(before)
  })

  test('imports no pair whose public half cannot be found out', async () => {
    const under = await token.pair('rsa-2048', 'import')
    const [hash = 'sha1'] = token.hsm.limits.oaepHashes
    const curve = pkcs8Of(generate('ec-p256').privateKey)
    const rsa = pkcs8Of(generate('rsa-2048').privateKey)
    for (const [material, rest] of [
      [curve, { algorithm: 'ec-p256', use: 'agree', hash }],
      [curve, { algorithm: 'ec-p256', use: 'decrypt', hash }],
      [rsa, { algorithm: 'rsa-2048', use: 'import', hash }],
      [rsa, { algorithm: 'rsa-2048', use: 'agree', hash }],
      [curve, { algorithm: 'sm2', use: 'sign', hash }],
      [curve, { algorithm: 'ed25519', use: 'sign', hash }],
    ] as const) {
      const request = pairRequest(under, material, rest)
      expect(await failureOf(token.hsm.importPair(request))).toBe('unsupported')
    }
  })
}

/** The same on a token that imports none: it says so, and keeps nothing. */
export function hsmNoPairImportContract(token: TokenUnderTest): void {
  test('imports no pair, and says that it cannot', async () => {
    const under = await token.pair('rsa-2048', 'import')
    const [hash = 'sha1'] = token.hsm.limits.oaepHashes
    const before = await token.namesOfAll()
    for (const algorithm of importable(token)) {
      const material = pkcs8Of(generate(algorithm).privateKey)
      const request = pairRequest(under, material, { algorithm, use: 'sign', hash })
      expect(await failureOf(token.hsm.importPair(request))).toBe('unsupported')
    }
    expect(await token.namesOfAll()).toEqual(before)
  })
}

function importable(token: TokenUnderTest): readonly PairAlgorithm[] {
  return token.pairAlgorithms.filter((one) => one.startsWith('rsa-') || one in CURVES)
}

function generate(algorithm: PairAlgorithm): {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
} {
  const namedCurve = CURVES[algorithm]
  if (namedCurve !== undefined) return freshPair('ec', { namedCurve })
  return rsaPair(Number(algorithm.slice(4)))
}

async function expectSigns(
  token: TokenUnderTest,
  { key, algorithm }: Pick<Parameters<Importing['importPair']>[0], 'key' | 'algorithm'>,
  publicKey: KeyObject,
): Promise<void> {
  const hash = algorithm === 'ec-p384' ? 'sha384' : algorithm === 'ec-p521' ? 'sha512' : 'sha256'
  const text = patterned(200)
  const message = Uint8Array.from(createHash(hash).update(text).digest())
  const scheme = algorithm.startsWith('rsa-') ? 'pss-sha256' : 'ecdsa'
  const signature = await token.hsm.sign({ key, scheme, message })
  const form =
    scheme === 'ecdsa'
      ? { key: publicKey, dsaEncoding: 'ieee-p1363' as const }
      : { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  expect(verify(hash, text, form, signature)).toBe(true)
}

/** An RSA key of which one number has another value than the others demand. */
function brokenRsa(name: 'n' | 'p' | 'q' | 'd'): Buffer {
  const { privateKey } = generate('rsa-2048')
  const der = pkcs8Of(privateKey)
  const digits = Buffer.from(String(privateKey.export({ format: 'jwk' })[name]), 'base64url')
  const last = der.indexOf(digits) + digits.length - 1
  der.writeUInt8(der.readUInt8(last) ^ 2, last)
  return der
}

/** A P-256 key whose scalar is zero, above the order, or the order itself. */
function brokenCurve(scalar: string): Buffer {
  const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
  const { privateKey } = generate('ec-p256')
  const der = pkcs8Of(privateKey)
  const digits = Buffer.from(String(privateKey.export({ format: 'jwk' }).d), 'base64url')
  const bytes = Buffer.from(scalar === 'order' ? order : scalar.repeat(32), 'hex')
  bytes.copy(der, der.indexOf(digits))
  return der
}

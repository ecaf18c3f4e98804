import { createECDH, createHash, createPublicKey, verify } from 'node:crypto'
import pkcs11, { type Template } from 'pkcs11js'
import type { PairAlgorithm } from '../../core/hsm-pairs.js'
import type { Profile } from '../profile.js'
import { deriveWith } from './agreement.js'
import { octetString } from './der.js'
import { OPENSSL_CURVES } from './openssl-curves.js'
import { pairRow } from './pair-algorithms.js'
import { call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { SIGNATURE_ANSWERS, type SignatureAnswer } from './signature-answers.js'
import { schemeRow } from './signature-mechanisms.js'
import { signWith, verifyWith } from './signing.js'
import { readPublicKey } from './spki.js'
import { knownPublic, triedPair } from './pair-templates.js'

/** Nothing where a test passed, else a sentence that says what was seen. */
export type Outcome = string | undefined

interface SignatureTest {
  readonly name: string
  readonly run: () => Outcome
}

/**
 * Tests of what the profile says of pairs: the token must verify known signatures, and agree with OpenSSL on what a
 * pair of its own signs and derives. A pair of RSA is not made here: that takes as long as a whole start.
 */
export function signatureTests(session: OpenSession, profile: Profile): readonly SignatureTest[] {
  const { algorithms, signatureSchemes, ecdh } = profile
  const answers = SIGNATURE_ANSWERS.filter(
    ({ scheme, algorithm }) => signatureSchemes.includes(scheme) && algorithms.includes(algorithm),
  )
  // The first one that the profile lists is enough.
  const curve = OPENSSL_CURVES.find(([algorithm]) => algorithms.includes(algorithm))
  return [
    ...answers.map((answer) => ({
      name: `verify ${answer.scheme} of ${answer.algorithm}`,
      run: () => verifyOutcome(session, profile, answer),
    })),
    ...(curve && signatureSchemes.includes('ecdsa')
      ? [{ name: `sign with ${curve[0]}`, run: () => signOutcome(session, profile, curve[0]) }]
      : []),
    ...(curve && ecdh
      ? [{ name: `agree with ${curve[0]}`, run: () => agreeOutcome(session, profile, curve) }]
      : []),
  ]
}

function verifyOutcome(session: OpenSession, profile: Profile, answer: SignatureAnswer): Outcome {
  const { scheme, hash, message, signature } = answer
  const row = schemeRow(profile, scheme)
  const template = knownPublic({
    keyType: row.keyType,
    values: publicValues(profile, answer),
    usages: [pkcs11.CKA_VERIFY],
  })
  const signed = hash === undefined ? message : createHash(hash).update(message).digest()
  const { lib, handle: open } = session
  const handle = call('C_CreateObject', () => lib.C_CreateObject(open, template))
  try {
    const request = { handle, row, scheme, message: signed }
    if (!verifyWith(session, { ...request, signature })) return 'The signature is taken for wrong.'
    const changed = Buffer.from(signature)
    changed.writeUInt8(changed.readUInt8(0) ^ 1, 0)
    return verifyWith(session, { ...request, signature: changed })
      ? 'A changed signature is taken for right.'
      : undefined
  } finally {
    call('C_DestroyObject', () => lib.C_DestroyObject(open, handle))
  }
}

function publicValues(profile: Profile, { algorithm, publicKey }: SignatureAnswer): Template {
  const { keyType, parameters } = pairRow(profile, algorithm)
  if (keyType !== pkcs11.CKK_RSA) {
    return [...parameters, { type: pkcs11.CKA_EC_POINT, value: octetString(publicKey) }]
  }
  return [
    { type: pkcs11.CKA_MODULUS, value: publicKey },
    // The size is of templates that generate; here it follows from the modulus.
    ...parameters.filter(({ type }) => type !== pkcs11.CKA_MODULUS_BITS),
  ]
}

function signOutcome(session: OpenSession, profile: Profile, algorithm: PairAlgorithm): Outcome {
  const message = Buffer.from('kms known answer', 'latin1')
  const digest = createHash('sha256').update(message).digest()
  return withPair(session, profile, { algorithm, use: 'sign' }, ({ privateKey, publicKey }) => {
    const row = schemeRow(profile, 'ecdsa')
    const request = { row, scheme: 'ecdsa', message: digest } as const
    const signature = signWith(session, { ...request, handle: privateKey })
    const key = openSslKey(session, profile, publicKey)
    if (!verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature)) {
      return 'OpenSSL takes the signature for wrong.'
    }
    return verifyWith(session, { ...request, handle: publicKey, signature })
      ? undefined
      : 'The token takes its own signature for wrong.'
  })
}

function agreeOutcome(
  session: OpenSession,
  profile: Profile,
  [algorithm, namedCurve]: (typeof OPENSSL_CURVES)[number],
): Outcome {
  const peer = createECDH(namedCurve)
  const point = peer.generateKeys()
  return withPair(session, profile, { algorithm, use: 'agree' }, ({ privateKey, publicKey }) => {
    const shared = deriveWith(session, { handle: privateKey, point })
    // The point is the end of its SPKI.
    const expected = peer.computeSecret(
      readPublicKey(session, publicKey, profile).subarray(-point.length),
    )
    return shared.equals(expected) ? undefined : 'OpenSSL agrees on another secret.'
  })
}

function openSslKey(session: OpenSession, profile: Profile, object: Buffer) {
  const key = readPublicKey(session, object, profile)
  return createPublicKey({ key, format: 'der', type: 'spki' })
}

/** Runs something on a pair that the token generates for that alone. */
function withPair<Result>(
  session: OpenSession,
  profile: Profile,
  { algorithm, use }: { readonly algorithm: PairAlgorithm; readonly use: 'sign' | 'agree' },
  run: (pair: { readonly privateKey: Buffer; readonly publicKey: Buffer }) => Result,
): Result {
  const { lib, handle: open } = session
  const { keyType, mechanism, parameters } = pairRow(profile, algorithm)
  const { publicHalf, privateHalf } = triedPair({ keyType, use })
  const pair = call('C_GenerateKeyPair', () =>
    lib.C_GenerateKeyPair(open, { mechanism }, [...publicHalf, ...parameters], privateHalf),
  )
  try {
    return run(pair)
  } finally {
    for (const half of [pair.privateKey, pair.publicKey]) {
      call('C_DestroyObject', () => lib.C_DestroyObject(open, half))
    }
  }
}

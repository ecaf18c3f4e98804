import pkcs11, { type Template } from 'pkcs11js'
import type { KnownAnswer } from '../../core/hsm-inspection.js'
import type { Profile } from '../profile.js'
import { isLoss } from '../return-values.js'
import {
  GCM_ANSWER,
  HMAC_ANSWERS,
  type HmacAnswer,
  KWP_ANSWERS,
  type KwpAnswer,
} from './answers.js'
import { KeyWrap } from './key-wrap.js'
import { type Outcome, signatureTests } from './known-signatures.js'
import { macWith } from './macs.js'
import { TokenError, call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { hmacMechanism } from './signature-mechanisms.js'
import { knownKey, wrappableSecret } from './templates.js'

const RANDOM_BYTES = 32

/**
 * Runs the known-answer tests on the token.
 *
 * A mechanism number proves nothing: 0x210A is RFC 5649 on one token, PKCS#7 padding on another and zero-padding on a
 * third. Only the bytes tell, so no agent serves before it has seen them.
 *
 * @throws TokenError when session or device is lost: that is no answer
 */
export function runKnownAnswers(session: OpenSession, profile: Profile): readonly KnownAnswer[] {
  const keyWrap = new KeyWrap(session, profile)
  function test(name: string, run: () => Outcome): KnownAnswer {
    return answerOf(profile, { name, run })
  }
  return [
    ...KWP_ANSWERS.flatMap((answer) => [
      test(`wrap ${answer.name}`, () => wrapOutcome(keyWrap, profile, answer)),
      test(`unwrap ${answer.name}`, () => unwrapOutcome(keyWrap, answer)),
    ]),
    test(`unwrap of a wrapped secret of ${profile.keyWrap.maxSecretBytes} bytes`, () =>
      longestOutcome(keyWrap, profile.keyWrap.maxSecretBytes)),
    test('unwrap of changed bytes is refused', () => changedOutcome(keyWrap)),
    ...hmacAnswers(profile).map((answer) =>
      test(answer.name, () => hmacOutcome({ session, keyWrap, profile }, answer)),
    ),
    ...(profile.gcm === 'none' ? [] : [test(GCM_ANSWER.name, () => gcmOutcome(session, keyWrap))]),
    test('random bytes differ', () => randomOutcome(session)),
    ...signatureTests(session, profile).map(({ name, run }) => test(name, run)),
  ]
}

function answerOf(
  profile: Profile,
  { name, run }: { readonly name: string; readonly run: () => Outcome },
): KnownAnswer {
  try {
    const seen = run()
    return { test: name, passed: seen === undefined, detail: seen ?? 'as expected' }
  } catch (error) {
    if (error instanceof TokenError && isLoss(error.rv, profile)) throw error
    return { test: name, passed: false, detail: error instanceof Error ? error.message : 'failed' }
  }
}

function wrapOutcome(keyWrap: KeyWrap, profile: Profile, answer: KwpAnswer): Outcome {
  const wrapped = keyWrap.withObject(kek(answer), (key) =>
    keyWrap.withObject(wrappableSecret(answer.secret), (secret) => keyWrap.wrap(key, secret)),
  )
  const expected = profile.keyWrap.oddLengths === 'exact' ? answer.exact : answer.zeroPadded
  if (wrapped.equals(expected)) return undefined
  if (wrapped.equals(answer.exact))
    return 'The token wraps odd lengths exactly; the profile says otherwise.'
  if (wrapped.equals(answer.zeroPadded)) {
    return 'The token zero-pads odd lengths before it wraps; the profile says otherwise.'
  }
  return wrapped.length > answer.exact.length
    ? 'The token pads as PKCS#7 does; this mechanism is not RFC 5649.'
    : 'The bytes are not those of RFC 5649.'
}

function unwrapOutcome(keyWrap: KeyWrap, answer: KwpAnswer): Outcome {
  const secret = keyWrap.withObject(kek(answer), (key) => keyWrap.unwrap(key, answer.exact))
  return secret.equals(answer.secret) ? undefined : 'The unwrapped secret is another one.'
}

/** The longest secret that the profile promises comes back. */
function longestOutcome(keyWrap: KeyWrap, length: number): Outcome {
  const [answer] = KWP_ANSWERS
  const secret = Buffer.from(Array.from({ length }, (_, index) => index & 0xff))
  const back = keyWrap.withObject(kek(answer), (key) => {
    const wrapped = keyWrap.withObject(wrappableSecret(secret), (object) =>
      keyWrap.wrap(key, object),
    )
    return keyWrap.unwrap(key, wrapped)
  })
  return back.equals(secret) ? undefined : 'The unwrapped secret is another one.'
}

function changedOutcome(keyWrap: KeyWrap): Outcome {
  const [answer] = KWP_ANSWERS
  const changed = Buffer.from(answer.exact)
  changed.writeUInt8(changed.readUInt8(0) ^ 1, 0)
  return keyWrap.withObject(kek(answer), (key) => {
    try {
      keyWrap.unwrap(key, changed)
    } catch (error) {
      // What says elsewhere that the device is lost refuses these bytes alone if the true ones still unwrap.
      if (error instanceof TokenError && isLoss(error.rv, {})) keyWrap.unwrap(key, answer.exact)
      return undefined
    }
    return 'The token unwrapped bytes that were changed: its mechanism has no integrity check.'
  })
}

/** The binding key of every token makes HMAC-SHA-256; the others are those of the profile. */
function hmacAnswers({ algorithms }: Profile): readonly HmacAnswer[] {
  return [
    HMAC_ANSWERS.binding,
    ...(['hmac-384', 'hmac-512'] as const)
      .filter((kind) => algorithms.includes(kind))
      .map((kind) => HMAC_ANSWERS[kind]),
  ]
}

interface HmacTest {
  readonly session: OpenSession
  readonly keyWrap: KeyWrap
  readonly profile: Profile
}

function hmacOutcome(
  { session, keyWrap, profile }: HmacTest,
  { hash, key: value, message, mac: expected }: HmacAnswer,
): Outcome {
  const template = knownKey({
    keyType: pkcs11.CKK_GENERIC_SECRET,
    value,
    usages: [pkcs11.CKA_SIGN, pkcs11.CKA_VERIFY],
  })
  return keyWrap.withObject(template, (handle) => {
    const mac = macWith(session, { handle, mechanism: hmacMechanism(profile, hash), message })
    return mac.equals(expected) ? undefined : 'The MAC is another one.'
  })
}

function gcmOutcome({ lib, handle }: OpenSession, keyWrap: KeyWrap): Outcome {
  const template = knownKey({
    keyType: pkcs11.CKK_AES,
    value: GCM_ANSWER.key,
    usages: [pkcs11.CKA_ENCRYPT],
  })
  return keyWrap.withObject(template, (key) => {
    const parameter = {
      type: pkcs11.CK_PARAMS_AES_GCM_v240,
      iv: GCM_ANSWER.iv,
      ivBits: GCM_ANSWER.iv.length * 8,
      aad: GCM_ANSWER.aad,
      tagBits: 128,
    }
    call('C_EncryptInit', () =>
      lib.C_EncryptInit(handle, { mechanism: pkcs11.CKM_AES_GCM, parameter }, key),
    )
    const space = Buffer.alloc(GCM_ANSWER.sealed.length)
    const sealed = call('C_Encrypt', () => lib.C_Encrypt(handle, GCM_ANSWER.plaintext, space))
    return sealed.equals(GCM_ANSWER.sealed)
      ? undefined
      : 'The ciphertext or its tag is another one.'
  })
}

function randomOutcome({ lib, handle }: OpenSession): Outcome {
  const [first, second] = [0, 1].map(() =>
    call('C_GenerateRandom', () => lib.C_GenerateRandom(handle, Buffer.alloc(RANDOM_BYTES))),
  )
  const zero = Buffer.alloc(RANDOM_BYTES)
  if (!first || !second || first.equals(zero) || second.equals(zero))
    return 'The bytes are all zero.'
  return first.equals(second) ? 'Two draws gave the same bytes.' : undefined
}

function kek(answer: KwpAnswer): Template {
  return knownKey({
    keyType: pkcs11.CKK_AES,
    value: answer.kek,
    usages: [pkcs11.CKA_WRAP, pkcs11.CKA_UNWRAP],
  })
}

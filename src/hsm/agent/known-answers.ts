import pkcs11, { type Mechanism } from 'pkcs11js'
import type { KnownAnswer } from '../../core/hsm.js'
import { type Profile, mechanismNumber } from '../profile.js'
import { GCM_ANSWER, HMAC_ANSWER, KWP_ANSWERS, type KwpAnswer } from './answers.js'
import { call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { knownKey, readableSecret, wrappableSecret } from './templates.js'

const RANDOM_BYTES = 32

/**
 * Runs the known-answer tests on the token.
 *
 * A mechanism number proves nothing: 0x210A is RFC 5649 on one token, PKCS#7 padding on another and zero-padding on a
 * third. Only the bytes tell, so no agent serves before it has seen them.
 */
export function runKnownAnswers(session: OpenSession, profile: Profile): readonly KnownAnswer[] {
  return [
    ...KWP_ANSWERS.flatMap((answer) => [
      test(`wrap ${answer.name}`, () => wrapOutcome(session, profile, answer)),
      test(`unwrap ${answer.name}`, () => unwrapOutcome(session, profile, answer)),
    ]),
    test('unwrap of changed bytes is refused', () => changedOutcome(session, profile)),
    test(HMAC_ANSWER.name, () => hmacOutcome(session)),
    ...(profile.gcm === 'none' ? [] : [test(GCM_ANSWER.name, () => gcmOutcome(session))]),
    test('random bytes differ', () => randomOutcome(session)),
  ]
}

/** An outcome is nothing where the test passed, else a sentence that says what was seen. */
type Outcome = string | undefined

function test(name: string, run: () => Outcome): KnownAnswer {
  try {
    const seen = run()
    return { test: name, passed: seen === undefined, detail: seen ?? 'as expected' }
  } catch (error) {
    return { test: name, passed: false, detail: error instanceof Error ? error.message : 'failed' }
  }
}

function kwp(profile: Profile): Mechanism {
  return { mechanism: mechanismNumber(profile.keyWrap.mechanism) }
}

function wrapOutcome(session: OpenSession, profile: Profile, answer: KwpAnswer): Outcome {
  const { lib, handle } = session
  const wrapped = withKek(session, answer.kek, (kek) => {
    const secret = call('C_CreateObject', () =>
      lib.C_CreateObject(handle, wrappableSecret(answer.secret)),
    )
    try {
      return call('C_WrapKey', () =>
        lib.C_WrapKey(handle, kwp(profile), kek, secret, Buffer.alloc(answer.exact.length + 64)),
      )
    } finally {
      call('C_DestroyObject', () => lib.C_DestroyObject(handle, secret))
    }
  })
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

function unwrapOutcome(session: OpenSession, profile: Profile, answer: KwpAnswer): Outcome {
  const secret = withKek(session, answer.kek, (kek) => unwrap(session, profile, kek, answer.exact))
  return secret.equals(answer.secret) ? undefined : 'The unwrapped secret is another one.'
}

function changedOutcome(session: OpenSession, profile: Profile): Outcome {
  const [answer] = KWP_ANSWERS
  const changed = Buffer.from(answer.exact)
  changed.writeUInt8(changed.readUInt8(0) ^ 1, 0)
  return withKek(session, answer.kek, (kek) => {
    try {
      unwrap(session, profile, kek, changed)
    } catch {
      return undefined
    }
    return 'The token unwrapped bytes that were changed: its mechanism has no integrity check.'
  })
}

function unwrap(session: OpenSession, profile: Profile, kek: Buffer, wrapped: Buffer): Buffer {
  const { lib, handle } = session
  const secret = call('C_UnwrapKey', () =>
    lib.C_UnwrapKey(handle, kwp(profile), kek, wrapped, readableSecret(profile)),
  )
  try {
    const [value] = call('C_GetAttributeValue', () =>
      lib.C_GetAttributeValue(handle, secret, [{ type: pkcs11.CKA_VALUE }]),
    )
    return Buffer.isBuffer(value?.value) ? value.value : Buffer.alloc(0)
  } finally {
    call('C_DestroyObject', () => lib.C_DestroyObject(handle, secret))
  }
}

function hmacOutcome(session: OpenSession): Outcome {
  const { lib, handle } = session
  const template = knownKey({
    keyType: pkcs11.CKK_GENERIC_SECRET,
    value: HMAC_ANSWER.key,
    usages: [pkcs11.CKA_SIGN, pkcs11.CKA_VERIFY],
  })
  return withObject(session, template, (key) => {
    const mechanism = { mechanism: pkcs11.CKM_SHA256_HMAC }
    call('C_SignInit', () => lib.C_SignInit(handle, mechanism, key))
    const mac = call('C_Sign', () => lib.C_Sign(handle, HMAC_ANSWER.message, Buffer.alloc(64)))
    return mac.equals(HMAC_ANSWER.mac) ? undefined : 'The MAC is another one.'
  })
}

function gcmOutcome(session: OpenSession): Outcome {
  const { lib, handle } = session
  const template = knownKey({
    keyType: pkcs11.CKK_AES,
    value: GCM_ANSWER.key,
    usages: [pkcs11.CKA_ENCRYPT],
  })
  return withObject(session, template, (key) => {
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

function withKek<Result>(
  session: OpenSession,
  value: Buffer,
  run: (kek: Buffer) => Result,
): Result {
  const template = knownKey({
    keyType: pkcs11.CKK_AES,
    value,
    usages: [pkcs11.CKA_WRAP, pkcs11.CKA_UNWRAP],
  })
  return withObject(session, template, run)
}

function withObject<Result>(
  { lib, handle: session }: OpenSession,
  template: ReturnType<typeof knownKey>,
  run: (object: Buffer) => Result,
): Result {
  const object = call('C_CreateObject', () => lib.C_CreateObject(session, template))
  try {
    return run(object)
  } finally {
    call('C_DestroyObject', () => lib.C_DestroyObject(session, object))
  }
}

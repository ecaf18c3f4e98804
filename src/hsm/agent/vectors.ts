import pkcs11, { type Template } from 'pkcs11js'
import type { Vector, VectorAnswer } from '../../core/hsm-assessment.js'
import type { Profile } from '../profile.js'
import { classify, isLoss } from '../return-values.js'
import { octetString } from './der.js'
import { IV_BYTES, TAG_BYTES, gcmDecrypt, gcmEncrypt } from './gcm.js'
import { KeyWrap, WRAP_OVERHEAD_BYTES } from './key-wrap.js'
import { macWith } from './macs.js'
import { pairRow } from './pair-algorithms.js'
import { knownPublic } from './pair-templates.js'
import { TokenError, unsupported } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { hmacMechanism, schemeRow } from './signature-mechanisms.js'
import { verifyWith } from './signing.js'
import { knownKey, wrappableSecret } from './templates.js'

interface Asked {
  readonly session: OpenSession
  readonly profile: Profile
  readonly keyWrap: KeyWrap
}

type Question<Form extends Vector['form']> = Extract<Vector, { readonly form: Form }>

/**
 * Asks the token questions whose answers are known, each with the code that serves and a key that lives for it alone.
 *
 * @throws TokenError where session or device is lost: that is no answer
 */
export function askVectors(
  session: OpenSession,
  profile: Profile,
  questions: readonly Vector[],
): readonly VectorAnswer[] {
  const asked = { session, profile, keyWrap: new KeyWrap(session, profile) }
  return questions.map((question) => answerTo(asked, question))
}

function answerTo(asked: Asked, question: Vector): VectorAnswer {
  try {
    const seen = ask(asked, question)
    if (Buffer.isBuffer(seen)) return { outcome: 'bytes', bytes: seen }
    return seen ? { outcome: 'verified' } : { outcome: 'refused', detail: 'the signature is wrong' }
  } catch (error) {
    if (!(error instanceof TokenError) || isLoss(error.rv, asked.profile)) throw error
    const cannot =
      error.failure === 'unsupported' || classify(error.rv ?? 0).failure === 'unsupported'
    return { outcome: cannot ? 'unsupported' : 'refused', detail: error.message }
  }
}

/** Bytes, or whether a signature is right. */
function ask(asked: Asked, question: Vector): Buffer | boolean {
  switch (question.form) {
    case 'kwp-wrap':
      return wrap(asked, question)
    case 'kwp-unwrap':
      return unwrap(asked, question)
    case 'gcm-encrypt':
      return encrypt(asked, question)
    case 'gcm-decrypt':
      return decrypt(asked, question)
    case 'hmac':
      return mac(asked, question)
    case 'verify':
      return verify(asked, question)
  }
}

function wrap({ keyWrap, profile }: Asked, { kek, secret }: Question<'kwp-wrap'>): Buffer {
  if (profile.keyWrap.oddLengths === 'zero-padded' && secret.length % 8 !== 0) {
    throw unsupported('The token pads odd lengths with zeroes before it wraps.', 'C_WrapKey')
  }
  requireLength(keyWrap, secret.length)
  return keyWrap.withObject(wrappingKey(kek), (key) =>
    keyWrap.withObject(wrappableSecret(Buffer.from(secret)), (object) => keyWrap.wrap(key, object)),
  )
}

function unwrap({ keyWrap }: Asked, { kek, wrapped }: Question<'kwp-unwrap'>): Buffer {
  requireLength(keyWrap, wrapped.length - WRAP_OVERHEAD_BYTES)
  return keyWrap.withObject(wrappingKey(kek), (key) => keyWrap.unwrap(key, wrapped))
}

function requireLength({ maxUnwrapBytes }: KeyWrap, bytes: number): void {
  if (bytes <= maxUnwrapBytes) return
  throw unsupported('The profile says that the token holds no secret so long.', 'C_WrapKey')
}

function encrypt(asked: Asked, question: Question<'gcm-encrypt'>): Buffer {
  requireGcm(asked.profile, question, question.text.length)
  return asked.keyWrap.withObject(aesKey(question.key, pkcs11.CKA_ENCRYPT), (key) =>
    gcmEncrypt(asked.session, { ...question, key }, Buffer.from(question.text)),
  )
}

function decrypt(asked: Asked, question: Question<'gcm-decrypt'>): Buffer {
  requireGcm(asked.profile, question, question.sealed.length - TAG_BYTES)
  return asked.keyWrap.withObject(aesKey(question.key, pkcs11.CKA_DECRYPT), (key) =>
    gcmDecrypt(asked.session, { ...question, key }, question.sealed),
  )
}

/** The service makes IVs of 96 bits and tags of 128 bits alone, and seals no empty text. */
function requireGcm(
  { gcm }: Profile,
  { iv, tagBytes }: { readonly iv: Uint8Array; readonly tagBytes: number },
  textBytes: number,
): void {
  if (gcm === 'none') throw unsupported('The token has no AES-GCM.', 'C_EncryptInit')
  if (iv.length === IV_BYTES && tagBytes === TAG_BYTES && textBytes > 0) return
  throw unsupported(
    'The service uses AES-GCM with IVs of 96 bits, tags of 128 bits and a text alone.',
    'C_EncryptInit',
  )
}

function mac({ session, keyWrap, profile }: Asked, question: Question<'hmac'>): Buffer {
  const template = knownKey({
    keyType: pkcs11.CKK_GENERIC_SECRET,
    value: Buffer.from(question.key),
    usages: [pkcs11.CKA_SIGN, pkcs11.CKA_VERIFY],
  })
  return keyWrap.withObject(template, (handle) =>
    macWith(session, {
      handle,
      mechanism: hmacMechanism(profile, question.hash),
      message: question.message,
    }),
  )
}

function verify({ session, keyWrap, profile }: Asked, question: Question<'verify'>): boolean {
  const { scheme, digest: message, signature } = question
  const row = schemeRow(profile, scheme)
  const template = knownPublic({
    keyType: row.keyType,
    values: publicValues(profile, question),
    usages: [pkcs11.CKA_VERIFY],
  })
  return keyWrap.withObject(template, (handle) =>
    verifyWith(session, { handle, row, scheme, message, signature }),
  )
}

function publicValues(profile: Profile, { algorithm, publicKey }: Question<'verify'>): Template {
  const { keyType, parameters } = pairRow(profile, algorithm)
  const [first = new Uint8Array(0), exponent] = publicKey
  if (keyType !== pkcs11.CKK_RSA) {
    return [...parameters, { type: pkcs11.CKA_EC_POINT, value: octetString(Buffer.from(first)) }]
  }
  return [
    { type: pkcs11.CKA_MODULUS, value: Buffer.from(first) },
    { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from(exponent ?? []) },
  ]
}

function wrappingKey(value: Uint8Array): Template {
  const usages = [pkcs11.CKA_WRAP, pkcs11.CKA_UNWRAP]
  return knownKey({ keyType: pkcs11.CKK_AES, value: Buffer.from(value), usages })
}

function aesKey(value: Uint8Array, usage: number): Template {
  return knownKey({ keyType: pkcs11.CKK_AES, value: Buffer.from(value), usages: [usage] })
}

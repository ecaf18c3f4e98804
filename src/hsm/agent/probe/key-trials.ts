import {
  constants,
  createCipheriv,
  createHash,
  createPublicKey,
  publicEncrypt,
  randomBytes,
  verify,
} from 'node:crypto'
import pkcs11, { type Template } from 'pkcs11js'
import { KEY_KINDS, type KeyKind } from '../../../core/hsm.js'
import type { PairAlgorithm, SignatureScheme } from '../../../core/hsm-pairs.js'
import type { Profile } from '../../profile.js'
import { readFlag } from '../attributes.js'
import { IV_BYTES, gcmDecrypt, gcmEncrypt } from '../gcm.js'
import { KeyWrap } from '../key-wrap.js'
import { signatureTests } from '../known-signatures.js'
import { decryptStandIn, decryptWith, oaepMechanism } from '../oaep.js'
import { pairRow } from '../pair-algorithms.js'
import { residentPrivate } from '../pair-templates.js'
import { forUnwrap, messageKey, trialWrappingKey } from '../session-keys.js'
import { schemeRow } from '../signature-mechanisms.js'
import { signWith } from '../signing.js'
import { readPublicKey } from '../spki.js'
import { importedKey, kindRow, secretUsages } from '../templates.js'
import { throwAwayPkcs8 } from '../throw-away-pkcs8.js'
import { type Probed, knownKek, withPair } from './objects.js'

/** CKA_COPYABLE; PKCS#11 v3.1 section 4.4. */
const CKA_COPYABLE = 0x171
const NAMES = { id: Buffer.alloc(20, 0x70), label: 'probe' }
/** RFC 5649 section 3. */
const INITIAL_VALUE = Buffer.from('a65959a6', 'hex')
const HASHES = { 256: 'sha256', 384: 'sha384', 512: 'sha512' } as const

export function algorithmTrial(probed: Probed, algorithm: Profile['algorithms'][number]): boolean {
  const listed = listing(probed, { algorithms: [algorithm] })
  const kind = KEY_KINDS.find((known) => known === algorithm)
  if (kind !== undefined) return makesSecret(listed, kind)
  // What is no kind of secret key is an algorithm of pairs.
  const pair = algorithm as PairAlgorithm
  const uses = { publicUses: [pkcs11.CKA_VERIFY], privateUses: [pkcs11.CKA_SIGN] }
  return withPair(listed, pair, uses, ({ publicKey }) => {
    const key = readPublicKey(listed.session, publicKey, listed.profile)
    return createPublicKey({ key, format: 'der', type: 'spki' }).type === 'public'
  })
}

/** Generates a key as it is on the token, but for the session, and puts it to its use. */
function makesSecret({ session, profile }: Probed, kind: KeyKind): boolean {
  const row = kindRow(profile, kind)
  const keyWrap = new KeyWrap(session, profile)
  const template = [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: row.keyType },
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_PRIVATE, value: true },
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: false },
    { type: pkcs11.CKA_VALUE_LEN, value: row.bytes },
    ...secretUsages(row.usages),
  ]
  return keyWrap.withGenerated(template, (key) => key.length > 0, row.mechanism)
}

/** The known signatures of a scheme on each algorithm found, and one of a fresh RSA pair that OpenSSL judges. */
export function schemeTrial(probed: Probed, scheme: SignatureScheme): boolean {
  const listed = listing(probed, { signatureSchemes: [scheme] })
  const tests = signatureTests(listed.session, { ...listed.profile, ecdh: false })
  if (tests.length === 0 || tests.some(({ run }) => run() !== undefined)) return false
  return !/^(?:pss|pkcs1)-/.test(scheme) || signsWithRsa(listed, scheme)
}

function signsWithRsa(probed: Probed, scheme: SignatureScheme): boolean {
  const { session, profile } = probed
  const uses = { publicUses: [pkcs11.CKA_VERIFY], privateUses: [pkcs11.CKA_SIGN] }
  const size = scheme.slice(-3)
  const hash = size === '384' || size === '512' ? HASHES[size] : HASHES['256']
  const message = Buffer.from('kms probe')
  return withPair(probed, 'rsa-2048', uses, ({ privateKey, publicKey }) => {
    const signature = signWith(session, {
      handle: privateKey,
      row: schemeRow(profile, scheme),
      scheme,
      message: createHash(hash).update(message).digest(),
    })
    const key = openSslKey(probed, publicKey)
    const pss = scheme.startsWith('pss') && {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    }
    return verify(hash, message, { key, ...pss }, signature)
  })
}

export function oaepTrial(probed: Probed, hash: 'sha1' | 'sha256' | 'raw'): boolean {
  const uses = { publicUses: [pkcs11.CKA_ENCRYPT], privateUses: [pkcs11.CKA_DECRYPT] }
  const text = randomBytes(16)
  return withPair(probed, 'rsa-2048', uses, ({ privateKey, publicKey }) => {
    const oaepHash = hash === 'raw' ? 'sha256' : hash
    const ciphertext = publicEncrypt(
      { key: openSslKey(probed, publicKey), padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash },
      text,
    )
    if (hash === 'raw') {
      const request = { handle: privateKey, hash: oaepHash, ciphertext }
      return decryptStandIn(probed.session, request).equals(text)
    }
    const request = { handle: privateKey, mechanism: oaepMechanism(hash), ciphertext }
    return decryptWith(probed.session, request).equals(text)
  })
}

export function ecdhTrial({ session, profile }: Probed): boolean {
  const tests = signatureTests(session, { ...profile, signatureSchemes: [], ecdh: true })
  return tests.length > 0 && tests.every(({ run }) => run() === undefined)
}

/** What is encrypted under the caller's IV opens again, and the IV was not replaced. */
export function gcmTrial({ session, profile }: Probed): boolean {
  const keyWrap = new KeyWrap(session, profile)
  const [iv, text] = [randomBytes(IV_BYTES), randomBytes(48)]
  const template = messageKey().map((one) =>
    one.type === pkcs11.CKA_DECRYPT ? { ...one, value: true } : one,
  )
  return keyWrap.withGenerated(
    template,
    (key) => {
      const request = { key, iv: Uint8Array.from(iv), associated: Buffer.from('probe') }
      const sealed = gcmEncrypt(session, request, Buffer.from(text))
      return gcmDecrypt(session, request, sealed).equals(text) && iv.equals(request.iv)
    },
    pkcs11.CKM_AES_KEY_GEN,
  )
}

/** Unwraps a key as an import would, but for the session, and reads back what came of its template. */
export function importTrial(
  { session, profile }: Probed,
  what: Profile['imports'][number],
): boolean {
  const trials =
    what === 'secrets'
      ? [
          {
            template: importedKey(profile, { ...NAMES, kind: 'wrapping' }),
            wrapped: randomBytes(32),
          },
        ]
      : pairsOf(profile)
  const keyWrap = new KeyWrap(session, profile)
  const value = randomBytes(32)
  const kek = knownKek({ name: '', kek: value, secret: value, exact: value, zeroPadded: value })
  return trials.every(({ template, wrapped: clear }) => {
    const passing = forUnwrap(template).map((one) =>
      one.type === pkcs11.CKA_TOKEN ? { ...one, value: false } : one,
    )
    const cipher = createCipheriv('id-aes256-wrap-pad', value, INITIAL_VALUE)
    const wrapped = Buffer.concat([cipher.update(clear), cipher.final()])
    return keyWrap.withObject(kek, (handle) =>
      keyWrap.withUnwrapped({ kek: handle, wrapped, template: passing }, (object) =>
        passing.every(({ type, value: asked }) => {
          if (typeof asked !== 'boolean') return true
          const flag = readFlag(session, object, type)
          return flag === asked || (flag === undefined && type !== pkcs11.CKA_EXTRACTABLE)
        }),
      ),
    )
  })
}

function pairsOf(
  profile: Profile,
): readonly { readonly template: Template; readonly wrapped: Buffer }[] {
  return (['rsa-2048', 'ec-p256'] as const).map((algorithm) => {
    const { keyType } = pairRow(profile, algorithm)
    return {
      template: residentPrivate(profile, { ...NAMES, use: 'sign', keyType }),
      wrapped: throwAwayPkcs8(algorithm),
    }
  })
}

export function localTrial({ session, profile }: Probed): boolean {
  return new KeyWrap(session, profile).withGenerated(
    trialWrappingKey(),
    (key) => readFlag(session, key, pkcs11.CKA_LOCAL) === true,
    pkcs11.CKM_AES_KEY_GEN,
  )
}

/** The attribute is taken, and a key that says it is not copyable is not copied. */
export function copyableTrial({ session, profile }: Probed): boolean {
  const keyWrap = new KeyWrap(session, profile)
  const { lib, handle: open } = session
  const template = [...trialWrappingKey(), { type: CKA_COPYABLE, value: false }]
  return keyWrap.withGenerated(
    template,
    (key) => {
      let copy: Buffer
      try {
        copy = lib.C_CopyObject(open, key, [{ type: pkcs11.CKA_TOKEN, value: false }])
      } catch {
        return true
      }
      return keyWrap.within(copy, () => false)
    },
    pkcs11.CKM_AES_KEY_GEN,
  )
}

function listing({ session, profile }: Probed, facts: Partial<Profile>): Probed {
  return { session, profile: { ...profile, ...facts } }
}

function openSslKey({ session, profile }: Probed, object: Buffer) {
  const key = readPublicKey(session, object, profile)
  return createPublicKey({ key, format: 'der', type: 'spki' })
}

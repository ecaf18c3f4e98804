import { randomBytes } from 'node:crypto'
import pkcs11, { type Mechanism, type Template } from 'pkcs11js'
import type { Attempt } from '../../core/hsm-inspection.js'
import { mechanismNumber } from '../mechanism-number.js'
import type { Profile } from '../profile.js'
import { isLoss } from '../return-values.js'
import {
  type Attack,
  MAX_WRAPPED_BYTES,
  Refused,
  type Stage,
  attack,
  decryptWith,
  play,
  wrapAway,
} from './attack-stage.js'
import { aesTemplate, twinTemplate, unwrapped } from './attack-templates.js'
import { readAttribute } from './attributes.js'
import { KeyWrap } from './key-wrap.js'
import { makeThrowAwayPair } from './throw-away-pair.js'
import { knownPublic } from './pair-templates.js'
import { TokenError, call } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { generatedSecret, knownKey } from './templates.js'

/** Mechanisms that derive a key from bits of another: PKCS#11 v3.1 sections 6.27 and 6.43. */
const CKM_EXTRACT_KEY_FROM_KEY = 0x365
const CKM_CONCATENATE_BASE_AND_DATA = 0x362
const CONJURED = 64
const KNOWN = Buffer.alloc(32, 0x5a)

/**
 * Plays the published attacks on the API of PKCS#11 against a twin of a CMK, made of the service's own template with a
 * session object for a token object. Each attack is played to its end: it counts as refused where the token refuses a step
 * without which the key is not won. Clulow 2003; Bortolozzo, Centenaro, Focardi, Steel 2010.
 *
 * Names begin with the attack, e.g. `wrap-decrypt: …`. `template`: of the twin, for whoever wants to see a weak one lose.
 */
export function attackApi(
  session: OpenSession,
  profile: Profile,
  template = twinTemplate(profile),
): readonly Attempt[] {
  const keyWrap = new KeyWrap(session, profile)
  const mechanism = { mechanism: mechanismNumber(profile.keyWrap.mechanism) }
  return keyWrap.withGenerated(
    template,
    (twin) => {
      const stage = { session, profile, keyWrap, mechanism, twin }
      return [
        ...wrapAndDecrypt(stage),
        ...conflictingTemplates(stage),
        ...reImport(stage),
        ...weakWrap(stage),
        ...conjuring(stage),
        ...reducedKeySpace(stage),
        ...passingSecret(stage),
      ].map((one) => play(profile, one))
    },
    pkcs11.CKM_AES_KEY_GEN,
  )
}

/** Clulow 2003, Tookan A1: what a key wrapped, it decrypts. */
function wrapAndDecrypt(stage: Stage): readonly Attack[] {
  const { keyWrap, twin, session } = stage
  const ecb = { mechanism: pkcs11.CKM_AES_ECB }
  return [
    attack('wrap-decrypt: decrypt with a CMK what it wrapped', () => {
      const wrapped = keyWrap.withGenerated(generatedSecret(32), (secret) =>
        keyWrap.wrap(twin, secret),
      )
      decryptWith(session, ecb, twin, wrapped.subarray(0, 16))
    }),
    attack('wrap-decrypt: wrap a CMK under itself', () => wrapAway(stage, twin)),
    attack('wrap-decrypt: wrap a CMK under a key that wraps and decrypts', () =>
      keyWrap.withGenerated(
        aesTemplate([pkcs11.CKA_WRAP, pkcs11.CKA_UNWRAP, pkcs11.CKA_DECRYPT, pkcs11.CKA_ENCRYPT]),
        (both) => wrapAway(stage, both),
        pkcs11.CKM_AES_KEY_GEN,
      ),
    ),
    attack('wrap-decrypt: wrap a CMK under a public key from outside', () => {
      const { n = '', e = '' } = makeThrowAwayPair(256).export({ format: 'jwk' })
      const template = knownPublic({
        keyType: pkcs11.CKK_RSA,
        values: [
          { type: pkcs11.CKA_MODULUS, value: Buffer.from(n, 'base64url') },
          { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from(e, 'base64url') },
        ],
        usages: [pkcs11.CKA_WRAP],
      })
      keyWrap.withObject(template, (key) =>
        wrapAway({ ...stage, mechanism: { mechanism: pkcs11.CKM_RSA_PKCS } }, key),
      )
    }),
  ]
}

/** Tookan: one blob unwrapped twice, once to wrap with and once to decrypt with. */
function conflictingTemplates(stage: Stage): readonly Attack[] {
  const { keyWrap, twin, session } = stage
  return [
    attack('conflicting-templates: wrap a CMK under one half of a blob unwrapped twice', () => {
      const wrapped = keyWrap.withGenerated(
        aesTemplate([], { extractable: true }),
        (secret) => keyWrap.wrap(twin, secret),
        pkcs11.CKM_AES_KEY_GEN,
      )
      const wraps = { kek: twin, wrapped, template: unwrapped([pkcs11.CKA_WRAP]) }
      const won = keyWrap.withUnwrapped(wraps, (kek) => {
        const { lib, handle } = session
        const space = Buffer.alloc(MAX_WRAPPED_BYTES)
        return call('C_WrapKey', () => lib.C_WrapKey(handle, stage.mechanism, kek, twin, space))
      })
      const decrypts = { kek: twin, wrapped, template: unwrapped([pkcs11.CKA_DECRYPT]) }
      keyWrap.withUnwrapped(decrypts, (key) =>
        decryptWith(session, { mechanism: pkcs11.CKM_AES_ECB }, key, won.subarray(0, 16)),
      )
    }),
  ]
}

/** Clulow 2003, Tookan A5: the same key with other attributes, by a copy, a change, or the way out and in again. */
function reImport(stage: Stage): readonly Attack[] {
  const { keyWrap, twin, session } = stage
  const { lib, handle } = session
  const looser = [
    ['extractable', { type: pkcs11.CKA_EXTRACTABLE, value: true }],
    ['not sensitive', { type: pkcs11.CKA_SENSITIVE, value: false }],
    ['decrypting', { type: pkcs11.CKA_DECRYPT, value: true }],
  ] as const
  return [
    attack('re-import: unwrap a CMK that was wrapped, as a key that is extractable', () => {
      const space = Buffer.alloc(MAX_WRAPPED_BYTES)
      const wrapped = call('C_WrapKey', () =>
        lib.C_WrapKey(handle, stage.mechanism, twin, twin, space),
      )
      const template = unwrapped([], { extractable: true })
      keyWrap.withUnwrapped({ kek: twin, wrapped, template }, () => undefined)
    }),
    ...looser.flatMap(([name, attribute]) => [
      attack(`re-import: copy a CMK as one that is ${name}`, () => {
        const copied = call('C_CopyObject', () => lib.C_CopyObject(handle, twin, [attribute]))
        call('C_DestroyObject', () => lib.C_DestroyObject(handle, copied))
      }),
      attack(`re-import: change a CMK to one that is ${name}`, () => {
        call('C_SetAttributeValue', () => lib.C_SetAttributeValue(handle, twin, [attribute]))
      }),
    ]),
  ]
}

/** Clulow 2003: a strong key under a weaker or a known one. */
function weakWrap(stage: Stage): readonly Attack[] {
  const { keyWrap } = stage
  return [16, 24, 32].map((bytes) =>
    attack(`weak-wrap: wrap a CMK under a known AES-${8 * bytes} key`, () => {
      const usages = [pkcs11.CKA_WRAP, pkcs11.CKA_UNWRAP]
      const template = knownKey({
        keyType: pkcs11.CKK_AES,
        value: KNOWN.subarray(0, bytes),
        usages,
      })
      keyWrap.withObject(template, (kek) => wrapAway(stage, kek))
    }),
  )
}

/** Clulow 2003: bytes that nobody wrapped must not unwrap. One in 2^32 and more would by chance. */
function conjuring(stage: Stage): readonly Attack[] {
  const { keyWrap, profile, twin } = stage
  return [
    attack(`conjuring: unwrap ${CONJURED} times random bytes under a CMK`, () => {
      let refusals = 0
      let last: unknown
      for (let time = 0; time < CONJURED; time++) {
        const template = unwrapped([pkcs11.CKA_DECRYPT])
        try {
          keyWrap.withUnwrapped({ kek: twin, wrapped: randomBytes(40), template }, () => undefined)
        } catch (error) {
          if (!(error instanceof TokenError) || isLoss(error.rv, profile)) throw error
          refusals++
          last = error
        }
      }
      if (refusals === CONJURED) throw new Refused(last instanceof Error ? last.message : '')
    }),
  ]
}

/** Clulow 2003: a short key made of a part of a long one can be searched. */
function reducedKeySpace({ session, twin }: Stage): readonly Attack[] {
  const { lib, handle } = session
  const template: Template = [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_GENERIC_SECRET },
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_VALUE_LEN, value: 1 },
    { type: pkcs11.CKA_SENSITIVE, value: false },
    { type: pkcs11.CKA_EXTRACTABLE, value: true },
  ]
  const derivations: readonly (readonly [string, Mechanism])[] = [
    ['a byte of', { mechanism: CKM_EXTRACT_KEY_FROM_KEY, parameter: Buffer.alloc(8) }],
    ['data and', { mechanism: CKM_CONCATENATE_BASE_AND_DATA, parameter: Buffer.alloc(16) }],
  ]
  return derivations.map(([name, mechanism]) =>
    attack(`reduced-key-space: derive a readable key from ${name} a CMK`, () => {
      const derived = call('C_DeriveKey', () => lib.C_DeriveKey(handle, mechanism, twin, template))
      call('C_DestroyObject', () => lib.C_DestroyObject(handle, derived))
    }),
  )
}

/** Tookan A3: a secret on its way into a wrap may leave wrapped, and in no other form. */
function passingSecret({ session, keyWrap, twin }: Stage): readonly Attack[] {
  return [
    attack('passing-secret: read a data key that the token generated', () =>
      keyWrap.withGenerated(generatedSecret(32), (secret) => {
        readAttribute(session, secret, pkcs11.CKA_VALUE).fill(0)
      }),
    ),
    attack('passing-secret: read a CMK', () => {
      readAttribute(session, twin, pkcs11.CKA_VALUE).fill(0)
    }),
  ]
}

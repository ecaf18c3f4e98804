import pkcs11, { type Mechanism, type Template } from 'pkcs11js'
import type { Attempt } from '../../core/hsm-inspection.js'
import { isRefusal } from '../return-values.js'
import { readAttribute, readFlag, readNumber } from './attributes.js'
import { misuseAttempts } from './misuse.js'
import { TokenError, call, returnValue } from './pkcs11-error.js'
import type { OpenSession } from './session.js'
import { knownKey } from './templates.js'

type Loosening = readonly [name: string, type: number, value: boolean]

/** Attributes whose change would turn a key into something else, each with the value that must be refused. */
const LOOSENINGS: readonly Loosening[] = [
  ['set CKA_EXTRACTABLE', pkcs11.CKA_EXTRACTABLE, true],
  ['clear CKA_SENSITIVE', pkcs11.CKA_SENSITIVE, false],
  ['set CKA_DECRYPT', pkcs11.CKA_DECRYPT, true],
  ['set CKA_SIGN', pkcs11.CKA_SIGN, true],
  ['set CKA_DERIVE', pkcs11.CKA_DERIVE, true],
]

/** What each class of key has besides: a token that does not know an attribute has not refused it. */
const LOOSENINGS_OF_CLASS: ReadonlyMap<number, readonly Loosening[]> = new Map([
  [pkcs11.CKO_SECRET_KEY, [['set CKA_ENCRYPT', pkcs11.CKA_ENCRYPT, true]]],
  [pkcs11.CKO_PRIVATE_KEY, [['set CKA_UNWRAP', pkcs11.CKA_UNWRAP, true]]],
])

/** Copies that would be something else than the key; none of them stays on the token. */
const LOOSER_COPIES = [
  ['copy as an extractable key', looserCopy(pkcs11.CKA_EXTRACTABLE)],
  ['copy as a key that decrypts', looserCopy(pkcs11.CKA_DECRYPT)],
] as const

const DONE = 'the token did it'
/** Room for a wrapped key of any kind that lives on the token: the PKCS#8 of an RSA-4096 pair has 2375 bytes. */
const MAX_WRAPPED_BYTES = 8192

/**
 * Tries on a key what a token must refuse: to read it, to loosen it, to put it to uses that it lacks, and, where objects of
 * the session may be created, to copy it looser and to wrap it under a key that is known outside. Nothing of the key leaves
 * the process, and the key stays as it was.
 *
 * @throws TokenError when something could not be tried
 */
export function makeAttempts(
  session: OpenSession,
  key: Buffer,
  { keyWrap, creating }: { readonly keyWrap: Mechanism; readonly creating: boolean },
): readonly Attempt[] {
  // What an attribute is already, it cannot be loosened to.
  const keyClass = readNumber(session, key, pkcs11.CKA_CLASS)
  const loosenings = [...LOOSENINGS, ...(LOOSENINGS_OF_CLASS.get(keyClass) ?? [])].filter(
    ([, type, value]) => readFlag(session, key, type) !== value,
  )
  const [secretName, secretType] = secretOf(session, key)
  return [
    attempt(`read ${secretName}`, () => {
      // Whatever comes back is the key itself.
      readAttribute(session, key, secretType).fill(0)
      return DONE
    }),
    ...loosenings.map(([name, type, value]) =>
      attempt(name, () => loosen(session, key, { type, value })),
    ),
    ...misuseAttempts(session, key),
    ...(creating
      ? [
          ...LOOSER_COPIES.map(([name, template]) =>
            attempt(name, () => copy(session, key, template)),
          ),
          wrapUnderKnown(session, key, keyWrap),
        ]
      : []),
  ]
}

/** Tries to wrap a key under another key of the service, which creates nothing. */
export function wrapUnderOther(
  session: OpenSession,
  key: Buffer,
  { keyWrap, kek }: { readonly keyWrap: Mechanism; readonly kek: Buffer },
): Attempt {
  return attempt('wrap under another key of the service', () =>
    wrapAway(session, { keyWrap, kek, key }),
  )
}

/** The attribute that is the key: PKCS#11 v3.1 sections 6.1.3 (RSA) and 6.3.4 (EC). */
function secretOf(session: OpenSession, key: Buffer): readonly [name: string, type: number] {
  const isRsa =
    readNumber(session, key, pkcs11.CKA_CLASS) === pkcs11.CKO_PRIVATE_KEY &&
    readNumber(session, key, pkcs11.CKA_KEY_TYPE) === pkcs11.CKK_RSA
  return isRsa
    ? ['CKA_PRIVATE_EXPONENT', pkcs11.CKA_PRIVATE_EXPONENT]
    : ['CKA_VALUE', pkcs11.CKA_VALUE]
}

/**
 * Runs an attempt; `run` gives words for what the token did, where it did not refuse.
 *
 * @throws TokenError where the answer says nothing about the key
 */
function attempt(name: string, run: () => string): Attempt {
  try {
    return { attempt: name, refused: false, detail: run() }
  } catch (error) {
    if (!(error instanceof TokenError) || error.rv === undefined) throw error
    const rv = `0x${error.rv.toString(16)}`
    if (isRefusal(error.rv)) return { attempt: name, refused: true, detail: `refused with ${rv}` }
    // A stale handle is searched again, and a lost session or a sick token is no answer.
    if (error.failure === 'key-missing' || error.radius !== 'request') throw error
    return { attempt: name, refused: false, detail: `failed with ${rv}, which is no refusal` }
  }
}

/** What the token should not have changed is changed back. */
function loosen(
  { lib, handle: session }: OpenSession,
  key: Buffer,
  { type, value }: { readonly type: number; readonly value: boolean },
): string {
  call('C_SetAttributeValue', () => lib.C_SetAttributeValue(session, key, [{ type, value }]))
  try {
    lib.C_SetAttributeValue(session, key, [{ type, value: !value }])
    return 'the token did it, and undid it again'
  } catch (error) {
    if (returnValue(error) === undefined) throw error
    return 'the token did it, and would not undo it'
  }
}

function copy({ lib, handle: session }: OpenSession, key: Buffer, looser: Template): string {
  const copied = call('C_CopyObject', () => lib.C_CopyObject(session, key, looser))
  call('C_DestroyObject', () => lib.C_DestroyObject(session, copied))
  return DONE
}

function wrapUnderKnown(
  { lib, handle: session, slot }: OpenSession,
  key: Buffer,
  keyWrap: Mechanism,
): Attempt {
  const template = knownKey({
    keyType: pkcs11.CKK_AES,
    value: Buffer.alloc(32, 0x5a),
    usages: [pkcs11.CKA_WRAP, pkcs11.CKA_UNWRAP],
  })
  // A token that takes no such key was not asked to wrap under one: that is an error, and no refusal.
  const known = call('C_CreateObject', () => lib.C_CreateObject(session, template))
  try {
    return attempt('wrap under a key that is known outside', () =>
      wrapAway({ lib, handle: session, slot }, { keyWrap, kek: known, key }),
    )
  } finally {
    call('C_DestroyObject', () => lib.C_DestroyObject(session, known))
  }
}

/** The wrap would be the key itself to whoever knows the other one: it is overwritten at once. */
function wrapAway(
  { lib, handle: session }: OpenSession,
  {
    keyWrap,
    kek,
    key,
  }: { readonly keyWrap: Mechanism; readonly kek: Buffer; readonly key: Buffer },
): string {
  const space = Buffer.alloc(MAX_WRAPPED_BYTES)
  call('C_WrapKey', () => lib.C_WrapKey(session, keyWrap, kek, key, space)).fill(0)
  return DONE
}

function looserCopy(granted: number): Template {
  return [
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: granted, value: true },
  ]
}

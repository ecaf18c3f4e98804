import pkcs11, { type Template } from 'pkcs11js'
import type { Profile } from '../profile.js'
import { secretUsages } from './templates.js'

/*
 * Templates of secret keys that pass through the token within one call. None of them can be read: what is extractable
 * here may leave wrapped, and in no other form.
 */

const AES_256_BYTES = 32

/** A fresh AES-256 key that encrypts one text, and is then wrapped. */
export function messageKey(): Template {
  return [...generatedAes(true), ...secretUsages([pkcs11.CKA_ENCRYPT])]
}

/** A fresh AES-256 key that wraps, for what is measured or tried out. */
export function trialWrappingKey(): Template {
  return [...generatedAes(false), ...secretUsages([pkcs11.CKA_WRAP, pkcs11.CKA_UNWRAP])]
}

/** The same message key, unwrapped to decrypt that text. */
export function openedMessageKey(profile: Profile): Template {
  return [
    ...unwrapped(profile, { keyType: pkcs11.CKK_AES, extractable: false }),
    ...secretUsages([pkcs11.CKA_DECRYPT]),
  ]
}

/** A secret on its way from one wrapping key to another. */
export function movingSecret(profile: Profile): Template {
  return [
    ...unwrapped(profile, { keyType: pkcs11.CKK_GENERIC_SECRET, extractable: true }),
    ...secretUsages([]),
  ]
}

/** An unwrapped secret of which nothing is wanted but that it unwraps. */
export function provingSecret(profile: Profile): Template {
  return [
    ...unwrapped(profile, { keyType: pkcs11.CKK_GENERIC_SECRET, extractable: false }),
    ...secretUsages([]),
  ]
}

/** The temporary AES key of an import: unwraps one private key. */
export function transportKey(profile: Profile): Template {
  return [
    ...unwrapped(profile, { keyType: pkcs11.CKK_AES, extractable: false }),
    ...secretUsages([pkcs11.CKA_UNWRAP]),
  ]
}

/** An unwrapped AES key whose length is found out by wrapping it and by encrypting with it. */
export function measuredKey(profile: Profile): Template {
  return [
    ...unwrapped(profile, { keyType: pkcs11.CKK_AES, extractable: true }),
    ...secretUsages([pkcs11.CKA_ENCRYPT]),
  ]
}

/**
 * The template of an object that C_UnwrapKey makes for good: SoftHSM 2.6.1 takes no further attribute once
 * CKA_MODIFIABLE is false, so that comes last.
 */
export function forUnwrap(template: Template): Template {
  return [
    ...template.filter(({ type }) => type !== pkcs11.CKA_MODIFIABLE),
    ...template.filter(({ type }) => type === pkcs11.CKA_MODIFIABLE),
  ]
}

function generatedAes(extractable: boolean): Template {
  return [
    ...passing(pkcs11.CKK_AES),
    { type: pkcs11.CKA_VALUE_LEN, value: AES_256_BYTES },
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: extractable },
  ]
}

/** Tokens of `bare` unwrap templates fix the protection of what they unwrap, and refuse to be told. */
function unwrapped(
  profile: Profile,
  { keyType, extractable }: { readonly keyType: number; readonly extractable: boolean },
): Template {
  if (profile.unwrapTemplate === 'bare') return passing(keyType)
  return [
    ...passing(keyType),
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: extractable },
  ]
}

function passing(keyType: number): Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: keyType },
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_PRIVATE, value: true },
  ]
}

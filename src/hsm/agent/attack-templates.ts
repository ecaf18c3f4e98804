import pkcs11, { type Template } from 'pkcs11js'
import type { Profile } from '../profile.js'
import { residentKey, secretUsages } from './templates.js'

/* Templates of what the published attacks work with; all of it lives for the session. */

/** The template of a CMK, of the session alone. */
export function twinTemplate(profile: Profile): Template {
  const names = { kind: 'wrapping', id: Buffer.alloc(20, 0x7e), label: 'twin' } as const
  return residentKey(profile, names).map((entry) =>
    entry.type === pkcs11.CKA_TOKEN ? { ...entry, value: false } : entry,
  )
}

/** A fresh AES-256 key of the session with these uses. */
export function aesTemplate(
  usages: readonly number[],
  { extractable = false }: { readonly extractable?: boolean } = {},
): Template {
  return [
    ...passing(extractable),
    { type: pkcs11.CKA_VALUE_LEN, value: 32 },
    ...secretUsages(usages),
  ]
}

/** What an attacker would have a blob unwrapped to. */
export function unwrapped(
  usages: readonly number[],
  { extractable = false }: { readonly extractable?: boolean } = {},
): Template {
  return [...passing(extractable), ...secretUsages(usages)]
}

function passing(extractable: boolean): Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_SECRET_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_AES },
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_PRIVATE, value: true },
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: extractable },
  ]
}

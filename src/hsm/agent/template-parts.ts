import pkcs11, { type Template } from 'pkcs11js'
import type { Profile } from '../profile.js'

/* Attributes that the templates of all classes of key have in common. */

/** CKA_COPYABLE; PKCS#11 v3.1 section 4.4. pkcs11js ends at 2.20. */
const CKA_COPYABLE = 0x171

/** Lives on the token, needs a login, and neither leaves it nor changes. */
export const PROTECTED: Template = [
  { type: pkcs11.CKA_TOKEN, value: true },
  { type: pkcs11.CKA_PRIVATE, value: true },
  { type: pkcs11.CKA_SENSITIVE, value: true },
  { type: pkcs11.CKA_EXTRACTABLE, value: false },
  { type: pkcs11.CKA_MODIFIABLE, value: false },
]

/** Name of a key on the token. */
export function named({ id, label }: { readonly id: Buffer; readonly label: string }): Template {
  return [
    { type: pkcs11.CKA_ID, value: id },
    { type: pkcs11.CKA_LABEL, value: label },
  ]
}

/** Every usage flag of a class of object, those granted true and all others false. */
export function flags(all: readonly number[], granted: readonly number[]): Template {
  return all.map((type) => ({ type, value: granted.includes(type) }))
}

/** What only some tokens take. */
export function optional(profile: Profile): Template {
  return profile.keyAttributes.includes('copyable') ? [{ type: CKA_COPYABLE, value: false }] : []
}

import { type Cmk, requireEnabled } from './cmk.js'
import { KmsError } from './errors.js'
import { keySpecRow } from './key-specs.js'

/** How a CMK encrypts: as a wrapping key on the token, or as an RSA pair whose public half anybody has. */
export type EncryptionForm = 'symmetric' | 'rsa'

/**
 * Judges whether a CMK may encrypt now, and says how it does.
 *
 * @throws KmsError KMS.0209, KMS.0210, KMS.1301 for its state; KMS.0341, KMS.0335, KMS.2106 for its kind
 */
export function requireEncryption(cmk: Cmk): EncryptionForm {
  requireEnabled(cmk)
  const { family, algorithm } = keySpecRow(cmk.spec)
  if (family === 'hmac') throw new KmsError('KMS.0341', 'HMAC keys do not encrypt.')
  if (cmk.usage !== 'ENCRYPT_DECRYPT') {
    throw new KmsError(
      'KMS.0335',
      `The key is for ${cmk.usage}; this call needs one for ENCRYPT_DECRYPT.`,
    )
  }
  if (family === 'rsa') return 'rsa'
  if (algorithm === 'wrapping') return 'symmetric'
  throw new KmsError('KMS.2106', `Encryption under keys of ${cmk.spec} is not offered here.`)
}

/**
 * Judges whether a CMK may encrypt texts now: as {@link requireEncryption}, with an error of their own for curves.
 *
 * @throws KmsError as {@link requireEncryption}; KMS.1114
 */
export function requireTextEncryption(cmk: Cmk): EncryptionForm {
  requireEnabled(cmk)
  const { family } = keySpecRow(cmk.spec)
  if (family === 'ec' || family === 'edwards') throw new KmsError('KMS.1114')
  return requireEncryption(cmk)
}

/**
 * Judges whether a CMK may sign now.
 *
 * @throws KmsError KMS.0209, KMS.0210, KMS.1301 for its state; KMS.1115, KMS.0341, KMS.0334 for its kind
 */
export function requireSigning(cmk: Cmk): void {
  requireEnabled(cmk)
  const { family } = keySpecRow(cmk.spec)
  if (family === 'symmetric') throw new KmsError('KMS.1115')
  if (family === 'hmac') throw new KmsError('KMS.0341', 'HMAC keys do not sign: use generate-mac.')
  if (cmk.usage !== 'SIGN_VERIFY') {
    throw new KmsError(
      'KMS.0334',
      `The key is for ${cmk.usage}; this call needs one for SIGN_VERIFY.`,
    )
  }
}

/**
 * Judges whether a CMK makes MACs now.
 *
 * @throws KmsError KMS.0209, KMS.0210, KMS.1301 for its state; KMS.0331, KMS.0325 for its kind
 */
export function requireMac(cmk: Cmk): void {
  requireEnabled(cmk)
  const { form, family } = keySpecRow(cmk.spec)
  if (form === 'pair') throw new KmsError('KMS.0325', 'Only HMAC keys make MACs: this is a pair.')
  if (family !== 'hmac') {
    throw new KmsError('KMS.0331', 'Only HMAC keys make MACs: this one is for encryption.')
  }
}

/**
 * Judges whether a CMK has a public key that may be given out now.
 *
 * @throws KmsError KMS.0209, KMS.0210, KMS.1301 for its state; KMS.0331, KMS.0341 for its kind
 */
export function requirePair(cmk: Cmk): void {
  requireEnabled(cmk)
  const { form, family } = keySpecRow(cmk.spec)
  if (form === 'pair') return
  if (family === 'hmac') throw new KmsError('KMS.0341', 'HMAC keys have no public key.')
  throw new KmsError('KMS.0331', 'Symmetric keys have no public key.')
}

/**
 * Judges whether a CMK agrees on secrets now.
 *
 * @throws KmsError KMS.0209, KMS.0210, KMS.1301 for its state; KMS.0331, KMS.0341, KMS.0335 for its kind
 */
export function requireAgreement(cmk: Cmk): void {
  requirePair(cmk)
  if (cmk.usage !== 'KEY_AGREEMENT') {
    throw new KmsError(
      'KMS.0335',
      `The key is for ${cmk.usage}; this call needs one for KEY_AGREEMENT.`,
    )
  }
}

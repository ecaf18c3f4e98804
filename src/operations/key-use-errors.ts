/** Errors of every call that works with a CMK: its reference, its state, its keystore. */
export const KEY_USE_ERRORS = [
  'KMS.0205',
  'KMS.0207',
  'KMS.0209',
  'KMS.0210',
  'KMS.0340',
  'KMS.1301',
] as const

/** Errors of every call that encrypts or decrypts under a CMK: its context, and a CMK that is not for encryption. */
export const ENCRYPTION_ERRORS = [
  ...KEY_USE_ERRORS,
  'KMS.0208',
  'KMS.0335',
  'KMS.0341',
  'KMS.2106',
] as const

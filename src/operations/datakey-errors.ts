/** Errors of every call on a data key: its key reference, its context, and a CMK that cannot be used. */
export const DATAKEY_ERRORS = [
  'KMS.0205',
  'KMS.0207',
  'KMS.0208',
  'KMS.0209',
  'KMS.0210',
  'KMS.0335',
  'KMS.1301',
] as const

import type { ErrorCode } from '../core/errors.js'

/** Errors of every operation that changes the rotation of a CMK. */
export const ROTATION_ERRORS = [
  'KMS.0205',
  'KMS.0207',
  'KMS.0209',
  'KMS.0210',
  'KMS.0312',
  'KMS.0324',
  'KMS.0325',
  'KMS.0338',
  'KMS.0341',
  'KMS.1301',
] as const satisfies readonly ErrorCode[]

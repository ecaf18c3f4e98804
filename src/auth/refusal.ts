import { KmsError } from '../core/errors.js'

/** The documented phrases of the causes of APIGW.0301: the fragments that clients search for. */
const PHRASES = {
  'wrong-signature': 'verify aksk signature fail',
  /*
   * @NOTE The contract documents a phrase of its own for an unknown access key, and so the answer tells whether an
   * active key of this id exists. It tells no more: a disabled key answers the same, and ids are no secrets.
   */
  'no-secret': 'Get secretKey failed',
  'wrong-date': 'signature expired',
  'no-credentials': 'x-auth-token not found',
  'unreadable-token': 'decrypt token fail',
} as const

/** Makes the error of a request that is not authenticated; the hint says what to mend, and repeats no value. */
export function refusal(cause: keyof typeof PHRASES, hint?: string): KmsError {
  const text = `Incorrect IAM authentication information: ${PHRASES[cause]}.`
  return new KmsError('APIGW.0301', hint === undefined ? text : `${text} ${hint}`)
}

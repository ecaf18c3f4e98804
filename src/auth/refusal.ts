import { KmsError } from '../core/errors.js'

/** The documented phrases of the causes of APIGW.0301: the fragments that clients search for. */
const PHRASES = {
  // Also for an access key that does not exist: the phrase of its own that the contract documents would tell which do.
  'wrong-signature': 'verify aksk signature fail',
  'wrong-date': 'signature expired',
  'no-credentials': 'x-auth-token not found',
  'unreadable-token': 'decrypt token fail',
  'token-expired': 'token expires',
  locked: 'AK access failed to reach the limit',
} as const

/** Makes the error of a request that is not authenticated; the hint says what to mend, and repeats no value. */
export function refusal(cause: keyof typeof PHRASES, hint?: string): KmsError {
  const text = `Incorrect IAM authentication information: ${PHRASES[cause]}.`
  return new KmsError('APIGW.0301', hint === undefined ? text : `${text} ${hint}`)
}

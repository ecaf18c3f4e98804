/** What the client may see: every error code with its HTTP status and a plain text. */
const ERRORS = {
  'KMS.0101': { status: 500, text: 'Internal failure. Quote the request id to the operator.' },
  'KMS.0104': { status: 503, text: 'The service cannot answer at the moment. Try again later.' },
  'KMS.0201': { status: 404, text: 'This API version does not exist.' },
  'KMS.0202': { status: 400, text: 'The body is not a JSON object.' },
  'KMS.0203': { status: 400, text: 'The body is too large.' },
  'KMS.0204': { status: 400, text: 'A required field is missing.' },
  'KMS.0205': { status: 400, text: 'The key id is malformed.' },
  'KMS.0206': { status: 400, text: 'The sequence is malformed.' },
  'KMS.0207': { status: 404, text: 'This key does not exist.' },
  'KMS.0208': { status: 400, text: 'The encryption context is not acceptable.' },
  'KMS.0209': { status: 400, text: 'The key is disabled.' },
  'KMS.0210': { status: 400, text: 'The key is scheduled for deletion.' },
  'KMS.0214': { status: 400, text: 'The media type of the request is not acceptable.' },
  'KMS.0215': { status: 405, text: 'The method is not allowed for this address.' },
  'KMS.0307': { status: 403, text: 'The caller may not use this operation.' },
  'KMS.0308': { status: 400, text: 'A field is not acceptable.' },
  'KMS.0321': {
    status: 403,
    text: 'The project in the path is not the project of the credentials.',
  },
  'KMS.0335': { status: 400, text: 'The key is not for encryption.' },
  'KMS.0340': { status: 400, text: 'The keystore is not supported.' },
  'KMS.1101': { status: 400, text: 'The key alias is not acceptable.' },
  'KMS.1103': { status: 400, text: 'The key description is not acceptable.' },
  'KMS.1104': { status: 400, text: 'The key alias is already in use.' },
  'KMS.1105': { status: 400, text: 'The quota of keys is used up.' },
  'KMS.1110': { status: 400, text: 'The key specification is not supported.' },
  'KMS.1201': { status: 400, text: 'The key is not disabled.' },
  'KMS.1301': { status: 400, text: 'The key is not enabled.' },
  'KMS.1601': { status: 400, text: 'The limit is not acceptable.' },
  'KMS.1602': { status: 400, text: 'The marker is not acceptable.' },
  'KMS.1801': { status: 400, text: 'The length of the random data is out of range.' },
  'KMS.1802': {
    status: 400,
    text: 'The length of the random data is not a whole number of bytes.',
  },
  'KMS.1901': { status: 400, text: 'The length of the data key is out of range.' },
  'KMS.1902': { status: 400, text: 'The specification of the data key is not supported.' },
  'KMS.1903': { status: 400, text: 'The length of the data key is not a whole number of bytes.' },
  'KMS.2101': { status: 400, text: 'The plain text is not acceptable.' },
  'KMS.2102': { status: 400, text: 'The length of the clear data key is not acceptable.' },
  'KMS.2103': { status: 400, text: 'The digest does not match the data key.' },
  'KMS.2104': { status: 400, text: 'The plain text does not fit the stated length.' },
  'KMS.2201': { status: 400, text: 'The ciphertext is not acceptable.' },
  'KMS.2202': { status: 400, text: 'The length of the data key is not acceptable.' },
  'KMS.2204': { status: 400, text: 'The ciphertext does not fit the stated length.' },
  'APIGW.0101': { status: 404, text: 'No operation has this address.' },
  'APIGW.0201': { status: 431, text: 'The request headers are too large.' },
  'APIGW.0301': { status: 401, text: 'Incorrect IAM authentication information.' },
  'APIGW.0602': { status: 400, text: 'The request is not valid HTTP.' },
} as const satisfies Record<`${'KMS' | 'APIGW'}.${string}`, { status: number; text: string }>

/** Code of a documented error. */
export type ErrorCode = keyof typeof ERRORS

/** Error codes in ascending order, for the documents that list them. */
export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[]

/** Status and plain text of an error code. */
export function errorRow(code: ErrorCode): { readonly status: number; readonly text: string } {
  return ERRORS[code]
}

/**
 * A refusal that the client sees: its code, and a sentence that says what to mend.
 *
 * The sentence names what is wrong, never a value that was sent.
 */
export class KmsError extends Error {
  override readonly name = 'KmsError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail ?? ERRORS[code].text, options)
    this.code = code
  }

  get status(): number {
    return ERRORS[this.code].status
  }
}

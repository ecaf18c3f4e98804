/** What the client may see: every error code with its HTTP status and a plain text. */
const ERRORS = {
  'KMS.0101': { status: 500, text: 'Internal failure. Quote the request id to the operator.' },
  'KMS.0104': { status: 503, text: 'The service cannot answer at the moment. Try again later.' },
  'KMS.0106': { status: 400, text: 'The key is a replica, which is only read.' },
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
  'KMS.0211': { status: 400, text: 'This cannot be done to a default key.' },
  'KMS.0214': { status: 400, text: 'The media type of the request is not acceptable.' },
  'KMS.0215': { status: 405, text: 'The method is not allowed for this address.' },
  'KMS.0306': { status: 403, text: 'The caller has no right to this.' },
  'KMS.0307': { status: 403, text: 'The caller may not use this operation.' },
  'KMS.0308': { status: 400, text: 'A field is not acceptable.' },
  'KMS.0309': { status: 400, text: 'The key is not of external origin.' },
  'KMS.0310': { status: 400, text: 'The key is not awaiting import.' },
  'KMS.0311': { status: 400, text: 'What was sent does not decrypt.' },
  'KMS.0312': { status: 400, text: 'An external key does not rotate.' },
  'KMS.0313': { status: 400, text: 'Rotation is off.' },
  'KMS.0321': {
    status: 403,
    text: 'The project in the path is not the project of the credentials.',
  },
  'KMS.0324': { status: 400, text: 'RSA keys do not rotate.' },
  'KMS.0325': { status: 400, text: 'This cannot be done with an asymmetric key.' },
  'KMS.0329': { status: 400, text: 'The length of the digest does not fit the hash.' },
  'KMS.0331': { status: 400, text: 'This cannot be done with a symmetric key.' },
  'KMS.0332': { status: 400, text: 'The key does not support this signing algorithm.' },
  'KMS.0334': { status: 400, text: 'The key is not for signing.' },
  'KMS.0335': { status: 400, text: 'The key is not for encryption.' },
  'KMS.0338': { status: 400, text: 'Keys in a dedicated keystore do not rotate.' },
  'KMS.0339': { status: 400, text: 'A dedicated keystore does not import.' },
  'KMS.0340': { status: 400, text: 'The keystore is not supported.' },
  'KMS.0341': { status: 400, text: 'This cannot be done with an HMAC key.' },
  'KMS.0401': { status: 400, text: 'The list of tags is empty.' },
  'KMS.0402': { status: 400, text: 'The value of a match is not acceptable.' },
  'KMS.0403': { status: 400, text: 'The key of a match is not acceptable.' },
  'KMS.0404': { status: 400, text: 'The action is not acceptable.' },
  'KMS.0405': { status: 400, text: 'The value of a tag is not acceptable.' },
  'KMS.0406': { status: 400, text: 'The key of a tag is not acceptable.' },
  'KMS.0407': { status: 400, text: 'The number of tags is not acceptable.' },
  'KMS.0408': { status: 400, text: 'The resource type is not acceptable.' },
  'KMS.0409': { status: 400, text: 'The key has its full number of tags.' },
  'KMS.0410': { status: 400, text: 'The value of a tag is too long.' },
  'KMS.0411': { status: 400, text: 'The key of a tag is too long.' },
  'KMS.0412': { status: 400, text: 'The list of tags is not acceptable.' },
  'KMS.0413': { status: 400, text: 'A tag has too many values.' },
  'KMS.0414': { status: 400, text: 'The tag filter is not acceptable.' },
  'KMS.0415': { status: 400, text: 'The match filter is not acceptable.' },
  'KMS.0416': { status: 404, text: 'The key has no such tag.' },
  'KMS.0417': { status: 400, text: 'The offset is not acceptable.' },
  'KMS.0418': { status: 400, text: 'An offset is not expected here.' },
  'KMS.1101': { status: 400, text: 'The key alias is not acceptable.' },
  'KMS.1103': { status: 400, text: 'The key description is not acceptable.' },
  'KMS.1104': { status: 400, text: 'The key alias is already in use.' },
  'KMS.1105': { status: 400, text: 'The quota of keys is used up.' },
  'KMS.1110': { status: 400, text: 'The key specification is not supported.' },
  'KMS.1114': { status: 400, text: 'Keys on elliptic curves do not encrypt.' },
  'KMS.1115': { status: 400, text: 'Symmetric keys do not sign.' },
  'KMS.1201': { status: 400, text: 'The key is not disabled.' },
  'KMS.1301': { status: 400, text: 'The key is not enabled.' },
  'KMS.1401': { status: 400, text: 'The waiting period is out of range.' },
  'KMS.1402': { status: 400, text: 'The deletion of the key is already scheduled.' },
  'KMS.1501': { status: 400, text: 'No deletion of the key is scheduled.' },
  'KMS.1601': { status: 400, text: 'The limit is not acceptable.' },
  'KMS.1602': { status: 400, text: 'The marker is not acceptable.' },
  'KMS.1603': { status: 400, text: 'The offset of the list is not acceptable.' },
  'KMS.1801': { status: 400, text: 'The length of the random data is out of range.' },
  'KMS.1802': {
    status: 400,
    text: 'The length of the random data is not a whole number of bytes.',
  },
  'KMS.1901': { status: 400, text: 'The length of the data key is out of range.' },
  'KMS.1902': { status: 400, text: 'The specification of the data key is not supported.' },
  'KMS.1903': { status: 400, text: 'The length of the data key is not a whole number of bytes.' },
  'KMS.1904': { status: 400, text: 'The data key is too long for an RSA master key.' },
  'KMS.2101': { status: 400, text: 'The plain text is not acceptable.' },
  'KMS.2102': { status: 400, text: 'The length of the clear data key is not acceptable.' },
  'KMS.2103': { status: 400, text: 'The digest does not match the data key.' },
  'KMS.2104': { status: 400, text: 'The plain text does not fit the stated length.' },
  'KMS.2105': { status: 400, text: 'A symmetric key does not have this algorithm.' },
  'KMS.2106': { status: 400, text: 'An asymmetric key does not have this algorithm.' },
  'KMS.2108': { status: 400, text: 'The plain text is too long for the key.' },
  'KMS.2201': { status: 400, text: 'The ciphertext is not acceptable.' },
  'KMS.2202': { status: 400, text: 'The length of the data key is not acceptable.' },
  'KMS.2204': { status: 400, text: 'The ciphertext does not fit the stated length.' },
  'KMS.2401': { status: 400, text: 'The operations of the grant are not acceptable.' },
  'KMS.2402': { status: 400, text: 'The principal is not acceptable.' },
  'KMS.2404': { status: 400, text: 'The key has its full number of grants.' },
  'KMS.2501': { status: 400, text: 'This grant does not exist.' },
  'KMS.2502': { status: 400, text: 'The grant is on another key.' },
  'KMS.2601': { status: 400, text: 'The import token has expired.' },
  'KMS.2602': { status: 400, text: 'The expiry of the key material is not acceptable.' },
  'KMS.2603': { status: 400, text: 'The import token is for another key.' },
  'KMS.2604': { status: 400, text: 'The key material has the wrong length.' },
  'KMS.2605': { status: 400, text: 'The import token is not valid.' },
  'KMS.2606': { status: 400, text: 'The key material is not the one imported before.' },
  'KMS.2608': { status: 400, text: 'The private key is missing.' },
  'KMS.2609': { status: 400, text: 'The private key is not acceptable.' },
  'KMS.2610': { status: 400, text: 'The temporary key has the wrong length.' },
  'KMS.2701': { status: 400, text: 'The key material cannot be deleted in this state.' },
  'KMS.2702': { status: 400, text: 'An imported private key cannot be deleted.' },
  'KMS.2901': { status: 400, text: 'Rotation is already on.' },
  'KMS.3001': { status: 400, text: 'The rotation interval is out of range.' },
  'KMS.3801': { status: 400, text: 'The key cannot be replicated.' },
  'KMS.3804': { status: 400, text: 'The attestation document is not acceptable.' },
  'KMS.8003': { status: 400, text: 'This keystore does not exist.' },
  'APIGW.0101': { status: 404, text: 'No operation has this address.' },
  'APIGW.0201': { status: 431, text: 'The request headers are too large.' },
  'APIGW.0301': { status: 401, text: 'Incorrect IAM authentication information.' },
  'APIGW.0308': { status: 429, text: 'There are too many calls.' },
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

import type { Unprovokable } from '../case.js'

/** Codes that no request of a client brings about, whichever operation it calls. */
export const OF_EVERY_OPERATION: Unprovokable = {
  'KMS.0101': 'a fault of the service itself; faults are injected in tests of their own',
  'KMS.0307':
    'the user of these cases may do everything; the permission matrix calls every operation',
  'APIGW.0308': 'no limits are set here; tests of their own reach them',
  'KMS.0104': 'the token or the database is away; tests of their own take them away',
}

const NO_SUCH_KEY = 'this token makes no keys that encrypt and have no algorithm here'
const NOT_IN_KEYSTORES = 'no key of external origin is made in a keystore'
const EXTERNAL_FIRST = 'only keys of external origin have no material, and they are refused before'
const NEVER_EMPTY = 'such a key is never without material, since it is not imported'
const NO_CONTEXT = 'the call has no encryption_context, and additional data are judged before'
const ONE_TOKEN = 'a key whose token is not named would be needed; test/integration/moving has one'
const SECOND_USER = 'a second user is needed; test/operations has two'

/** Codes that cannot be brought about on one operation: `operation code`, and why. */
export const OF_ONE_OPERATION: Unprovokable = {
  'CreateKey KMS.1105': 'the quota, which is the operator’s, would have to be used up',
  'CreateDatakey KMS.2106': NO_SUCH_KEY,
  'CreateDatakeyWithoutPlaintext KMS.2106': NO_SUCH_KEY,
  'EncryptDatakey KMS.2106': NO_SUCH_KEY,
  'DecryptDatakey KMS.2106': NO_SUCH_KEY,
  'CreateRsaDatakeyPair KMS.2106': NO_SUCH_KEY,
  'CreateEcDatakeyPair KMS.2106': NO_SUCH_KEY,
  'CreateParametersForImport KMS.0339': NOT_IN_KEYSTORES,
  'ImportKeyMaterial KMS.0339': NOT_IN_KEYSTORES,
  'DeleteImportedKeyMaterial KMS.0339': NOT_IN_KEYSTORES,
  'ImportKeyMaterial KMS.2601': 'an import token expires after a day',
  'CreateParametersForImport KMS.0340': ONE_TOKEN,
  'ImportKeyMaterial KMS.0340': ONE_TOKEN,
  'DeleteImportedKeyMaterial KMS.0340': ONE_TOKEN,
  'RotateOnDemand KMS.1110':
    'a key that another token made, and this one cannot make, would be needed',
  'EnableKeyRotation KMS.1301': EXTERNAL_FIRST,
  'DisableKeyRotation KMS.1301': EXTERNAL_FIRST,
  'UpdateKeyRotationInterval KMS.1301': EXTERNAL_FIRST,
  'DeriveSharedSecret KMS.1301': NEVER_EMPTY,
  'GenerateMac KMS.1301': NEVER_EMPTY,
  'VerifyMac KMS.1301': NEVER_EMPTY,
  'CreateRsaDatakeyPair KMS.0208': NO_CONTEXT,
  'CreateEcDatakeyPair KMS.0208': NO_CONTEXT,
  'ReEncrypt KMS.0208': NO_CONTEXT,
  'CreateGrant KMS.0306': SECOND_USER,
  'CancelGrant KMS.0306': SECOND_USER,
  'CancelSelfGrant KMS.0306': SECOND_USER,
  'EnableKeyStore KMS.0340': 'the token behind the keystore would have to be away',
}

/** PKCS#11 functions that agents call; a label is one of them and nothing else. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  'C_CloseSession',
  'C_CopyObject',
  'C_CreateObject',
  'C_Decrypt',
  'C_DecryptInit',
  'C_DeriveKey',
  'C_DestroyObject',
  'C_Encrypt',
  'C_EncryptInit',
  'C_FindObjects',
  'C_FindObjectsFinal',
  'C_FindObjectsInit',
  'C_GenerateKey',
  'C_GenerateKeyPair',
  'C_GenerateRandom',
  'C_GetAttributeValue',
  'C_GetInfo',
  'C_GetMechanismInfo',
  'C_GetSessionInfo',
  'C_GetSlotInfo',
  'C_GetSlotList',
  'C_GetTokenInfo',
  'C_Initialize',
  'C_Login',
  'C_Logout',
  'C_OpenSession',
  'C_SetAttributeValue',
  'C_Sign',
  'C_SignInit',
  'C_UnwrapKey',
  'C_Verify',
  'C_VerifyInit',
  'C_WrapKey',
])

/** Label of a PKCS#11 function: its name, `none` where there was none, `other` for one that is not in the list. */
export function functionLabel(name: string | undefined): string {
  if (name === undefined) return 'none'
  return FUNCTIONS.has(name) ? name : 'other'
}

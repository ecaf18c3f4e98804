/*
 * The 68 functions of CK_FUNCTION_LIST in the order of PKCS#11 2.40, one line each:
 *
 *   F(name, arguments, session, mechanism, objects, made)
 *
 * session:   1 where argument 0 is a session handle
 * mechanism: 1 where argument 1 points to a CK_MECHANISM, 2 where the mechanism is that of the last such call
 * objects:   bits of the arguments that are object handles
 * made:      bits of the arguments that point to a new object handle
 *
 * Every argument is a pointer or a number that travels in a whole register or stack slot, so that one forwarder for
 * each count of arguments serves them all.
 */
#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#define ARGUMENT(n) (1u << (n))

/* clang-format off */
#define EVERY_FUNCTION(F) \
  F(C_Initialize,          1, 0, 0, 0, 0) \
  F(C_Finalize,            1, 0, 0, 0, 0) \
  F(C_GetInfo,             1, 0, 0, 0, 0) \
  F(C_GetFunctionList,     1, 0, 0, 0, 0) \
  F(C_GetSlotList,         3, 0, 0, 0, 0) \
  F(C_GetSlotInfo,         2, 0, 0, 0, 0) \
  F(C_GetTokenInfo,        2, 0, 0, 0, 0) \
  F(C_GetMechanismList,    3, 0, 0, 0, 0) \
  F(C_GetMechanismInfo,    3, 0, 0, 0, 0) \
  F(C_InitToken,           4, 0, 0, 0, 0) \
  F(C_InitPIN,             3, 1, 0, 0, 0) \
  F(C_SetPIN,              5, 1, 0, 0, 0) \
  F(C_OpenSession,         5, 0, 0, 0, 0) \
  F(C_CloseSession,        1, 1, 0, 0, 0) \
  F(C_CloseAllSessions,    1, 0, 0, 0, 0) \
  F(C_GetSessionInfo,      2, 1, 0, 0, 0) \
  F(C_GetOperationState,   3, 1, 0, 0, 0) \
  F(C_SetOperationState,   5, 1, 0, ARGUMENT(3) | ARGUMENT(4), 0) \
  F(C_Login,               4, 1, 0, 0, 0) \
  F(C_Logout,              1, 1, 0, 0, 0) \
  F(C_CreateObject,        4, 1, 0, 0, ARGUMENT(3)) \
  F(C_CopyObject,          5, 1, 0, ARGUMENT(1), ARGUMENT(4)) \
  F(C_DestroyObject,       2, 1, 0, ARGUMENT(1), 0) \
  F(C_GetObjectSize,       3, 1, 0, ARGUMENT(1), 0) \
  F(C_GetAttributeValue,   4, 1, 0, ARGUMENT(1), 0) \
  F(C_SetAttributeValue,   4, 1, 0, ARGUMENT(1), 0) \
  F(C_FindObjectsInit,     3, 1, 0, 0, 0) \
  F(C_FindObjects,         4, 1, 0, 0, 0) \
  F(C_FindObjectsFinal,    1, 1, 0, 0, 0) \
  F(C_EncryptInit,         3, 1, 1, ARGUMENT(2), 0) \
  F(C_Encrypt,             5, 1, 2, 0, 0) \
  F(C_EncryptUpdate,       5, 1, 2, 0, 0) \
  F(C_EncryptFinal,        3, 1, 2, 0, 0) \
  F(C_DecryptInit,         3, 1, 1, ARGUMENT(2), 0) \
  F(C_Decrypt,             5, 1, 2, 0, 0) \
  F(C_DecryptUpdate,       5, 1, 2, 0, 0) \
  F(C_DecryptFinal,        3, 1, 2, 0, 0) \
  F(C_DigestInit,          2, 1, 1, 0, 0) \
  F(C_Digest,              5, 1, 2, 0, 0) \
  F(C_DigestUpdate,        3, 1, 2, 0, 0) \
  F(C_DigestKey,           2, 1, 2, ARGUMENT(1), 0) \
  F(C_DigestFinal,         3, 1, 2, 0, 0) \
  F(C_SignInit,            3, 1, 1, ARGUMENT(2), 0) \
  F(C_Sign,                5, 1, 2, 0, 0) \
  F(C_SignUpdate,          3, 1, 2, 0, 0) \
  F(C_SignFinal,           3, 1, 2, 0, 0) \
  F(C_SignRecoverInit,     3, 1, 1, ARGUMENT(2), 0) \
  F(C_SignRecover,         5, 1, 2, 0, 0) \
  F(C_VerifyInit,          3, 1, 1, ARGUMENT(2), 0) \
  F(C_Verify,              5, 1, 2, 0, 0) \
  F(C_VerifyUpdate,        3, 1, 2, 0, 0) \
  F(C_VerifyFinal,         3, 1, 2, 0, 0) \
  F(C_VerifyRecoverInit,   3, 1, 1, ARGUMENT(2), 0) \
  F(C_VerifyRecover,       5, 1, 2, 0, 0) \
  F(C_DigestEncryptUpdate, 5, 1, 2, 0, 0) \
  F(C_DecryptDigestUpdate, 5, 1, 2, 0, 0) \
  F(C_SignEncryptUpdate,   5, 1, 2, 0, 0) \
  F(C_DecryptVerifyUpdate, 5, 1, 2, 0, 0) \
  F(C_GenerateKey,         5, 1, 1, 0, ARGUMENT(4)) \
  F(C_GenerateKeyPair,     8, 1, 1, 0, ARGUMENT(6) | ARGUMENT(7)) \
  F(C_WrapKey,             6, 1, 1, ARGUMENT(2) | ARGUMENT(3), 0) \
  F(C_UnwrapKey,           8, 1, 1, ARGUMENT(2), ARGUMENT(7)) \
  F(C_DeriveKey,           6, 1, 1, ARGUMENT(2), ARGUMENT(5)) \
  F(C_SeedRandom,          3, 1, 0, 0, 0) \
  F(C_GenerateRandom,      3, 1, 0, 0, 0) \
  F(C_GetFunctionStatus,   1, 1, 0, 0, 0) \
  F(C_CancelFunction,      1, 1, 0, 0, 0) \
  F(C_WaitForSlotEvent,    3, 0, 0, 0, 0)
/* clang-format on */

enum function {
#define INDEX(name, arguments, session, mechanism, objects, made) I_##name,
  EVERY_FUNCTION(INDEX)
#undef INDEX
  FUNCTION_COUNT
};

_Static_assert(FUNCTION_COUNT == 68, "CK_FUNCTION_LIST of PKCS#11 2.40 has 68 functions");

/* What the columns above say of one function. */
struct function_facts {
  unsigned arguments;
  unsigned session;
  unsigned mechanism;
  unsigned objects;
  unsigned made;
};

extern const struct function_facts function_facts[FUNCTION_COUNT];

#endif

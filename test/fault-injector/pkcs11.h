/* The few types and numbers of PKCS#11 2.40 that the injector looks at. */
#ifndef PKCS11_H
#define PKCS11_H

#include "functions.h"

typedef unsigned long CK_ULONG;
typedef CK_ULONG CK_RV;

#define CKR_OK 0x000ul
#define CKR_GENERAL_ERROR 0x005ul
#define CKR_FUNCTION_NOT_SUPPORTED 0x054ul

struct ck_version {
  unsigned char major;
  unsigned char minor;
};

/* Whatever its arguments are: it is cast to its own count of them before it is called. */
typedef void (*ck_function)(void);

struct ck_function_list {
  struct ck_version version;
  ck_function functions[FUNCTION_COUNT];
};

/* The first member is all that is read of a CK_MECHANISM. */
struct ck_mechanism {
  CK_ULONG mechanism;
};

#endif

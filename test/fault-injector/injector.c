/*
 * A PKCS#11 library that forwards every call to the one that FAULT_INJECTOR_MODULE names, and first does to it what the
 * rules in the file FAULT_INJECTOR_CONTROL say. For tests alone.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "handles.h"
#include "pkcs11.h"

#define MOST_ARGUMENTS 8

const struct function_facts function_facts[FUNCTION_COUNT] = {
#define FACTS(name, arguments, session, mechanism, objects, made) \
  {arguments, session, mechanism, objects, made},
    EVERY_FUNCTION(FACTS)
#undef FACTS
};

static const struct ck_function_list *real;

#define A CK_ULONG
static CK_RV call_real(enum function function, const CK_ULONG a[]) {
  ck_function f = real->functions[function];
  if (f == NULL) return CKR_FUNCTION_NOT_SUPPORTED;
  switch (function_facts[function].arguments) {
  case 1:
    return ((CK_RV(*)(A))f)(a[0]);
  case 2:
    return ((CK_RV(*)(A, A))f)(a[0], a[1]);
  case 3:
    return ((CK_RV(*)(A, A, A))f)(a[0], a[1], a[2]);
  case 4:
    return ((CK_RV(*)(A, A, A, A))f)(a[0], a[1], a[2], a[3]);
  case 5:
    return ((CK_RV(*)(A, A, A, A, A))f)(a[0], a[1], a[2], a[3], a[4]);
  case 6:
    return ((CK_RV(*)(A, A, A, A, A, A))f)(a[0], a[1], a[2], a[3], a[4], a[5]);
  default:
    return ((CK_RV(*)(A, A, A, A, A, A, A, A))f)(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
  }
}

static uint64_t mechanism_of(enum function function, const CK_ULONG arguments[]) {
  static _Thread_local uint64_t last = ANY_MECHANISM;
  switch (function_facts[function].mechanism) {
  case 0:
    return ANY_MECHANISM;
  case 1:
    if (arguments[1] != 0) last = ((const struct ck_mechanism *)arguments[1])->mechanism;
    return last;
  default:
    return last;
  }
}

/* The bytes that a call of this function gave, where it gives any. */
static unsigned char *answer_of(enum function function, const CK_ULONG a[], CK_ULONG *length) {
  switch (function) {
  case I_C_GenerateRandom:
    *length = a[2];
    return (unsigned char *)a[1];
  case I_C_Sign:
  case I_C_Encrypt:
  case I_C_Decrypt:
    *length = a[4] == 0 ? 0 : *(const CK_ULONG *)a[4];
    return (unsigned char *)a[3];
  case I_C_WrapKey:
    *length = a[5] == 0 ? 0 : *(const CK_ULONG *)a[5];
    return (unsigned char *)a[4];
  default:
    *length = 0;
    return NULL;
  }
}

static void overwrite_answer(enum function function, const CK_ULONG a[], uint64_t how) {
  CK_ULONG length = 0;
  unsigned char *bytes = answer_of(function, a, &length);
  CK_ULONG run = (how >> 8) & 0xffff, stride = how >> 24;
  if (bytes == NULL || stride == 0) return; /* it was asked for the length alone */
  for (CK_ULONG at = 0; at < length; at++) {
    if (at % stride < run) bytes[at] = (unsigned char)how;
  }
}

static CK_RV dispatch(enum function function, const CK_ULONG given[]) {
  CK_ULONG arguments[MOST_ARGUMENTS] = {0};
  memcpy(arguments, given, function_facts[function].arguments * sizeof *arguments);
  atomic_fetch_add_explicit(&own_counters()->calls[function], 1, memory_order_relaxed);
  read_handles(function, arguments);
  CK_RV value = CKR_OK;
  int after = 0;
  uint64_t overwrite = 0;
  int changed =
      apply_rules(function, mechanism_of(function, arguments), &value, &after, &overwrite);
  if (changed && !after) return value;
  CK_RV answer = call_real(function, arguments);
  if (overwrite != 0 && answer == CKR_OK) overwrite_answer(function, arguments, overwrite);
  note_outcome(function, given, arguments, answer);
  return changed ? value : answer;
}

#define TAKE_1 A a
#define TAKE_2 TAKE_1, A b
#define TAKE_3 TAKE_2, A c
#define TAKE_4 TAKE_3, A d
#define TAKE_5 TAKE_4, A e
#define TAKE_6 TAKE_5, A f
#define TAKE_8 TAKE_6, A g, A h
#define GIVE_1 a
#define GIVE_2 GIVE_1, b
#define GIVE_3 GIVE_2, c
#define GIVE_4 GIVE_3, d
#define GIVE_5 GIVE_4, e
#define GIVE_6 GIVE_5, f
#define GIVE_8 GIVE_6, g, h

#define FORWARDER(name, arguments, session, mechanism, objects, made) \
  static CK_RV forward_##name(TAKE_##arguments) { \
    const CK_ULONG given[] = {GIVE_##arguments}; \
    return dispatch(I_##name, given); \
  }
EVERY_FUNCTION(FORWARDER)

static struct ck_function_list own = {
    .version = {2, 40},
    .functions = {
#define ENTRY(name, arguments, session, mechanism, objects, made) (ck_function)forward_##name,
        EVERY_FUNCTION(ENTRY)
#undef ENTRY
    }};

static const struct ck_function_list *load(void) {
  const char *path = getenv("FAULT_INJECTOR_MODULE");
  if (path == NULL || !open_control()) {
    fprintf(stderr, "fault injector: FAULT_INJECTOR_MODULE or FAULT_INJECTOR_CONTROL is missing\n");
    return NULL;
  }
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "fault injector: %s\n", dlerror());
    return NULL;
  }
  CK_RV (*get)(const struct ck_function_list **) = NULL;
  void *symbol = dlsym(library, "C_GetFunctionList");
  if (symbol == NULL) return NULL;
  memcpy(&get, &symbol, sizeof get);
  const struct ck_function_list *list = NULL;
  return get(&list) == CKR_OK ? list : NULL;
}

/* The one symbol that a PKCS#11 2.40 library must have. */
__attribute__((visibility("default"))) CK_RV C_GetFunctionList(struct ck_function_list **list) {
  if (real == NULL) real = load();
  if (real == NULL) return CKR_GENERAL_ERROR;
  /* Callers find this function in the list as well: there it leads to the injector again. */
  own.functions[I_C_GetFunctionList] = (ck_function)C_GetFunctionList;
  *list = &own;
  return CKR_OK;
}

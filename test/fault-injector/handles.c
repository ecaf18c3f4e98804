#include "handles.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "control.h"

#define MARK_SHIFT 40
#define OWN_BITS (((uint64_t)1 << MARK_SHIFT) - 1)
#define MARKS ((uint64_t)1 << 20)
#define SESSIONS 4096u

/* Object handles live from one of C_Initialize, C_Login and their opposites to the next. */
static _Atomic uint64_t time_of_objects = 1;
static _Atomic uint64_t sessions_opened = 0;
/* Marked handles of the open sessions, by their mark. */
static _Atomic uint64_t open_sessions[SESSIONS];

static CK_ULONG marked(CK_ULONG handle, uint64_t mark) {
  if ((uint64_t)handle > OWN_BITS) {
    fprintf(stderr, "fault injector: a handle of this library has more than 40 bits\n");
    abort();
  }
  return (CK_ULONG)((mark % MARKS) << MARK_SHIFT | handle);
}

static uint64_t mark_of(CK_ULONG handle) { return (uint64_t)handle >> MARK_SHIFT; }

static void note_stale(_Atomic uint64_t *counter, enum function function) {
  atomic_fetch_add(counter, 1);
  atomic_store(&own_counters()->last_stale, (uint64_t)function + 1);
}

static CK_ULONG read_session(enum function function, CK_ULONG handle) {
  if (atomic_load(&open_sessions[mark_of(handle) % SESSIONS]) != handle) {
    note_stale(&own_counters()->stale_sessions, function);
  }
  return (CK_ULONG)(handle & OWN_BITS);
}

static CK_ULONG read_object(enum function function, CK_ULONG handle) {
  if (handle == 0) return 0;
  if (mark_of(handle) != atomic_load(&time_of_objects) % MARKS) {
    note_stale(&own_counters()->stale_objects, function);
  }
  return (CK_ULONG)(handle & OWN_BITS);
}

void read_handles(enum function function, CK_ULONG arguments[]) {
  const struct function_facts *facts = &function_facts[function];
  if (facts->session) arguments[0] = read_session(function, arguments[0]);
  for (unsigned index = 1; index < facts->arguments; index++) {
    if (facts->objects & ARGUMENT(index)) arguments[index] = read_object(function, arguments[index]);
  }
}

static void end_all_sessions(void) {
  for (unsigned index = 0; index < SESSIONS; index++) atomic_store(&open_sessions[index], 0);
  atomic_store(&own_counters()->open_sessions, 0);
}

static void begin_session(CK_ULONG *handle) {
  uint64_t mark = atomic_fetch_add(&sessions_opened, 1) + 1;
  *handle = marked(*handle, mark);
  atomic_store(&open_sessions[mark % MARKS % SESSIONS], *handle);
  atomic_fetch_add(&own_counters()->open_sessions, 1);
}

static void end_session(CK_ULONG handle) {
  uint64_t open = handle;
  if (!atomic_compare_exchange_strong(&open_sessions[mark_of(handle) % SESSIONS], &open, 0)) return;
  /* With its last session an application is logged out. */
  if (atomic_fetch_sub(&own_counters()->open_sessions, 1) == 1) {
    atomic_fetch_add(&time_of_objects, 1);
  }
}

static void mark_objects(CK_ULONG handles[], CK_ULONG count) {
  uint64_t mark = atomic_load(&time_of_objects);
  for (CK_ULONG index = 0; index < count; index++) handles[index] = marked(handles[index], mark);
}

void note_outcome(enum function function, const CK_ULONG given[], const CK_ULONG arguments[],
                  CK_RV answer) {
  if (answer != CKR_OK) return;
  switch (function) {
  case I_C_Initialize:
  case I_C_Finalize:
  case I_C_CloseAllSessions:
    end_all_sessions();
    atomic_fetch_add(&time_of_objects, 1);
    break;
  case I_C_Login:
  case I_C_Logout:
    atomic_fetch_add(&time_of_objects, 1);
    break;
  case I_C_OpenSession:
    begin_session((CK_ULONG *)arguments[4]);
    break;
  case I_C_CloseSession:
    end_session(given[0]);
    break;
  case I_C_FindObjects:
    mark_objects((CK_ULONG *)arguments[1], *(const CK_ULONG *)arguments[3]);
    break;
  default:
    break;
  }
  const struct function_facts *facts = &function_facts[function];
  for (unsigned index = 0; index < facts->arguments; index++) {
    if (facts->made & ARGUMENT(index)) mark_objects((CK_ULONG *)arguments[index], 1);
  }
}

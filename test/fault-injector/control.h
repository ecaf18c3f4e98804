/*
 * The control file: memory that the test and every process with the injector share. The test writes the rules, the
 * processes count. test/support/fault-injector/layout.ts knows the same offsets.
 */
#ifndef CONTROL_H
#define CONTROL_H

#include <stdatomic.h>
#include <stdint.h>

#include "functions.h"
#include "pkcs11.h"

#define CONTROL_MAGIC 0x4b464931u
#define RULE_CAPACITY 64u
#define PROCESS_CAPACITY 2048u
#define PROCESSES_OFFSET 8192u
#define ANY_MECHANISM UINT64_MAX

enum action {
  ACTION_DELAY = 1, /* value: microseconds; later rules still apply */
  ACTION_HANG = 2,  /* until the rule is taken away, then the call goes on */
  ACTION_RETURN = 3, /* value: what is returned; the library is not called */
  ACTION_RETURN_AFTER = 4, /* value: what is returned after the library did it */
  ACTION_KILL = 5,  /* value: the signal that ends the process */
  ACTION_OVERWRITE = 6, /* bytes of the answer; value: byte, run << 8, stride << 24 */
};

/* Flags of a rule. */
#define ONE_PROCESS 1u /* the first process that it fits keeps it */
#define FOR_EVER 2u    /* a hang outlives its rule */

struct rule {
  _Atomic uint32_t id; /* 0: no rule; written last */
  uint32_t flags;
  int32_t function; /* -1: every one */
  uint32_t action;
  uint64_t value;
  uint64_t from;  /* first fitting call that it hits, from 1 */
  uint64_t count; /* calls that it hits; 0: no end */
  uint64_t every; /* hits each n-th fitting call from the first on */
  uint64_t mechanism;
  uint32_t pid;               /* 0: every process */
  _Atomic uint32_t claimed;   /* ONE_PROCESS: whose it is */
  _Atomic uint64_t fitting;   /* calls that fitted so far */
  _Atomic uint64_t hits;      /* calls that it changed */
};

struct control_header {
  uint32_t magic;
  uint32_t rule_size;
  uint32_t process_size;
  uint32_t function_count;
  _Atomic uint32_t rules_in_use; /* rules behind this one are empty */
  _Atomic uint32_t processes;    /* how many slots of processes were taken */
  uint32_t reserved[10];
};

struct process_counters {
  _Atomic uint32_t pid;
  _Atomic uint32_t open_sessions;
  _Atomic uint64_t stale_sessions; /* uses of a session handle that had ended */
  _Atomic uint64_t stale_objects;  /* uses of an object handle of before */
  _Atomic uint64_t last_stale;     /* function of the last of them, from 1 */
  _Atomic uint64_t calls[FUNCTION_COUNT];
};

struct control {
  struct control_header header;
  struct rule rules[RULE_CAPACITY];
};

_Static_assert(sizeof(struct rule) == 80, "layout.ts has 80");
_Static_assert(sizeof(struct process_counters) == 576, "layout.ts has 576");
_Static_assert(sizeof(struct control) <= PROCESSES_OFFSET, "the rules end before the processes");

/* Maps the file that FAULT_INJECTOR_CONTROL names; returns 0 where it cannot be used. */
int open_control(void);

/* The counters of this process. */
struct process_counters *own_counters(void);

/*
 * Applies the rules to a call: waits, hangs or ends the process. Returns 1 where a value is to be returned instead of
 * what the library answers; `after` says whether the library is to be called nevertheless. `overwrite` is 0, or how bytes of
 * the answer are to be changed.
 */
int apply_rules(enum function function, uint64_t mechanism, CK_RV *value, int *after,
                uint64_t *overwrite);

#endif

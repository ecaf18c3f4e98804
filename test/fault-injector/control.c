#include "control.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

static struct control *control;
static struct process_counters *counters;
static uint32_t own_pid;

static struct process_counters *take_slot(void *memory) {
  struct process_counters *slots = (void *)((char *)memory + PROCESSES_OFFSET);
  uint32_t slot = atomic_fetch_add(&control->header.processes, 1);
  /* The last slot is shared by all who come too late. */
  if (slot >= PROCESS_CAPACITY) slot = PROCESS_CAPACITY - 1;
  atomic_store(&slots[slot].pid, own_pid);
  return &slots[slot];
}

int open_control(void) {
  const char *path = getenv("FAULT_INJECTOR_CONTROL");
  if (path == NULL) return 0;
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return 0;
  size_t size = PROCESSES_OFFSET + PROCESS_CAPACITY * sizeof(struct process_counters);
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED) return 0;
  const struct control_header *header = memory;
  if (header->magic != CONTROL_MAGIC || header->rule_size != sizeof(struct rule) ||
      header->process_size != sizeof(struct process_counters) ||
      header->function_count != FUNCTION_COUNT) {
    munmap(memory, size);
    return 0;
  }
  control = memory;
  own_pid = (uint32_t)getpid();
  counters = take_slot(memory);
  return 1;
}

struct process_counters *own_counters(void) { return counters; }

static void pause_for(uint64_t microseconds) {
#ifdef __linux__
  static _Thread_local int precise;
  /* The kernel may wake a thread 50 us late unless it is told not to. */
  if (!precise) precise = prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul) == 0;
#endif
  struct timespec left = {.tv_sec = (time_t)(microseconds / 1000000),
                          .tv_nsec = (long)(microseconds % 1000000) * 1000};
  while (nanosleep(&left, &left) != 0) {
  }
}

static void hang(struct rule *rule, uint32_t id) {
  int for_ever = (rule->flags & FOR_EVER) != 0;
  while (for_ever || atomic_load(&rule->id) == id) pause_for(1000);
}

static void end_process(int how) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none); /* a core file would hold key material */
  if (how == SIGSEGV) {
    volatile int *nowhere = NULL;
    *nowhere = 1;
  }
  if (how == SIGABRT) abort();
  kill(getpid(), how);
  for (;;) pause();
}

static int is_of_this_process(struct rule *rule) {
  if (rule->pid != 0 && rule->pid != own_pid) return 0;
  if ((rule->flags & ONE_PROCESS) == 0) return 1;
  uint32_t nobody = 0;
  return atomic_compare_exchange_strong(&rule->claimed, &nobody, own_pid) || nobody == own_pid;
}

/* Whether a rule hits this call; counts it where it fits. */
static int is_hit(struct rule *rule, enum function function, uint64_t mechanism) {
  if (rule->function >= 0 && rule->function != (int32_t)function) return 0;
  if (rule->mechanism != ANY_MECHANISM && rule->mechanism != mechanism) return 0;
  if (!is_of_this_process(rule)) return 0;
  uint64_t ordinal = atomic_fetch_add(&rule->fitting, 1) + 1;
  if (ordinal < rule->from) return 0;
  uint64_t distance = ordinal - rule->from;
  if (distance % rule->every != 0) return 0;
  if (rule->count != 0 && distance / rule->every >= rule->count) return 0;
  atomic_fetch_add(&rule->hits, 1);
  return 1;
}

int apply_rules(enum function function, uint64_t mechanism, CK_RV *value, int *after,
                uint64_t *overwrite) {
  uint32_t in_use = atomic_load_explicit(&control->header.rules_in_use, memory_order_acquire);
  for (uint32_t index = 0; index < in_use && index < RULE_CAPACITY; index++) {
    struct rule *rule = &control->rules[index];
    uint32_t id = atomic_load_explicit(&rule->id, memory_order_acquire);
    if (id == 0 || !is_hit(rule, function, mechanism)) continue;
    switch (rule->action) {
    case ACTION_DELAY:
      pause_for(rule->value);
      break;
    case ACTION_HANG:
      hang(rule, id);
      break;
    case ACTION_KILL:
      end_process((int)rule->value);
      break;
    case ACTION_OVERWRITE:
      *overwrite = rule->value;
      break;
    default:
      *value = (CK_RV)rule->value;
      *after = rule->action == ACTION_RETURN_AFTER;
      return 1;
    }
  }
  return 0;
}

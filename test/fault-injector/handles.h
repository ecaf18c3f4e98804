/*
 * Handles that tell when they were handed out. A library gives the same small numbers out again after it was
 * initialised anew, so that a stale handle would silently mean another key. The caller therefore gets the library's
 * number with a mark of its time above bit 40, and a use of it after that time is counted. The library sees its own
 * number as ever.
 */
#ifndef HANDLES_H
#define HANDLES_H

#include "functions.h"
#include "pkcs11.h"

/* Turns the handles among the arguments back into those of the library, and counts the stale ones. */
void read_handles(enum function function, CK_ULONG arguments[]);

/* Marks the handles that a call handed out, and notes the sessions and logins that it began or ended. */
void note_outcome(enum function function, const CK_ULONG given[], const CK_ULONG arguments[],
                  CK_RV answer);

#endif

// The self test for assembly: core/self_test.c walks, this file drives the parts and reports.
#ifndef TESTING_H
#define TESTING_H

#include <stdint.h>

#include "core/messages.h"

uint8_t testing_begin(const struct msg_self_test *m); // 0 for a walk that is out of range
void testing_work(void);                              // every turn of the loop
void testing_abort(void);           // the lamps went off by themselves: nothing of the walk is true any more
uint8_t testing_is_measuring(void); // the supply's channels are being read for it

#endif

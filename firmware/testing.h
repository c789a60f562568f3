// The self test for assembly: core/self_test.c walks, this file drives the parts and reports.
#ifndef TESTING_H
#define TESTING_H

#include <stdint.h>

#include "core/lamps.h"
#include "core/messages.h"

enum lamp_refusal testing_begin(const struct msg_self_test *m); // refused when out of range, or red is not declared
void testing_work(void);                                        // every turn of the loop
void testing_abort(void);           // the lamps went off by themselves: nothing of the walk is true any more
uint8_t testing_is_measuring(void); // the supply's channels are being read for it

#endif

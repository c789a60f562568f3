// The guard: holds lamps and lights to limits.toml whatever the schedule says. Of core/lamps.c only.
#ifndef CORE_LAMP_GUARD_H
#define CORE_LAMP_GUARD_H

#include "lamps.h"

// Whether a pulse of `phase` may begin at the boundary `next_tick`; red remembers that it did.
uint8_t lamp_guard_may_light(struct lamps *l, uint8_t phase, uint16_t next_tick);

// Red owes its whole rest from now on.
void lamp_guard_rest_red(struct lamps *l);

// Cuts a pulse that is too long, books the rest that one owes which ended, and lets the select lines go unless they are needed
// again.
void lamp_guard_strobe(struct lamps *l, uint16_t next_tick, uint8_t keeps_select);

// Every 256 slots on average, 512 at most.
void lamp_guard_round(struct lamps *l, uint16_t next_tick);

#endif

// Counters of losses stop at their largest value: a wrapped one would look like none.
#ifndef CORE_COUNT_H
#define CORE_COUNT_H

#include <stdint.h>

static inline void count(uint16_t *counter)
{
    if (*counter != 0xffff)
        (*counter)++;
}

#endif

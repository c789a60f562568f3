// Statistics of the log detector's envelope over one window. Counts fall with power, so "signal" is a sample BELOW the
// threshold. envelope_add runs in the sampling interrupt and touches no loop; percentiles are computed afterwards.
#ifndef CORE_ENVELOPE_H
#define CORE_ENVELOPE_H

#include <stdint.h>

#include "messages.h"

#define ENVELOPE_BINS 120    // the last one holds all from 952 counts on, 2.32 V: more than an AD8318 gives
#define ENVELOPE_BIN_SHIFT 3 // 8 counts a bin: 0.5 dB at 2.5 V full scale and 25 mV/dB, interpolated inside

struct envelope {
    uint32_t tick;
    uint16_t sum_low; // 16 bits at a time: the carry is rare
    uint16_t sum_high;
    uint16_t index;
    uint16_t samples;
    uint16_t dropped;
    uint16_t min;
    uint16_t max;
    uint16_t burst_samples;
    uint16_t bursts;
    uint16_t gaps;
    uint16_t run; // slots of the stretch that is going on
    uint16_t longest_burst;
    uint16_t longest_gap;
    uint16_t bins[ENVELOPE_BINS];
};

struct envelope_threshold {
    uint16_t below; // a sample below begins a burst
    uint16_t end;   // a sample at or above ends it
    uint8_t is_burst;
};

// Empties the window. Not for the interrupt: it clears 300 octets.
void envelope_clear(struct envelope *e);

// Fills the message of a finished window of `window_slots` slots.
void envelope_summarise(const struct envelope *e, uint16_t window_slots, struct msg_envelope_window *m);

// Closes the stretch that is going on; call once before envelope_summarise.
void envelope_close(struct envelope *e, uint8_t is_burst);

// The histogram, bin after bin from that of the smallest sample on: shares in 255ths, rounded up. Asked for in their order,
// `used` begins with 0; what lies above the last bin is counted in it.
#define ENVELOPE_SHARES (sizeof((struct msg_envelope_histogram *)0)->shares)
uint8_t envelope_first_bin(const struct envelope *e);
uint8_t envelope_share(const struct envelope *e, uint8_t at, uint16_t *used);

inline void envelope_end_run(struct envelope *e, uint8_t is_burst)
{
    if (is_burst) {
        if (e->run > e->longest_burst)
            e->longest_burst = e->run;
    } else if (e->run > e->longest_gap) {
        e->longest_gap = e->run;
    }
    e->run = 0;
}

// One slot without a usable conversion: counted, and the stretch goes on.
inline void envelope_drop(struct envelope *e)
{
    e->dropped++;
    e->run++;
}

// One slot that was given to another channel: the stretch goes on.
inline void envelope_skip(struct envelope *e)
{
    e->run++;
}

// One sample, 0-1023.
inline void envelope_add(struct envelope *e, struct envelope_threshold *t, uint16_t counts)
{
    e->sum_low = (uint16_t)(e->sum_low + counts);
    if (e->sum_low < counts)
        e->sum_high++;
    if (counts < e->min)
        e->min = counts;
    if (counts > e->max)
        e->max = counts;
    uint8_t bin = (uint8_t)(counts >> ENVELOPE_BIN_SHIFT);
    e->bins[bin < ENVELOPE_BINS ? bin : ENVELOPE_BINS - 1]++;

    if (t->is_burst) {
        if (counts >= t->end) {
            envelope_end_run(e, 1);
            t->is_burst = 0;
            e->gaps++;
        }
    } else if (counts < t->below) {
        envelope_end_run(e, 0);
        t->is_burst = 1;
        e->bursts++;
    }
    // A stretch that was running when the window began counts in it.
    if (e->samples == 0 && e->bursts == 0 && e->gaps == 0) {
        if (t->is_burst)
            e->bursts = 1;
        else
            e->gaps = 1;
    }
    if (t->is_burst)
        e->burst_samples++;
    e->samples++;
    e->run++;
}

#endif

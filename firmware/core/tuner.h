// The 5.8 GHz tuner (RX5808 class): which frequency comes when, and what was heard on it. The interrupt feeds RSSI samples
// and, once a block, the edges of the sync separator; the loop writes the synthesiser and sends finished windows. Analogue
// video gives 15,625 or 15,734 lines a second and nothing else does: the edges are counted per block, so that a steady
// line rate can be told from noise with the same mean.
#ifndef CORE_TUNER_H
#define CORE_TUNER_H

#include <stdint.h>

#include "messages.h"

#define TUNER_BLOCK_SLOTS 125  // 4 ms
#define TUNER_SETTLE_BLOCKS 8  // 32 ms; the receiver needs 30
#define TUNER_DELTAS 40        // of a list
#define TUNER_LOWEST_MHZ 5300  // guessed: what modules still lock to below their nominal 5645
#define TUNER_HIGHEST_MHZ 6000 // likewise above 5945

enum tuner_state {
    TUNER_IDLE,
    TUNER_DUE,      // the loop must write tuner_word(window.mhz), then call tuner_tuned
    TUNER_SETTLING, // waits; samples are thrown away
    TUNER_HEARING,  // samples count
    TUNER_DONE,     // the loop must send the window, then call tuner_next
};

struct tuner {
    volatile uint8_t state;
    uint8_t blocks_left;
    uint8_t dwell_blocks;
    uint8_t rounds_left; // 0: for ever
    uint8_t at;
    uint8_t count;
    uint16_t first_mhz;
    uint16_t busy_above;
    uint8_t deltas[TUNER_DELTAS];
    struct msg_tuner_window window;
};

// Register write of the synthesiser for a frequency: 25 bits, sent lowest first.
uint32_t tuner_word(uint16_t mhz);

// Begin a plan. Return 0 for one that is out of range; the plan before it then goes on.
uint8_t tuner_set(struct tuner *t, const struct msg_tuner_set *m);
uint8_t tuner_sweep(struct tuner *t, const struct msg_tuner_sweep *m);

void tuner_stop(struct tuner *t);

// Loop, state DUE: the synthesiser was written.
void tuner_tuned(struct tuner *t);

// Loop, state DONE: the window was taken; on to the next frequency or to the end.
void tuner_next(struct tuner *t);

// Interrupt: a block of `slots` ended at `tick`, in which the sync separator gave `lines` edges.
void tuner_block(struct tuner *t, uint32_t tick, uint16_t slots, uint8_t lines);

// Interrupt: one RSSI sample.
void tuner_rssi(struct tuner *t, uint16_t counts);

#endif

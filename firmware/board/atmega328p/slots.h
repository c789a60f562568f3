// What the files of the slot interrupt share, and nobody else sees. The interrupt itself stands in slots.c; what it does in
// most slots is inline here, so that it saves few registers, and what happens rarely is out of line (RARE).
#ifndef SLOTS_H
#define SLOTS_H

#include <stdint.h>

#include "board.h"
#include "core/count.h"

#define RARE __attribute__((noinline)) void

// --- slots.c
extern volatile uint32_t slot_tick; // slot that is going on
extern uint16_t dropped_samples;
enum sampling { SAMPLE_USUAL, SAMPLE_RAW, SAMPLE_RAW_LATE };
void slots_sample(enum sampling how);

// --- slot_windows.c: what becomes of the detector's samples
enum rf_mode { RF_OFF, RF_WINDOWS, RF_RAW_ARMED, RF_RAW_RUNNING, RF_RAW_DONE };
extern volatile uint8_t rf_mode;
extern struct envelope *open_window; // null: not measuring, or waiting for a free one
extern struct envelope_threshold threshold;
extern uint16_t window_left;
extern uint16_t dropped_windows;
RARE finish_window(void);
RARE add_raw(uint8_t is_converted, uint16_t counts);

static inline void end_slot_of_window(void)
{
    if (--window_left == 0)
        finish_window();
}

static inline void add_sample(uint8_t is_converted, uint16_t counts)
{
    if (rf_mode == RF_WINDOWS) {
        if (!is_converted) {
            count(&dropped_samples);
            if (open_window)
                envelope_drop(open_window);
        } else if (open_window) {
            envelope_add(open_window, &threshold, counts);
        }
        end_slot_of_window();
    } else if (rf_mode != RF_OFF) {
        add_raw(is_converted, counts);
    }
}

// The conversion of this slot was another channel's.
static inline void skip_sample(void)
{
    if (rf_mode == RF_WINDOWS) {
        if (open_window)
            envelope_skip(open_window);
        end_slot_of_window();
    } else if (rf_mode != RF_OFF) {
        add_raw(0, 0);
    }
}

// --- slot_channels.c: slots given to other channels
#define AUX_CALM_SLOTS 4
extern uint8_t aux_left; // slots to the next turn, or to the next step of the one that is going on
extern uint8_t aux_at;   // conversion of the turn; 0 between turns
extern uint8_t aux_late; // slots by which the turn that is due was put off
uint8_t step_aux(uint16_t counts);
void break_aux(void);

// --- slot_lamps.c
extern struct lamps lamps;
extern uint16_t dropped_events;
RARE step_lamps(void);

#endif

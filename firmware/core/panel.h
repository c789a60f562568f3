// What the person holds and hears: the button without its bouncing, and the buzzer's beeps. Both are stepped by the loop
// with the low half of the tick; neither needs to be exact.
#ifndef CORE_PANEL_H
#define CORE_PANEL_H

#include <stdint.h>

#include "messages.h"

#define BUTTON_REST_SLOTS 625 // 20 ms
#define BEEP_PERIOD_MIN 312   // 10 ms
#define BEEP_PERIOD_MAX 31250 // 1 s: half of what 16 bits can tell apart

struct button {
    uint8_t is_pressed; // as reported
    uint8_t seen;       // as last seen
    uint16_t since;     // tick at which `seen` began
};

// Returns 1 when is_pressed changed.
uint8_t button_step(struct button *b, uint8_t level, uint16_t tick);

struct buzzer {
    uint8_t beeps_left;
    uint16_t on_slots;
    uint16_t period_slots;
    uint16_t began; // tick of the beep that is going on
};

// Returns 0 for beeps that are out of range.
uint8_t buzzer_set(struct buzzer *b, const struct msg_buzzer_set *m, uint16_t tick);

// Returns 1 while it must sound.
uint8_t buzzer_step(struct buzzer *b, uint16_t tick);

#endif

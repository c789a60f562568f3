#include "panel.h"

uint8_t button_step(struct button *b, uint8_t level, uint16_t tick)
{
    if (level != b->seen) {
        b->seen = level;
        b->since = tick;
        return 0;
    }
    if (b->seen == b->is_pressed) {
        b->since = tick; // so that the difference never wraps
        return 0;
    }
    if ((uint16_t)(tick - b->since) < BUTTON_REST_SLOTS)
        return 0;
    b->is_pressed = b->seen;
    return 1;
}

uint8_t buzzer_set(struct buzzer *b, const struct msg_buzzer_set *m, uint16_t tick)
{
    if (m->beeps != 0 && (m->period_slots < BEEP_PERIOD_MIN || m->period_slots > BEEP_PERIOD_MAX ||
                          m->on_slots > m->period_slots || m->on_slots == 0))
        return 0;
    b->beeps_left = m->beeps;
    b->on_slots = m->on_slots;
    b->period_slots = m->period_slots;
    b->began = tick;
    return 1;
}

uint8_t buzzer_step(struct buzzer *b, uint16_t tick)
{
    if (b->beeps_left == 0)
        return 0;
    uint16_t elapsed = (uint16_t)(tick - b->began);
    if (elapsed >= b->period_slots) {
        b->began = (uint16_t)(b->began + b->period_slots);
        b->beeps_left--;
        elapsed = (uint16_t)(elapsed - b->period_slots);
    }
    return b->beeps_left != 0 && elapsed < b->on_slots;
}

// The walk through a freshly assembled head, one part at a time: nothing is driven for a moment, then the part is. Meanwhile
// the levels of the output pins are read back, so that a line that does not move, or one that moves with another, shows.
// What is on the other side of a pin (a lamp, a buzzer) only a person can see.
#ifndef CORE_SELF_TEST_H
#define CORE_SELF_TEST_H

#include <stdint.h>

#include "messages.h"

enum test_part {
    TEST_ON_AXIS,
    TEST_OFF_AXIS,
    TEST_MIDDLE_RING,
    TEST_RED,
    TEST_TRIGGER,
    TEST_WHITE,
    TEST_AIM,
    TEST_BUZZER,
    TEST_TUNER_DATA,
    TEST_TUNER_SELECT,
    TEST_TUNER_CLOCK,
    TEST_BUTTON,
    TEST_SENSORS,
    TEST_OUTER_RING,
    TEST_PARTS
};

// Lines are bits, numbered as the part whose line they are; the strobe belongs to all lamps. The outer ring has no line of its
// own: its bit stands for those of off_axis and middle_ring together.
#define LINE_STROBE 11
#define LINE(number) ((uint16_t)(1u << (number)))

#define TEST_REST_SLOTS 625 // 20 ms with nothing driven before each part; the later half is judged
#define TEST_STEP_MIN 3125
#define TEST_STEP_MAX 62500
#define TEST_SENSORS_MAX 62500UL // 2 s: then the walk ends with what there is
#define TEST_RED_MAX 93750UL     // 3 s: red has to rest first, and lights in one burst

enum test_news { TEST_NOTHING, TEST_REST, TEST_DRIVE, TEST_END };

struct self_test {
    uint8_t is_walking;
    uint8_t is_driven;
    uint8_t part;
    uint16_t wanted; // parts
    uint16_t step_slots;
    uint32_t since; // tick of the rest or drive that is going on
    uint16_t moved;
    uint16_t rested;
    uint16_t stray;
};

// Returns 0 for a walk that is out of range.
uint8_t self_test_begin(struct self_test *t, const struct msg_self_test *m, uint32_t tick);

// The caller drives nothing from TEST_REST on, `part` from TEST_DRIVE on. `is_measured`: TEST_SENSORS need not
// wait longer, and TEST_RED has had its burst.
enum test_news self_test_step(struct self_test *t, uint32_t tick, uint8_t is_measured);

// Output lines as read back, a bit where the level is not that of rest.
void self_test_watch(struct self_test *t, uint16_t lines, uint32_t tick);

// Lines that were seen at both levels.
static inline uint16_t self_test_followed(const struct self_test *t)
{
    return t->moved & t->rested;
}

#endif

#include "self_test.h"

#include "flash_table.h"

#define PULSED (LINE(LINE_STROBE) | LINE(TEST_TRIGGER))
static const uint16_t OWN_LINES[TEST_PARTS] FLASH_TABLE = {
    [TEST_ON_AXIS] = LINE(TEST_ON_AXIS) | PULSED,
    [TEST_OFF_AXIS] = LINE(TEST_OFF_AXIS) | PULSED,
    [TEST_MIDDLE_RING] = LINE(TEST_MIDDLE_RING) | PULSED,
    [TEST_RED] = LINE(TEST_RED) | PULSED,
    [TEST_TRIGGER] = LINE(TEST_TRIGGER),
    [TEST_WHITE] = LINE(TEST_WHITE),
    [TEST_AIM] = LINE(TEST_AIM),
    [TEST_BUZZER] = LINE(TEST_BUZZER),
    [TEST_TUNER_DATA] = LINE(TEST_TUNER_DATA),
    [TEST_TUNER_SELECT] = LINE(TEST_TUNER_SELECT),
    [TEST_TUNER_CLOCK] = LINE(TEST_TUNER_CLOCK),
    [TEST_OUTER_RING] = LINE(TEST_OUTER_RING) | LINE(TEST_OFF_AXIS) | LINE(TEST_MIDDLE_RING) | PULSED,
};

uint8_t self_test_begin(struct self_test *t, const struct msg_self_test *m, uint32_t tick)
{
    if (m->parts != 0 &&
        (m->parts >= LINE(TEST_PARTS) || m->step_slots < TEST_STEP_MIN || m->step_slots > TEST_STEP_MAX))
        return 0;
    memset(t, 0, sizeof *t);
    t->wanted = m->parts;
    t->step_slots = m->step_slots;
    t->since = tick;
    t->is_walking = m->parts != 0;
    return 1;
}

static uint8_t is_over(const struct self_test *t, uint32_t slots, uint8_t is_measured)
{
    if (t->part == TEST_SENSORS)
        return is_measured || slots >= TEST_SENSORS_MAX;
    if (t->part == TEST_RED && !is_measured && slots < TEST_RED_MAX)
        return 0;
    return slots >= t->step_slots;
}

enum test_news self_test_step(struct self_test *t, uint32_t tick, uint8_t is_measured)
{
    if (!t->is_walking)
        return TEST_NOTHING;
    uint32_t slots = tick - t->since;
    if (t->is_driven) {
        if (!is_over(t, slots, is_measured))
            return TEST_NOTHING;
        t->is_driven = 0;
        t->since = tick;
        t->part++;
        return TEST_REST;
    }
    if (slots < TEST_REST_SLOTS)
        return TEST_NOTHING;
    while (t->part < TEST_PARTS && !(t->wanted & LINE(t->part)))
        t->part++;
    if (t->part == TEST_PARTS) {
        t->is_walking = 0;
        return TEST_END;
    }
    t->is_driven = 1;
    t->since = tick;
    return TEST_DRIVE;
}

void self_test_watch(struct self_test *t, uint16_t lines, uint32_t tick)
{
    if (!t->is_walking)
        return;
    if (t->is_driven) {
        uint16_t own = FLASH_U16(OWN_LINES[t->part]);
        t->moved |= lines & own;
        t->stray |= lines & (uint16_t)~own;
    } else if (tick - t->since >= TEST_REST_SLOTS / 2) {
        t->rested |= (uint16_t)~lines;
        t->stray |= lines;
    }
}

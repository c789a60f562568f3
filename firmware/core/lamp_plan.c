// Commands of the host against limits.toml: what becomes a schedule, a red burst or a sequence of chips, and what is refused.
#include "lamps.h"

#define EXPOSURE_MARGIN_SLOTS 4 // of the exposure that the pulse leaves dark

// A length that is too long is shortened, and the shortest of those remembered.
static uint8_t hold(uint8_t pulse, uint16_t longest, uint16_t *clamped_slots)
{
    if (pulse <= longest)
        return pulse;
    if (*clamped_slots == 0 || longest < *clamped_slots)
        *clamped_slots = longest;
    return (uint8_t)longest;
}

static uint16_t longest_pulse(uint8_t phase, uint16_t exposure)
{
    uint16_t longest = FLASH_U16(LAMP_LIMITS[phase].max_pulse_slots);
    uint16_t room = (uint16_t)(exposure - EXPOSURE_MARGIN_SLOTS);
    return room < longest ? room : longest;
}

// From an exposure to the next one of the same phase, of this group or the one after it.
static uint8_t exposures_to_same(const struct msg_lamp_run *m, uint8_t from)
{
    uint8_t count = 0;
    uint8_t at = from;
    do {
        count++;
        at = (uint8_t)(at + 1 == m->phase_count ? 0 : at + 1);
    } while (m->phases[at] != m->phases[from]);
    return count;
}

enum lamp_refusal lamps_plan(struct lamp_schedule *s, const struct msg_lamp_run *m, uint16_t *clamped_slots)
{
    *clamped_slots = 0;
    if (m->phase_count < 1 || m->phase_count > LAMP_GROUP_MAX ||
        m->exposure_slots < EXPOSURE_MARGIN_SLOTS + LAMP_PULSE_MIN)
        return LAMP_BAD_ARGUMENT;
    if (m->period_slots < m->exposure_slots || m->period_slots - m->exposure_slots < 2)
        return LAMP_BAD_ARGUMENT;
    if (m->period_slots < LAMP_PERIOD_MIN)
        return LAMP_BAD_ARGUMENT;

    for (uint8_t i = 0; i < m->phase_count; i++) {
        uint8_t phase = m->phases[i];
        uint8_t pulse = m->pulse_slots[i];
        uint8_t shorter = m->short_every ? m->short_slots[i] : pulse;
        if (phase >= LAMP_PHASES)
            return LAMP_BAD_ARGUMENT;
        if (phase == LAMP_RED)
            return LAMP_OVER_LIMIT;
        if (phase == 0) {
            pulse = LAMP_PULSE_MIN; // of darkness
            shorter = LAMP_PULSE_MIN;
        } else {
            if (pulse < LAMP_PULSE_MIN || shorter < LAMP_PULSE_MIN)
                return LAMP_BAD_ARGUMENT;
            uint16_t longest = longest_pulse(phase, m->exposure_slots);
            pulse = hold(pulse, longest, clamped_slots);
            shorter = hold(shorter, longest, clamped_slots);
            uint8_t longer = pulse > shorter ? pulse : shorter;
            uint32_t until_again = (uint32_t)m->period_slots * exposures_to_same(m, i);
            if ((uint32_t)longer * (FLASH_U16(LAMP_LIMITS[phase].rest_per_slot) + 1u) > until_again)
                return LAMP_OVER_LIMIT;
        }
        s->phases[i] = phase;
        s->pulses[i] = pulse;
        s->short_pulses[i] = shorter;
    }
    s->phase_count = m->phase_count;
    s->short_every = m->short_every;
    s->period = m->period_slots;
    s->exposure = m->exposure_slots;
    return LAMP_OK;
}

enum lamp_refusal lamps_plan_red(struct red_burst *b, const struct msg_red_burst *m, uint16_t *clamped_slots)
{
    *clamped_slots = 0;
    if (m->is_room_empty != 1)
        return LAMP_NOT_DECLARED;
    if (m->red_count < 1 || m->red_count > RED_COUNT_MAX || m->red_slots < LAMP_PULSE_MIN || m->pulse_slots == 1)
        return LAMP_BAD_ARGUMENT;
    // The second red pulse of an exposure lies behind it.
    if (m->exposure_slots < EXPOSURE_MARGIN_SLOTS + LAMP_PULSE_MIN || m->exposure_slots > RED_GAP_SLOTS - 2)
        return LAMP_BAD_ARGUMENT;
    b->count = m->red_count;
    b->red_pulse = hold(m->red_slots, longest_pulse(LAMP_RED, m->exposure_slots), clamped_slots);
    b->pulse = hold(m->pulse_slots, longest_pulse(LAMP_ON_AXIS, m->exposure_slots), clamped_slots);
    b->exposure = m->exposure_slots;
    return LAMP_OK;
}

enum lamp_refusal lamps_plan_chips(struct chip_sequence *s, const struct msg_stimulus_run *m)
{
    if (m->chip_count < 1 || m->chip_count > CHIPS_MAX || m->chip_slots < 2)
        return LAMP_BAD_ARGUMENT;
    memcpy(s->chips, m->chips, sizeof s->chips);
    s->count = m->chip_count;
    s->slots = m->chip_slots;
    return LAMP_OK;
}

#include "lamp_guard.h"

#include "count.h"

#define RED_REST_ROUNDS (RED_REST_SLOTS / 256 + 3) // the guard's rounds come up to two of them early
#define LIGHT_ROUNDS_MAX(light) ((uint16_t)(LIGHT_LIMITS[light].max_on_slots >> LIGHT_ROUND_SHIFT))
#define LIGHT_ROUND_SHIFT 8 // visible lights are counted in rounds of 256 slots

// A table: the machine shifts by one bit at a time.
static const uint8_t PHASE_BIT[8] FLASH_TABLE = {1, 2, 4, 8, 16, 32, 64, 128};

static uint8_t has_rested(const struct lamps *l, uint8_t phase, uint16_t next_tick)
{
    return !(l->resting & FLASH_U8(PHASE_BIT[phase])) || (int16_t)(next_tick - l->ready[phase]) >= 0;
}

void lamp_guard_rest_red(struct lamps *l)
{
    l->red_state = RED_RESTING;
    l->red_rest = RED_REST_ROUNDS;
}

// Whether a red pulse may begin, whatever the schedule says: soon after the one before and within the time of a burst, or
// after a rest. Nothing between, which would flicker.
static uint8_t may_light_red(struct lamps *l, uint16_t next_tick)
{
    if (l->red_state == RED_RESTED) {
        l->red_state = RED_BURSTING;
        l->red_began = next_tick;
    } else if (l->red_state == RED_BURSTING) {
        uint16_t end = (uint16_t)(next_tick - l->red_began + FLASH_U16(LAMP_LIMITS[LAMP_RED].max_pulse_slots));
        if ((uint16_t)(next_tick - l->red_last) > RED_GAP_SLOTS || end > RED_BURST_SLOTS)
            lamp_guard_rest_red(l);
    }
    l->red_last = next_tick;
    return l->red_state == RED_BURSTING;
}

uint8_t lamp_guard_may_light(struct lamps *l, uint8_t phase, uint16_t next_tick)
{
    return has_rested(l, phase, next_tick) && (phase != LAMP_RED || may_light_red(l, next_tick));
}

static void trip_guard(struct lamps *l)
{
    count(&l->guard_trips);
    l->off_reason = LAMP_OFF_GUARD;
}

void lamp_guard_strobe(struct lamps *l, uint16_t next_tick, uint8_t keeps_select)
{
    if (l->is_strobe && (l->select == 0 || l->lit >= l->lit_limit)) {
        l->is_strobe = 0;
        trip_guard(l);
    }
    if (!l->is_strobe && l->lit != 0) {
        l->ready[l->select] = (uint16_t)(next_tick + l->lit * FLASH_U16(LAMP_LIMITS[l->select].rest_per_slot));
        l->resting |= FLASH_U8(PHASE_BIT[l->select]);
        l->lit = 0;
    }
    if (!l->is_strobe && !l->is_exposing && !keeps_select)
        l->select = 0;
}

// White may be on no more than off beyond what the balance lends: a host that lights it anew each time that it was cut ends
// with it dark for half of the time.
static void guard_white(struct lamps *l)
{
    const uint16_t most = LIGHT_LIMITS[LIGHT_WHITE].balance_slots256;
    uint16_t ahead = l->white_ahead;
    if (l->lights & (1u << LIGHT_WHITE)) {
        l->white_ahead = ++ahead;
        if (ahead >= most) {
            l->is_white_resting = 1;
            l->lights = (uint8_t)(l->lights & ~(1u << LIGHT_WHITE));
            trip_guard(l);
        }
    } else if (ahead != 0) {
        l->white_ahead = --ahead;
        if (ahead <= most / 2)
            l->is_white_resting = 0;
    }
}

static void guard_red(struct lamps *l, uint16_t next_tick)
{
    if (l->red_state == RED_BURSTING && (uint16_t)(next_tick - l->red_last) > RED_GAP_SLOTS)
        lamp_guard_rest_red(l);
    else if (l->red_state == RED_RESTING && --l->red_rest == 0)
        l->red_state = RED_RESTED;
}

// Every 256 slots on average, 512 at most. Rest is at most 1,240 slots (limits.toml), so the half tick cannot wrap unseen.
void lamp_guard_round(struct lamps *l, uint16_t next_tick)
{
    if (l->resting) {
        uint8_t still = 0;
        uint8_t bit = 2;
        for (uint8_t phase = 1; phase < LAMP_PHASES; phase++, bit = (uint8_t)(bit << 1))
            if ((int16_t)(next_tick - l->ready[phase]) < 0)
                still |= bit;
        l->resting &= still;
    }
    if (l->lights) {
        uint8_t bit = 1;
        for (uint8_t light = 0; light < LIGHTS; light++, bit = (uint8_t)(bit << 1)) {
            if ((l->lights & bit) && ++l->light_rounds[light] >= LIGHT_ROUNDS_MAX(light)) {
                l->lights = (uint8_t)(l->lights & ~bit);
                trip_guard(l);
            }
        }
    }
    guard_white(l);
    guard_red(l, next_tick);
}

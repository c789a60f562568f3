#include "lamps.h"

#include "barrier.h"
#include "count.h"

extern inline uint8_t lamps_is_near_edge(const struct lamps *l);
extern inline uint8_t lamps_is_near_chip(const struct lamps *l);
extern inline uint8_t lamps_tick(struct lamps *l, uint8_t next_tick);

enum edge { EDGE_TRIGGER, EDGE_LIGHT, EDGE_DARK, EDGE_EXPOSED };

// Two edges never follow each other in neighbouring slots: each costs the interrupt time that the next slot pays back.
#define LIGHT_DELAY_SLOTS 2     // from the camera trigger to the lamp
#define EXPOSURE_MARGIN_SLOTS 4 // of the exposure that the pulse leaves dark
#define LIGHT_ROUNDS_MAX(light) ((uint16_t)(LIGHT_LIMITS[light].max_on_slots >> LIGHT_ROUND_SHIFT))
#define LIGHT_ROUND_SHIFT 8 // visible lights are counted in rounds of 256 slots

void lamps_init(struct lamps *l)
{
    memset(l, 0, sizeof *l);
}

enum lamp_refusal lamps_plan(struct lamp_schedule *s, const struct msg_lamp_run *m, uint16_t *clamped_slots)
{
    *clamped_slots = 0;
    if (m->phase_count < 1 || m->phase_count > LAMP_PHASES_MAX || m->exposure_slots <= EXPOSURE_MARGIN_SLOTS)
        return LAMP_BAD_ARGUMENT;
    if (m->period_slots < m->exposure_slots || m->period_slots - m->exposure_slots < 2)
        return LAMP_BAD_ARGUMENT;
    if (m->pulse_slots == 0 || m->period_slots < LAMP_PERIOD_MIN)
        return LAMP_BAD_ARGUMENT;

    uint16_t pulse = m->pulse_slots;
    if (pulse > m->exposure_slots - EXPOSURE_MARGIN_SLOTS) {
        pulse = (uint16_t)(m->exposure_slots - EXPOSURE_MARGIN_SLOTS);
        *clamped_slots = pulse;
    }
    uint8_t seen = 0;
    for (uint8_t i = 0; i < m->phase_count; i++) {
        uint8_t phase = m->phases[i];
        if (phase >= LAMP_PHASES)
            return LAMP_BAD_ARGUMENT;
        if (phase == 0)
            continue;
        if (seen & (1u << phase))
            return LAMP_BAD_ARGUMENT; // a lamp at most once a round: the duty check below relies on it
        seen = (uint8_t)(seen | (1u << phase));
        uint16_t longest = FLASH_U16(LAMP_LIMITS[phase].max_pulse_slots);
        if (pulse > longest) {
            pulse = longest;
            *clamped_slots = pulse;
        }
    }
    uint32_t round = (uint32_t)m->period_slots * m->phase_count;
    for (uint8_t i = 0; i < m->phase_count; i++) {
        uint8_t phase = m->phases[i];
        if (phase != 0 && (uint32_t)pulse * (FLASH_U16(LAMP_LIMITS[phase].rest_per_slot) + 1u) > round)
            return LAMP_OVER_LIMIT;
    }

    memcpy(s->phases, m->phases, sizeof s->phases);
    s->phase_count = m->phase_count;
    s->period = m->period_slots;
    s->exposure = m->exposure_slots;
    s->pulse = pulse;
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

void lamps_run(struct lamps *l, const struct lamp_schedule *s)
{
    l->has_next = 0; // the interrupt looks away while it is written
    BARRIER();
    l->next = *s;
    BARRIER();
    l->has_next = 1;
    l->is_busy = 1;
}

void lamps_play(struct lamps *l, const struct chip_sequence *s)
{
    l->is_playing = 0; // the interrupt looks away while it is written
    BARRIER();
    l->sequence = *s;
    l->chip_at = 0;
    l->chip_left = 1;
    BARRIER();
    l->is_playing = 1;
    l->is_busy = 1;
}

enum lamp_refusal lamps_set_light(struct lamps *l, const struct msg_light_set *m)
{
    if (m->light >= LIGHTS || m->is_on > 1)
        return LAMP_BAD_ARGUMENT;
    uint8_t bit = (uint8_t)(1u << m->light);
    if (!m->is_on)
        l->lights = (uint8_t)(l->lights & ~bit);
    else if (!(l->lights & bit)) {
        l->light_rounds[m->light] = 0;
        l->lights |= bit;
    }
    l->is_busy = 1;
    return LAMP_OK;
}

void lamps_stop(struct lamps *l)
{
    l->is_stopping = 1;
    l->has_next = 0;
    l->is_busy = 1;
}

void lamps_host_heard(struct lamps *l)
{
    l->silent = 0;
}

static uint8_t is_anything_on(const struct lamps *l)
{
    return l->is_running || l->is_strobe || l->is_exposing || l->lights || l->is_playing || l->has_next;
}

static void all_off(struct lamps *l)
{
    l->is_strobe = 0;
    l->is_exposing = 0;
    l->lights = 0;
    l->is_running = 0;
    l->is_playing = 0;
    l->has_next = 0;
    l->is_stopping = 0;
}

// A table: the machine shifts by one bit at a time.
static const uint8_t PHASE_BIT[LAMP_PHASES] FLASH_TABLE = {1, 2, 4, 8, 16};

static uint8_t has_rested(const struct lamps *l, uint8_t phase, uint16_t next_tick)
{
    return !(l->resting & FLASH_U8(PHASE_BIT[phase])) || (int16_t)(next_tick - l->ready[phase]) >= 0;
}

// One edge of the schedule: trigger pulse begins, lamp on, lamp off, trigger pulse ends, round and round.
static enum lamp_event_kind step_schedule(struct lamps *l, uint16_t next_tick)
{
    const struct lamp_schedule *s = &l->schedule;
    uint8_t phase = s->phases[l->phase_at];
    switch (l->edge) {
    case EDGE_TRIGGER:
        l->is_exposing = 1;
        l->select = phase;
        l->edge = EDGE_LIGHT;
        l->edge_left = LIGHT_DELAY_SLOTS;
        return LAMP_EVENT_NONE;
    case EDGE_LIGHT:
        l->planned_lit = 0;
        if (phase != 0) {
            if (has_rested(l, phase, next_tick)) {
                l->is_strobe = 1;
                l->lit = 0;
                l->lit_limit = (uint8_t)FLASH_U16(LAMP_LIMITS[phase].max_pulse_slots);
                l->planned_lit = (uint8_t)s->pulse;
            } else {
                count(&l->guard_trips);
            }
        }
        l->trigger++;
        l->edge = EDGE_DARK;
        l->edge_left = s->pulse;
        return LAMP_EVENT_EXPOSURE;
    case EDGE_DARK:
        l->is_strobe = 0;
        l->edge = EDGE_EXPOSED;
        l->edge_left = (uint16_t)(s->exposure - s->pulse - LIGHT_DELAY_SLOTS);
        return LAMP_EVENT_NONE;
    default:
        l->is_exposing = 0;
        if (++l->phase_at == s->phase_count)
            l->phase_at = 0;
        l->edge = EDGE_TRIGGER;
        l->edge_left = (uint16_t)(s->period - s->exposure);
        return LAMP_EVENT_NONE;
    }
}

static enum lamp_event_kind step_chips(struct lamps *l)
{
    uint8_t white = 1u << LIGHT_WHITE;
    if (l->chip_at == l->sequence.count) {
        l->lights = (uint8_t)(l->lights & ~white);
        l->is_playing = 0;
        l->off_reason = LAMP_OFF_CHIPS_DONE;
        return LAMP_EVENT_NONE;
    }
    if ((l->sequence.chips[l->chip_at >> 3] >> (l->chip_at & 7)) & 1) {
        if (!(l->lights & white))
            l->light_rounds[LIGHT_WHITE] = 0;
        l->lights |= white;
    } else {
        l->lights = (uint8_t)(l->lights & ~white);
    }
    l->chip_at++;
    l->chip_left = l->sequence.slots;
    return LAMP_EVENT_CHIP;
}

static void trip_guard(struct lamps *l)
{
    count(&l->guard_trips);
    l->off_reason = LAMP_OFF_GUARD;
}

static void guard_strobe(struct lamps *l, uint16_t next_tick)
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
    if (!l->is_strobe && !l->is_exposing)
        l->select = 0;
}

// Every 256 slots on average, 512 at most. Rest is at most 1,240 slots (limits.toml), so the half tick cannot wrap unseen.
static void guard_round(struct lamps *l, uint16_t next_tick)
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
}

static void adopt_next(struct lamps *l)
{
    l->has_next = 0;
    l->schedule = l->next;
    l->is_running = 1;
    l->is_strobe = 0; // a pulse that was going on ends here and is booked
    l->is_exposing = 0;
    l->phase_at = 0;
    l->trigger = 0;
    l->edge = EDGE_TRIGGER;
    l->edge_left = 2;
}

enum lamp_event_kind lamps_step(struct lamps *l, uint16_t next_tick)
{
    enum lamp_event_kind event = LAMP_EVENT_NONE;
    if (l->silent >= HOST_SILENCE_ROUNDS && is_anything_on(l)) {
        all_off(l);
        count(&l->silence_trips);
        l->off_reason = LAMP_OFF_SILENCE;
    }
    if (l->is_stopping)
        all_off(l);
    if (l->has_next)
        adopt_next(l);
    if (l->is_running && l->edge_left == 0) {
        event = step_schedule(l, next_tick);
        l->edge_span = l->edge_left;
    }
    if (l->is_playing && l->chip_left == 0) {
        if (event == LAMP_EVENT_NONE)
            event = step_chips(l);
        else
            l->chip_left = 1; // a schedule began in this very slot
    }
    guard_strobe(l, next_tick);
    if (l->rounds16 >= GUARD_ROUND && (event == LAMP_EVENT_NONE || l->rounds16 >= GUARD_ROUND_MAX)) {
        l->rounds16 = (uint8_t)(l->rounds16 - GUARD_ROUND);
        guard_round(l, next_tick);
    }
    l->is_busy = (uint8_t)(is_anything_on(l) || l->resting);
    return event;
}

void lamps_report(const struct lamps *l, enum lamp_event_kind kind, uint32_t next_tick, struct lamp_event *event)
{
    event->kind = (uint8_t)kind;
    if (kind == LAMP_EVENT_EXPOSURE) {
        event->tick = next_tick - LIGHT_DELAY_SLOTS; // when the trigger pulse began
        event->number = l->trigger - 1;
        event->value = l->schedule.phases[l->phase_at];
        event->lit_slots = l->planned_lit;
    } else {
        uint8_t at = (uint8_t)(l->chip_at - 1);
        event->tick = next_tick;
        event->number = at;
        event->value = (uint8_t)((l->sequence.chips[at >> 3] >> (at & 7)) & 1);
        event->lit_slots = 0;
    }
}

#include "lamps.h"

extern inline void lamps_wait(struct lamps *l);

void lamps_init(struct lamps *l)
{
    memset(l, 0, sizeof *l);
}

static void count(uint16_t *counter)
{
    if (*counter != 0xffff)
        (*counter)++;
}

enum lamp_refusal lamps_plan(struct lamp_schedule *s, const struct msg_lamp_run *m, uint16_t *clamped_slots)
{
    *clamped_slots = 0;
    if (m->phase_count < 1 || m->phase_count > LAMP_PHASES_MAX || m->exposure_slots < 4)
        return LAMP_BAD_ARGUMENT;
    if (m->period_slots < m->exposure_slots || m->period_slots - m->exposure_slots < 2)
        return LAMP_BAD_ARGUMENT;
    if (m->pulse_slots == 0)
        return LAMP_BAD_ARGUMENT;

    uint16_t pulse = m->pulse_slots;
    if (pulse > m->exposure_slots - 2) {
        pulse = (uint16_t)(m->exposure_slots - 2);
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
        if (pulse > LAMP_LIMITS[phase].max_pulse_slots) {
            pulse = LAMP_LIMITS[phase].max_pulse_slots;
            *clamped_slots = pulse;
        }
    }
    uint32_t round = (uint32_t)m->period_slots * m->phase_count;
    for (uint8_t i = 0; i < m->phase_count; i++) {
        uint8_t phase = m->phases[i];
        if (phase != 0 && (uint32_t)pulse * (LAMP_LIMITS[phase].rest_per_slot + 1u) > round)
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
    l->schedule = *s;
    l->is_running = 1;
    l->phase_at = 0;
    l->at = 0;
    l->trigger = 0;
    l->is_strobe = 0;
    l->is_exposing = 0;
    l->is_busy = 1;
}

void lamps_play(struct lamps *l, const struct chip_sequence *s)
{
    l->sequence = *s;
    l->is_playing = 1;
    l->chip_at = 0;
    l->chip_left = 0;
    l->is_busy = 1;
}

enum lamp_refusal lamps_set_light(struct lamps *l, const struct msg_light_set *m)
{
    if (m->light >= LIGHTS || m->is_on > 1)
        return LAMP_BAD_ARGUMENT;
    uint8_t bit = (uint8_t)(1u << m->light);
    if (!m->is_on) {
        l->lights = (uint8_t)(l->lights & ~bit);
        return LAMP_OK;
    }
    l->lights |= bit;
    l->is_busy = 1;
    return LAMP_OK;
}

void lamps_stop(struct lamps *l)
{
    l->is_running = 0;
    l->is_strobe = 0;
    l->is_exposing = 0;
    l->lights = 0;
    l->is_playing = 0;
    // `select` falls in the next step, after the strobe: what is owed is booked to the phase that was lit.
}

void lamps_host_heard(struct lamps *l)
{
    l->silent = 0;
}

static inline uint8_t is_anything_on(const struct lamps *l)
{
    return (uint8_t)(l->is_running | l->is_strobe | l->is_exposing | l->lights | l->is_playing);
}

static void step_schedule(struct lamps *l, uint32_t next_tick, struct lamp_event *event)
{
    uint8_t phase = l->schedule.phases[l->phase_at];
    if (l->at == 0) {
        l->is_exposing = 1;
        l->select = phase;
        l->exposure_tick = next_tick;
    } else if (l->at == 1) {
        uint8_t may_light = 0;
        if (phase != 0) {
            may_light = l->rest[phase] == 0;
            if (!may_light)
                count(&l->guard_trips);
        }
        l->is_strobe = may_light;
        event->kind = LAMP_EVENT_EXPOSURE;
        event->value = phase;
        event->lit_slots = may_light ? l->schedule.pulse : 0;
        event->tick = l->exposure_tick;
        event->number = l->trigger++;
    } else if (l->at == l->schedule.pulse + 1) {
        l->is_strobe = 0;
    }
    if (l->at == l->schedule.exposure)
        l->is_exposing = 0;
    if (++l->at == l->schedule.period) {
        l->at = 0;
        if (++l->phase_at == l->schedule.phase_count)
            l->phase_at = 0;
    }
}

static void step_chips(struct lamps *l, uint32_t next_tick, struct lamp_event *event)
{
    if (l->chip_left != 0) {
        l->chip_left--;
        return;
    }
    if (l->chip_at == l->sequence.count) {
        l->is_playing = 0;
        l->lights = (uint8_t)(l->lights & ~(1u << LIGHT_WHITE));
        l->off_reason = LAMP_OFF_CHIPS_DONE;
        return;
    }
    if (event->kind != LAMP_EVENT_NONE)
        return; // this slot's report is taken: the chip begins one slot later, and its tick says so
    uint8_t level = (l->sequence.chips[l->chip_at >> 3] >> (l->chip_at & 7)) & 1;
    l->lights = (uint8_t)((l->lights & ~(1u << LIGHT_WHITE)) | (unsigned)(level << LIGHT_WHITE));
    event->kind = LAMP_EVENT_CHIP;
    event->value = level;
    event->lit_slots = 0;
    event->tick = next_tick;
    event->number = l->chip_at++;
    l->chip_left = (uint16_t)(l->sequence.slots - 1);
}

static inline void pay_rest(struct lamps *l)
{
    uint8_t owed = 0;
    for (uint8_t phase = 1; phase < LAMP_PHASES; phase++) {
        uint16_t rest = l->rest[phase];
        if (rest == 0)
            continue;
        owed = 1;
        if (!(l->is_strobe && l->select == phase))
            l->rest[phase] = (uint16_t)(rest - 1);
    }
    l->is_busy = owed;
}

static inline void guard_strobe(struct lamps *l)
{
    if (l->is_strobe) {
        const struct lamp_limit *limit = &LAMP_LIMITS[l->select];
        if (l->select == 0 || l->lit >= limit->max_pulse_slots) {
            l->is_strobe = 0;
            count(&l->guard_trips);
            l->off_reason = LAMP_OFF_GUARD;
        } else {
            l->lit++;
            l->rest[l->select] = (uint16_t)(l->rest[l->select] + limit->rest_per_slot);
            return;
        }
    }
    l->lit = 0;
    if (!l->is_exposing)
        l->select = 0;
}

static void guard_lights(struct lamps *l)
{
    for (uint8_t light = 0; light < LIGHTS; light++) {
        uint8_t bit = (uint8_t)(1u << light);
        if (!(l->lights & bit)) {
            l->light_on[light] = 0;
        } else if (l->light_on[light] >= LIGHT_LIMITS[light].max_on_slots) {
            l->lights = (uint8_t)(l->lights & ~bit);
            count(&l->guard_trips);
            l->off_reason = LAMP_OFF_GUARD;
        } else {
            l->light_on[light]++;
        }
    }
}

void lamps_step(struct lamps *l, uint32_t next_tick, struct lamp_event *event)
{
    event->kind = LAMP_EVENT_NONE;
    lamps_wait(l);
    if (l->silent >= HOST_SILENCE_SLOTS && is_anything_on(l)) {
        lamps_stop(l);
        count(&l->silence_trips);
        l->off_reason = LAMP_OFF_SILENCE;
    }
    if (l->is_running)
        step_schedule(l, next_tick, event);
    if (l->is_playing)
        step_chips(l, next_tick, event);
    pay_rest(l);
    guard_strobe(l);
    guard_lights(l);
    l->is_busy |= is_anything_on(l);
}

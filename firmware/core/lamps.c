#include "lamps.h"

#include "barrier.h"
#include "count.h"
#include "lamp_guard.h"

extern inline uint8_t lamps_is_near_edge(const struct lamps *l);
extern inline uint8_t lamps_is_near_chip(const struct lamps *l);
extern inline uint8_t lamps_tick(struct lamps *l, uint8_t next_tick);

enum edge { EDGE_TRIGGER, EDGE_LIGHT, EDGE_DARK, EDGE_EXPOSED, EDGE_LIGHT_AGAIN, EDGE_DARK_AGAIN, EDGE_DONE_AGAIN };

// Two edges never follow each other in neighbouring slots: each costs the interrupt time that the next slot pays back.
#define LIGHT_DELAY_SLOTS 2 // from the camera trigger to the lamp

void lamps_init(struct lamps *l)
{
    memset(l, 0, sizeof *l);
    lamp_guard_rest_red(l); // what was before a reset is not known
}

struct lamp_schedule *lamps_next(struct lamps *l)
{
    l->has_next = 0;
    BARRIER();
    return &l->next;
}

void lamps_run(struct lamps *l)
{
    l->is_red_asked = 0;
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

enum lamp_refusal lamps_flash_red(struct lamps *l, const struct red_burst *b)
{
    if (l->red_state != RED_RESTED || l->is_red_asked || l->burst_left)
        return LAMP_RESTING;
    l->burst = *b;
    l->is_red_asked = 1;
    if (!l->is_running && !l->has_next) {
        l->next.phase_count = 0;
        l->has_next = 1;
    }
    l->is_busy = 1;
    return LAMP_OK;
}

enum lamp_refusal lamps_set_light(struct lamps *l, const struct msg_light_set *m)
{
    if (m->light >= LIGHTS || m->is_on > 1)
        return LAMP_BAD_ARGUMENT;
    uint8_t bit = (uint8_t)(1u << m->light);
    if (!m->is_on)
        l->lights = (uint8_t)(l->lights & ~bit);
    else if (m->light == LIGHT_WHITE && l->is_white_resting)
        return LAMP_OVER_LIMIT;
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
    l->is_red_asked = 0;
    l->is_busy = 1;
}

void lamps_host_heard(struct lamps *l)
{
    l->silent = 0;
}

static uint8_t is_anything_on(const struct lamps *l)
{
    return l->is_running || l->is_strobe || l->is_exposing || l->lights || l->is_playing || l->has_next ||
           l->is_red_asked;
}

static void all_off(struct lamps *l)
{
    l->is_strobe = 0;
    l->is_exposing = 0;
    l->lights = 0;
    l->is_running = 0;
    l->is_playing = 0;
    l->has_next = 0;
    l->is_red_asked = 0;
    l->burst_left = 0;
    l->edge = EDGE_TRIGGER;
    l->is_stopping = 0;
}

static void light(struct lamps *l, uint16_t next_tick)
{
    uint8_t phase = l->frame.phase;
    l->planned_lit = 0;
    if (phase == 0)
        return;
    if (!lamp_guard_may_light(l, phase, next_tick)) {
        count(&l->guard_trips);
        return;
    }
    l->is_strobe = 1;
    l->lit = 0;
    l->lit_limit = (uint8_t)FLASH_U16(LAMP_LIMITS[phase].max_pulse_slots);
    l->planned_lit = l->frame.pulse;
}

// What the exposure that comes next is like: of a red burst that begins or goes on, else of the schedule.
static void set_red_frame(struct lamps *l)
{
    struct lamp_frame *f = &l->frame;
    uint8_t left = l->burst_left;
    uint8_t behind = (uint8_t)(l->burst.count + RED_PARTNERS + 1 - left);
    uint8_t from_end = left < behind ? left : behind; // 1 the first and the last exposure, 2 their neighbours
    f->phase = 0;
    f->pulse = LAMP_PULSE_MIN;
    if (from_end > 2) {
        f->phase = LAMP_RED;
        f->pulse = l->burst.red_pulse;
    } else if (from_end == 2 && l->burst.pulse != 0) {
        f->phase = LAMP_ON_AXIS;
        f->pulse = l->burst.pulse;
    }
}

static void set_frame(struct lamps *l)
{
    const struct lamp_schedule *s = &l->schedule;
    uint8_t at = l->phase_at;
    l->frame.phase = s->phases[at];
    l->frame.pulse = l->is_short ? s->short_pulses[at] : s->pulses[at];
}

static void count_group(struct lamps *l)
{
    l->is_short = 0;
    if (l->group_left != 0 && --l->group_left == 0) {
        l->group_left = l->schedule.short_every;
        l->is_short = 1;
    }
}

// Between two groups, before the first and after a burst: what comes now, and how long its exposures are.
static void begin_group(struct lamps *l)
{
    struct lamp_frame *f = &l->frame;
    l->phase_at = 0;
    if (l->is_red_asked) {
        l->is_red_asked = 0;
        l->burst_left = (uint8_t)(l->burst.count + RED_PARTNERS);
        f->period = RED_FRAME_SLOTS;
        f->exposure = l->burst.exposure;
        set_red_frame(l);
    } else if (l->schedule.phase_count == 0) {
        l->is_running = 0; // the burst was all
    } else {
        count_group(l);
        f->period = l->schedule.period;
        f->exposure = l->schedule.exposure;
        set_frame(l);
    }
}

static void end_frame(struct lamps *l, uint16_t slots_to_next)
{
    l->edge = EDGE_TRIGGER;
    l->edge_left = slots_to_next;
    uint8_t is_in_burst = l->burst_left != 0;
    if (is_in_burst ? --l->burst_left == 0 : ++l->phase_at == l->schedule.phase_count)
        begin_group(l);
    else if (is_in_burst)
        set_red_frame(l);
    else
        set_frame(l);
}

// One edge of the schedule: trigger pulse begins, lamp on, lamp off, trigger pulse ends, round and round; a red lamp lights
// once more behind the exposure, half a period after the first time.
static enum lamp_event_kind step_schedule(struct lamps *l, uint16_t next_tick)
{
    const struct lamp_frame *f = &l->frame;
    switch (l->edge) {
    case EDGE_TRIGGER:
        l->is_exposing = 1;
        l->select = f->phase;
        l->edge = EDGE_LIGHT;
        l->edge_left = LIGHT_DELAY_SLOTS;
        return LAMP_EVENT_NONE;
    case EDGE_LIGHT:
        light(l, next_tick);
        l->trigger++;
        l->edge = EDGE_DARK;
        l->edge_left = f->pulse;
        return LAMP_EVENT_EXPOSURE;
    case EDGE_DARK:
        l->is_strobe = 0;
        l->edge = EDGE_EXPOSED;
        l->edge_left = (uint16_t)(f->exposure - f->pulse - LIGHT_DELAY_SLOTS);
        return LAMP_EVENT_NONE;
    case EDGE_EXPOSED:
        l->is_exposing = 0;
        if (f->phase != LAMP_RED) {
            end_frame(l, (uint16_t)(f->period - f->exposure));
        } else {
            l->edge = EDGE_LIGHT_AGAIN;
            l->edge_left = (uint16_t)(LIGHT_DELAY_SLOTS + RED_GAP_SLOTS - f->exposure);
        }
        return LAMP_EVENT_NONE;
    case EDGE_LIGHT_AGAIN:
        light(l, next_tick);
        l->edge = EDGE_DARK_AGAIN;
        l->edge_left = f->pulse;
        return LAMP_EVENT_NONE;
    case EDGE_DARK_AGAIN:
        l->is_strobe = 0;
        l->edge = EDGE_DONE_AGAIN; // the select line may fall when the strobe has
        l->edge_left = LIGHT_DELAY_SLOTS;
        return LAMP_EVENT_NONE;
    default:
        end_frame(l, (uint16_t)(f->period - 2 * LIGHT_DELAY_SLOTS - RED_GAP_SLOTS - f->pulse));
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
    if (((l->sequence.chips[l->chip_at >> 3] >> (l->chip_at & 7)) & 1) && !l->is_white_resting) {
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

static void adopt_next(struct lamps *l)
{
    l->has_next = 0;
    l->schedule = l->next;
    l->is_running = 1;
    l->is_strobe = 0; // a pulse that was going on ends here and is booked
    l->is_exposing = 0;
    l->group_left = l->schedule.short_every;
    l->burst_left = 0;
    l->trigger = 0;
    l->edge = EDGE_TRIGGER;
    l->edge_left = 2;
    begin_group(l);
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
    lamp_guard_strobe(l, next_tick, l->edge >= EDGE_LIGHT_AGAIN);
    return event;
}

void lamps_settle(struct lamps *l, enum lamp_event_kind event, uint16_t next_tick)
{
    if (event != LAMP_EVENT_NONE && l->rounds16 < GUARD_ROUND_MAX)
        return; // it is busy, and its report takes long enough
    if (l->rounds16 >= GUARD_ROUND) {
        l->rounds16 = (uint8_t)(l->rounds16 - GUARD_ROUND);
        lamp_guard_round(l, next_tick);
    }
    if (!l->is_running) // else it is busy
        l->is_busy = (uint8_t)(is_anything_on(l) || l->resting || l->white_ahead != 0);
}

void lamps_report(const struct lamps *l, enum lamp_event_kind kind, uint16_t next_tick, struct lamp_event *event)
{
    event->kind = (uint8_t)kind;
    if (kind == LAMP_EVENT_EXPOSURE) {
        event->tick = (uint16_t)(next_tick - LIGHT_DELAY_SLOTS); // when the trigger pulse began
        event->number = l->trigger - 1;
        event->value = l->frame.phase;
        event->lit_slots = l->planned_lit;
    } else {
        uint8_t at = (uint8_t)(l->chip_at - 1);
        event->tick = next_tick;
        event->number = at;
        event->value = (uint8_t)((l->sequence.chips[at >> 3] >> (at & 7)) & 1);
        event->lit_slots = 0;
    }
}

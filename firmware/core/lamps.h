// Lamp schedule, chip sequence and guard. Every slot lamps_tick counts down and says whether anything is due; then
// lamps_step decides which levels the outputs take at the NEXT slot boundary, and the board turns the timed ones into
// output-compare edges. The guard does not trust the schedule: it counts lit slots and owes rest after each pulse, whatever
// the host asked for.
#ifndef CORE_LAMPS_H
#define CORE_LAMPS_H

#include <stdint.h>

#include "limits.h"
#include "messages.h"

#define LAMP_GROUP_MAX 6 // exposures of a group
#define LAMP_PULSE_MIN 2 // slots: so that no two edges are neighbours
#define CHIPS_MAX 128
#define GUARD_ROUND 16 // of 16 slots
#define GUARD_ROUND_MAX 32
#define LAMP_CALM_SLOTS 4                   // that long the interrupt pays back what an edge took
#define LAMP_PERIOD_MIN 32                  // so that a schedule leaves room for chips
#define RED_FRAME_SLOTS (2 * RED_GAP_SLOTS) // from trigger to trigger in a burst: two red pulses each
#define RED_PARTNERS 4                      // exposures of a burst that are not red
#define RED_COUNT_MAX (RED_BURST_SLOTS / RED_FRAME_SLOTS - RED_PARTNERS)
#define HOST_SILENCE_ROUNDS (HOST_SILENCE_SLOTS / 16 - 1) // of 16 slots; the last one may have begun before

enum lamp_refusal {
    LAMP_OK = 0,
    LAMP_BAD_ARGUMENT = 1,
    LAMP_OVER_LIMIT = 2,
    LAMP_NOT_DECLARED = 3,
    LAMP_RESTING = 4,
};
enum lamp_off_reason { LAMP_OFF_NONE = 0, LAMP_OFF_SILENCE = 1, LAMP_OFF_GUARD = 2, LAMP_OFF_CHIPS_DONE = 3 };
enum { LIGHT_WHITE = 0, LIGHT_AIM = 1 };

enum lamp_event_kind { LAMP_EVENT_NONE, LAMP_EVENT_EXPOSURE, LAMP_EVENT_CHIP };

struct lamp_event {
    uint8_t kind;
    uint8_t value; // phase, or level of the chip
    uint8_t lit_slots;
    uint16_t tick;   // low half: it is told within two seconds
    uint32_t number; // trigger, or chip index
};

// A checked schedule; made by lamps_plan.
struct lamp_schedule {
    uint8_t phase_count; // 0: nothing but a red burst
    uint8_t phases[LAMP_GROUP_MAX];
    uint8_t pulses[LAMP_GROUP_MAX];
    uint8_t short_pulses[LAMP_GROUP_MAX];
    uint8_t short_every; // groups; 0 none is short
    uint16_t period;
    uint16_t exposure;
};

// A checked burst: dark, on_axis, red ..., on_axis, dark; made by lamps_plan_red.
struct red_burst {
    uint8_t count; // red exposures
    uint8_t red_pulse;
    uint8_t pulse; // of the two on_axis exposures; 0: dark
    uint16_t exposure;
};

// What the exposure that is going on, or comes next, is like.
struct lamp_frame {
    uint8_t phase;
    uint8_t pulse;
    uint16_t period;
    uint16_t exposure;
};

// Red lights in bursts: its pulses are no further apart than RED_GAP_SLOTS, or RED_REST_SLOTS at least.
enum red_state { RED_RESTED, RED_BURSTING, RED_RESTING };

struct chip_sequence {
    uint8_t count;
    uint16_t slots;
    uint8_t chips[CHIPS_MAX / 8];
};

struct lamps {
    // levels for the next boundary
    uint8_t select; // phase whose select line is high, 0 none
    uint8_t is_strobe;
    uint8_t is_exposing;
    uint8_t lights; // bit per light
    // counted every slot
    uint8_t is_busy;    // something is on, playing or owed
    uint8_t lit;        // slots of the pulse that is going on
    uint8_t lit_limit;  // where the guard cuts it
    uint8_t silent;     // rounds of 16 slots since the host was heard
    uint8_t rounds16;   // of 16 slots since the guard's last round
    uint16_t edge_left; // slots to the next edge of the schedule
    uint16_t edge_span; // what edge_left began with
    uint16_t chip_left; // slots to the next chip
    uint8_t is_running;
    uint8_t is_playing;
    // asked for by the host, done in the next step
    uint8_t is_stopping;
    uint8_t has_next;
    struct lamp_schedule next;
    uint8_t is_red_asked;
    struct red_burst burst;
    // schedule
    uint8_t edge; // what comes next
    uint8_t phase_at;
    uint8_t group_left; // groups to the next short one
    uint8_t is_short;   // the group that is going on
    uint8_t burst_left; // exposures of a red burst, the one that is going on or comes next included; 0 none
    uint8_t planned_lit;
    struct lamp_frame frame;
    struct lamp_schedule schedule;
    uint32_t trigger;
    // chips
    uint8_t chip_at;
    struct chip_sequence sequence;
    // guard
    uint8_t resting;             // bit per phase: rest may still be owed
    uint16_t ready[LAMP_PHASES]; // low half of the tick from which the phase may light again, where resting
    uint8_t red_state;
    uint16_t red_rest;  // rounds of 256 slots to go
    uint16_t red_began; // low half of the tick of the burst's first pulse
    uint16_t red_last;  // and of its last
    uint16_t light_rounds[LIGHTS];
    uint16_t white_ahead;     // rounds of 256 slots by which on has run ahead of off
    uint8_t is_white_resting; // used up: dark until half of it is paid back
    uint16_t guard_trips;
    uint16_t silence_trips;
    uint8_t off_reason; // set when lamps went off by themselves; the caller clears it
};

void lamps_init(struct lamps *l);

// Checks a schedule against limits.toml; pulses that are too long are shortened and the shortest of those returned in
// `clamped_slots` (else 0). Red is refused: in a schedule it would flicker.
enum lamp_refusal lamps_plan(struct lamp_schedule *s, const struct msg_lamp_run *m, uint16_t *clamped_slots);

// Likewise a red burst; refused without the declaration. Whether red has rested is asked when it is to begin.
enum lamp_refusal lamps_plan_red(struct red_burst *b, const struct msg_red_burst *m, uint16_t *clamped_slots);

enum lamp_refusal lamps_plan_chips(struct chip_sequence *s, const struct msg_stimulus_run *m);

// Where the next schedule is planned: the interrupt looks away until lamps_run begins it, with the next step. What was there
// before has been adopted within a slot.
struct lamp_schedule *lamps_next(struct lamps *l);
void lamps_run(struct lamps *l);
// Likewise a planned sequence. What the guard is owed stays owed. These may be called with interrupts on: to copy with them off
// would keep the slot interrupt and the receiver waiting.
void lamps_play(struct lamps *l, const struct chip_sequence *s);

// Begin a planned burst before the next group of the schedule that is running, or alone. With interrupts off.
enum lamp_refusal lamps_flash_red(struct lamps *l, const struct red_burst *b);

enum lamp_refusal lamps_set_light(struct lamps *l, const struct msg_light_set *m);

// Everything off with the next step. The guard keeps what is owed.
void lamps_stop(struct lamps *l);

// An accepted message came: the host is there.
void lamps_host_heard(struct lamps *l);

// Whether the schedule has an edge, or a chip begins, in the slots just before or after.
inline uint8_t lamps_is_near_edge(const struct lamps *l)
{
    return l->is_running && (l->edge_left < LAMP_CALM_SLOTS || l->edge_span - l->edge_left < LAMP_CALM_SLOTS);
}
inline uint8_t lamps_is_near_chip(const struct lamps *l)
{
    return l->is_playing && (l->chip_left < LAMP_CALM_SLOTS || l->sequence.slots - l->chip_left < LAMP_CALM_SLOTS);
}

// One slot that ends at the boundary `next_tick` (low half). Returns 1 when lamps_step must be called for it. What takes
// long and can wait a little (chips, the guard's round) keeps away from what takes long and cannot (edges).
inline uint8_t lamps_tick(struct lamps *l, uint8_t next_tick)
{
    uint8_t is_due = 0;
    if ((next_tick & 15) == 0) {
        if (l->silent < HOST_SILENCE_ROUNDS)
            l->silent++;
        else
            is_due = 1;
        l->rounds16++;
        if (l->rounds16 >= GUARD_ROUND_MAX ||
            (l->rounds16 >= GUARD_ROUND && !lamps_is_near_edge(l) && !lamps_is_near_chip(l)))
            is_due = 1;
    }
    if (!l->is_busy)
        return is_due && l->red_state != RED_RESTED; // of what is owed, red's rest alone is counted beside nothing else
    if (l->is_strobe && ++l->lit >= l->lit_limit)
        is_due = 1;
    if (l->is_running && --l->edge_left == 0)
        is_due = 1;
    if (l->is_playing && --l->chip_left == 0) {
        if (lamps_is_near_edge(l))
            l->chip_left = 1;
        else
            is_due = 1;
    }
    return (uint8_t)(is_due | l->is_stopping | l->has_next);
}

// Decides the levels from the boundary `next_tick` on. Returns the kind of event that happened, mostly none.
enum lamp_event_kind lamps_step(struct lamps *l, uint16_t next_tick);

// What can wait until the timed edges are set: the guard's round, which may put lights out, and whether anything is left to
// do. Follows each lamps_step, with what that returned.
void lamps_settle(struct lamps *l, enum lamp_event_kind event, uint16_t next_tick);

// The report of an event of `kind`, at the boundary for which lamps_step returned it.
void lamps_report(const struct lamps *l, enum lamp_event_kind kind, uint16_t next_tick, struct lamp_event *event);

#endif

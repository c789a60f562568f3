// Lamp schedule, chip sequence and guard. lamps_step runs once per slot in the sampling interrupt and says which levels
// the outputs take at the NEXT slot boundary; the board turns the timed ones into output-compare edges. The guard does not
// trust the schedule: it counts every lit slot and owes rest after each pulse, whatever the host asked for.
#ifndef CORE_LAMPS_H
#define CORE_LAMPS_H

#include <stdint.h>

#include "limits.h"
#include "messages.h"

#define LAMP_PHASES_MAX 5
#define CHIPS_MAX 128

enum lamp_refusal { LAMP_OK = 0, LAMP_BAD_ARGUMENT = 1, LAMP_OVER_LIMIT = 2 };
enum lamp_off_reason { LAMP_OFF_NONE = 0, LAMP_OFF_SILENCE = 1, LAMP_OFF_GUARD = 2, LAMP_OFF_CHIPS_DONE = 3 };
enum { LIGHT_WHITE = 0, LIGHT_AIM = 1 };

enum lamp_event_kind { LAMP_EVENT_NONE, LAMP_EVENT_EXPOSURE, LAMP_EVENT_CHIP };

struct lamp_event {
    uint8_t kind;
    uint8_t value; // phase, or level of the chip
    uint16_t lit_slots;
    uint32_t tick;
    uint32_t number; // trigger, or chip index
};

// A checked schedule; made by lamps_plan with interrupts on, adopted with them off.
struct lamp_schedule {
    uint8_t phase_count;
    uint8_t phases[LAMP_PHASES_MAX];
    uint16_t period;
    uint16_t exposure;
    uint16_t pulse;
};

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
    // schedule
    uint8_t is_running;
    uint8_t phase_at;
    uint16_t at; // slot inside the period
    uint32_t trigger;
    uint32_t exposure_tick;
    struct lamp_schedule schedule;
    // chips
    uint8_t is_playing;
    uint8_t chip_at;
    uint16_t chip_left;
    struct chip_sequence sequence;
    // guard
    uint16_t lit;
    uint16_t rest[LAMP_PHASES];
    uint32_t light_on[LIGHTS];
    uint8_t is_busy; // something is on, playing or owed: the step has work to do
    uint16_t silent;
    uint16_t guard_trips;
    uint16_t silence_trips;
    uint8_t off_reason; // set when lamps went off by themselves; the caller clears it
};

void lamps_init(struct lamps *l);

// Checks a schedule against limits.toml; a pulse that is too long is shortened and its length returned in
// `clamped_slots` (else 0).
enum lamp_refusal lamps_plan(struct lamp_schedule *s, const struct msg_lamp_run *m, uint16_t *clamped_slots);

enum lamp_refusal lamps_plan_chips(struct chip_sequence *s, const struct msg_stimulus_run *m);

// Begin a planned schedule or sequence at the next boundary. What the guard is owed stays owed.
void lamps_run(struct lamps *l, const struct lamp_schedule *s);
void lamps_play(struct lamps *l, const struct chip_sequence *s);

enum lamp_refusal lamps_set_light(struct lamps *l, const struct msg_light_set *m);

// Everything off at the next boundary. The guard keeps what is owed.
void lamps_stop(struct lamps *l);

// An accepted message came: the host is there.
void lamps_host_heard(struct lamps *l);

// One slot while nothing is busy: only the host's silence goes on.
inline void lamps_wait(struct lamps *l)
{
    if (l->silent < HOST_SILENCE_SLOTS)
        l->silent++;
}

// One slot. `next_tick` is the boundary the levels apply to. Fills `event` (kind NONE mostly).
void lamps_step(struct lamps *l, uint32_t next_tick, struct lamp_event *event);

#endif

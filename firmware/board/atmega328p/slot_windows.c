// What becomes of the detector's samples: statistics window by window, two in turn, or one gapless raw run in the memory of
// both. The interrupt fills, the loop takes.
#include "slots.h"

#include <util/atomic.h>

#include "uart.h"

static struct envelope windows[2];
#define RAW_SAMPLES ((uint8_t *)windows) // a raw run has their memory while they stand still
#define RAW_SETTLE_SLOTS 3
_Static_assert(sizeof windows >= RAW_SAMPLES_MAX, "a raw run must fit");
struct envelope_threshold threshold;
struct envelope *open_window;
volatile uint8_t rf_mode;
uint16_t window_left;
uint16_t dropped_windows;
static volatile uint8_t is_full[2]; // finished, belongs to main
static uint8_t window_at;
static uint16_t window_slots;
static uint16_t window_index;
static uint8_t raw_dropped;
static uint16_t raw_total;
static uint16_t raw_at;   // next sample to write, then next to send
static uint16_t raw_wait; // slots until it begins without a trigger
static uint32_t raw_tick;
static uint8_t raw_settling; // slots until the converter has its new pace
static uint8_t is_raw_late;

RARE finish_window(void)
{
    if (open_window) {
        envelope_close(open_window, threshold.is_burst);
        is_full[window_at] = 1;
        window_at ^= 1;
    } else {
        count(&dropped_windows);
    }
    window_index++;
    window_left = window_slots;
    open_window = is_full[window_at] ? 0 : &windows[window_at];
    if (open_window) {
        open_window->tick = slot_tick;
        open_window->index = window_index;
    }
    uart_relieve();
}

RARE add_raw(uint8_t is_converted, uint16_t counts)
{
    if (rf_mode == RF_RAW_ARMED) {
        if (raw_settling != 0) {
            raw_settling--;
            return;
        }
        if (raw_wait != 0 && (!is_converted || counts >= threshold.below)) {
            raw_wait--;
            return;
        }
        raw_tick = slot_tick - 1;
        rf_mode = RF_RAW_RUNNING;
    } else if (rf_mode != RF_RAW_RUNNING) {
        return;
    }
    if (is_converted) {
        RAW_SAMPLES[raw_at] = (uint8_t)(counts >> 2);
    } else {
        RAW_SAMPLES[raw_at] = raw_at ? RAW_SAMPLES[raw_at - 1] : 0xff;
        if (raw_dropped != 0xff)
            raw_dropped++;
    }
    if (++raw_at == raw_total) {
        raw_at = 0;
        rf_mode = RF_RAW_DONE;
        slots_sample(SAMPLE_USUAL);
    }
}

void slots_rf_start(const struct msg_rf_start *m)
{
    slots_rf_stop();
    envelope_clear(&windows[0]);
    envelope_clear(&windows[1]);
    threshold.below = m->burst_below_counts;
    threshold.end = (uint16_t)(m->burst_below_counts + m->hysteresis_counts);
    threshold.is_burst = 0;
    window_slots = m->window_slots;
    window_left = m->window_slots;
    window_index = 0;
    window_at = 0;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        open_window = &windows[0];
        open_window->tick = slot_tick; // the first sample is the conversion of the slot that is going on
        rf_mode = RF_WINDOWS;
    }
}

void slots_rf_stop(void)
{
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        rf_mode = RF_OFF;
        open_window = 0;
        is_full[0] = 0;
        is_full[1] = 0;
        slots_sample(SAMPLE_USUAL);
    }
}

void slots_rf_raw(const struct msg_rf_raw *m)
{
    slots_rf_stop();
    threshold.below = m->trigger_below_counts;
    raw_total = m->samples;
    raw_wait = m->trigger_below_counts > 1023 ? 0 : m->wait_slots;
    raw_at = 0;
    raw_dropped = 0;
    // Lines of PAL come once in two slots: always at one place in the slot, samples would miss them where they cross
    // their mean. So every other run is half a slot later, a quarter of a line.
    slots_sample(is_raw_late && !slots_is_lamp_running() ? SAMPLE_RAW_LATE : SAMPLE_RAW);
    is_raw_late ^= 1;
    raw_settling = RAW_SETTLE_SLOTS;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        rf_mode = RF_RAW_ARMED;
    }
}

const uint8_t *slots_take_raw(struct raw_piece *piece)
{
    if (rf_mode != RF_RAW_DONE)
        return 0;
    uint16_t left = raw_total - raw_at;
    uint16_t offset = raw_at;
    piece->tick = raw_tick;
    piece->total = raw_total;
    piece->offset = offset;
    piece->dropped = raw_dropped;
    piece->count = left < RAW_PIECE ? (uint8_t)left : RAW_PIECE;
    raw_at = offset + piece->count;
    if (raw_at == raw_total)
        rf_mode = RF_OFF; // what was taken stands there until the next command
    return RAW_SAMPLES + offset;
}

struct envelope *slots_full_window(void)
{
    for (uint8_t i = 0; i < 2; i++)
        if (is_full[i])
            return &windows[i];
    return 0;
}

uint16_t slots_window_slots(void)
{
    return window_slots;
}

void slots_free_window(struct envelope *window)
{
    envelope_clear(window);
    is_full[window - windows] = 0;
}

// The slot interrupt: timer 1 divides time into slots of 512 cycles (32 us). At the beginning of slot n (compare B, four
// cycles in) the timer itself starts a conversion; the interrupt at the same boundary collects the conversion of slot n-1
// and programs the output-compare edges of boundary n+1. So samples and lamp edges are exact to the cycle however late the
// interrupt comes, as long as it comes within its slot. Timer 2 counts slots independently: an interrupt that came too
// late for its slot is noticed, the tick corrected and the loss counted. Allocation of timers and pins: ../../README.md.
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "board.h"
#include "pins.h"

#define SLOT_CYCLES 512
#define TRIGGER_CYCLES 4 // into the slot: the emulator skips a compare that an instruction at the boundary reaches over
#define ADC_ON (_BV(ADEN) | _BV(ADATE) | _BV(ADPS2) | _BV(ADPS0)) // clock / 32 = 500 kHz: a conversion takes 432 cycles
#define WITNESS_PER_SLOT 2                                        // timer 2 at clock / 256
#define WITNESS_SLOTS (256 / WITNESS_PER_SLOT)

static volatile uint32_t tick; // slot that is going on
static uint16_t dropped_samples;
static uint16_t missed_slots;
static uint16_t dropped_windows;
static uint16_t dropped_events;

static struct envelope windows[2];
#define RAW_SAMPLES ((uint8_t *)windows) // a raw run has their memory while they stand still
_Static_assert(sizeof windows >= RAW_SAMPLES_MAX, "a raw run must fit");
static struct envelope_threshold threshold;
static struct envelope *open_window; // null: not measuring, or waiting for a free one
enum rf_mode { RF_OFF, RF_WINDOWS, RF_RAW_ARMED, RF_RAW_RUNNING, RF_RAW_DONE };
static volatile uint8_t rf_mode;
static uint8_t raw_dropped;
static uint16_t raw_total;
static uint16_t raw_at;   // next sample to write, then next to send
static uint16_t raw_wait; // slots until it begins without a trigger
static uint32_t raw_tick;
static volatile uint8_t is_full[2]; // finished, belongs to main
static uint8_t window_at;
static uint16_t window_slots;
static uint16_t window_left;
static uint16_t window_index;

// Slots given to other channels. Every AUX_EVERY slots one of them may have its turn: aux_at 0 is the time between, then
// it counts the conversions of the channel, whose last one is used.
#define AUX_EVERY 25
#define AUX_NONE 0xff
#define AUX_BANDGAP 14     // the controller's own 1.1 V
#define AUX_SETTLE_SLOTS 4 // what is slow: battery divider, temperature sensor, bandgap
#define AUX_CLEAR_SLOTS (AUX_SETTLE_SLOTS + 4)
static const uint8_t HOUSEKEEPING_ADC[HOUSEKEEPING_VALUES] = {BATTERY_ADC, AUX_BANDGAP, TEMPERATURE_ADC};
static uint8_t aux_left = AUX_EVERY;
static uint8_t aux_at;
static uint8_t aux_slots;
static uint8_t aux_channel;
static uint32_t given_slots;
static uint16_t house_values[HOUSEKEEPING_VALUES];
static volatile uint8_t house_at; // next value to read; HOUSEKEEPING_VALUES: all are there
static uint32_t block_began;
static uint8_t block_lines;
static struct tuner tuner;

static struct lamps lamps;
static struct lamp_event events[SLOT_EVENTS];
static volatile uint8_t event_head;
static volatile uint8_t event_tail;

static inline void count(uint16_t *counter)
{
    if (*counter != 0xffff)
        (*counter)++;
}

static uint8_t witness_now(void)
{
    return TCNT2 / WITNESS_PER_SLOT;
}

void slots_init(void)
{
    lamps_init(&lamps);

    ADMUX = LOG_DETECTOR_ADC; // reference AREF
    DIDR0 = _BV(ADC0D) | _BV(ADC1D);
    TCCR0A = 0;
    TCCR0B = _BV(CS02) | _BV(CS01) | _BV(CS00); // counts rising edges of T0: the sync separator
    ADCSRB = _BV(ADTS2) | _BV(ADTS0);           // timer 1 compare B
    ADCSRA = ADC_ON | _BV(ADSC);                // the first conversion after switching on is longer: get it over with
    while (ADCSRA & _BV(ADSC))
        ;
    ADCSRA = ADC_ON | _BV(ADIF);

    GTCCR = _BV(TSM) | _BV(PSRASY) | _BV(PSRSYNC); // hold the prescalers
    TCCR2A = 0;
    TCCR2B = _BV(CS22) | _BV(CS21); // clock / 256
    TCNT2 = 0;
    OCR1A = SLOT_CYCLES - 1;
    OCR1B = TRIGGER_CYCLES;
    TCCR1A = _BV(COM1A1) | _BV(COM1B1) | _BV(COM1B0); // strobe falls, camera trigger rises at their compares
    TCCR1B = _BV(WGM12) | _BV(CS10);                  // clear on compare A, clock / 1
    TCNT1 = SLOT_CYCLES - 16;                         // a boundary lies just after every other count of timer 2
    TIFR1 = _BV(OCF1A) | _BV(OCF1B);
    TIMSK1 = _BV(OCIE1A);
    GTCCR = 0;
}

// What happens rarely stays out of line: an interrupt saves every register that any of its inlined parts needs.
#define RARE static __attribute__((noinline)) void

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
        open_window->tick = tick;
        open_window->index = window_index;
    }
}

RARE put_event(enum lamp_event_kind kind)
{
    uint8_t next = (uint8_t)((event_head + 1) % SLOT_EVENTS);
    if (next == event_tail) {
        count(&dropped_events);
        return;
    }
    lamps_report(&lamps, kind, tick + 1, &events[event_head]);
    event_head = next;
}

RARE set_select(uint8_t phase)
{
    static const uint8_t BIT_B[LAMP_PHASES] = {[2] = _BV(SELECT_OFF_AXIS_BIT)};
    static const uint8_t BIT_C[LAMP_PHASES] = {[3] = _BV(SELECT_MIDDLE_RING_BIT), [4] = _BV(SELECT_RED_BIT)};
    static const uint8_t BIT_D[LAMP_PHASES] = {[1] = _BV(SELECT_ON_AXIS_BIT)};
    PORTB = (uint8_t)((PORTB & ~_BV(SELECT_OFF_AXIS_BIT)) | BIT_B[phase]);
    PORTC = (uint8_t)((PORTC & ~(_BV(SELECT_MIDDLE_RING_BIT) | _BV(SELECT_RED_BIT))) | BIT_C[phase]);
    PORTD = (uint8_t)((PORTD & ~_BV(SELECT_ON_AXIS_BIT)) | BIT_D[phase]);
}

RARE set_lights(uint8_t lights)
{
    uint8_t port = (uint8_t)(PORTD & ~(_BV(WHITE_BIT) | _BV(AIM_BIT)));
    if (lights & _BV(LIGHT_WHITE))
        port |= _BV(WHITE_BIT);
    if (lights & _BV(LIGHT_AIM))
        port |= _BV(AIM_BIT);
    PORTD = port;
}

RARE step_lamps(void)
{
    static uint8_t shown_select;
    static uint8_t shown_lights;
    enum lamp_event_kind kind = lamps_step(&lamps, (uint16_t)(tick + 1));

    // What the two compares of the next boundary do: set or clear their pins, nothing in between.
    uint8_t edges = _BV(COM1A1) | _BV(COM1B1);
    if (lamps.is_strobe)
        edges |= _BV(COM1A0);
    if (!lamps.is_exposing)
        edges |= _BV(COM1B0);
    TCCR1A = edges;
    if (lamps.select != shown_select) {
        shown_select = lamps.select;
        set_select(shown_select);
    }
    if (lamps.lights != shown_lights) {
        shown_lights = lamps.lights;
        set_lights(shown_lights);
    }
    if (kind != LAMP_EVENT_NONE)
        put_event(kind);
    if (aux_left == 1 && aux_at == 0)
        aux_left = 2; // no turn begins in a slot that is long anyway
}

// Slots were missed in a turn: which conversion was whose is unknown. The one at hand and the next are given away.
static void break_aux(void)
{
    aux_channel = AUX_NONE;
    aux_slots = 2;
    aux_at = 2;
    aux_left = 1;
}

// `late` counts slots modulo 128. More than half of that is a step back: the one before was taken for late in the last
// cycles of its slot.
RARE catch_up(uint8_t late)
{
    if (late > WITNESS_SLOTS / 2) {
        uint8_t early = (uint8_t)(WITNESS_SLOTS - late);
        tick -= early;
        return;
    }
    tick += late;
    if (aux_at != 0)
        break_aux();
    while (late--) {
        count(&missed_slots);
        count(&dropped_samples);
        if (open_window && window_left > 1) {
            envelope_drop(open_window);
            window_left--;
        }
    }
}

// The channel that has its turn, or AUX_NONE.
static uint8_t next_channel(void)
{
    aux_slots = AUX_SETTLE_SLOTS;
    if (rf_mode > RF_WINDOWS) // a raw run has no gaps
        return AUX_NONE;
    if (house_at < HOUSEKEEPING_VALUES)
        return HOUSEKEEPING_ADC[house_at];
    aux_slots = 1;
    return tuner.state == TUNER_HEARING ? TUNER_RSSI_ADC : AUX_NONE;
}

static void count_lines(void)
{
    uint16_t slots = (uint16_t)(tick - block_began);
    if (slots < TUNER_BLOCK_SLOTS)
        return;
    uint8_t now = TCNT0;
    tuner_block(&tuner, tick, slots, (uint8_t)(now - block_lines));
    block_lines = now;
    block_began = tick;
}

// Whether lamps or windows take their time before a turn would be over.
static uint8_t is_long_slot(void)
{
    return (lamps.is_running && lamps.edge_left <= AUX_CLEAR_SLOTS) ||
           (lamps.is_playing && lamps.chip_left <= AUX_CLEAR_SLOTS) ||
           (rf_mode == RF_WINDOWS && window_left <= AUX_CLEAR_SLOTS);
}

// The next conversion began before ADMUX was written: whose it is is unknown, so it is nobody's.
static uint8_t is_too_late(void)
{
    return TIFR1 & _BV(OCF1A);
}

// Comes when aux_left ran out: returns 1 when the conversion at hand was given to another channel.
static __attribute__((noinline)) uint8_t step_aux(uint16_t counts)
{
    uint8_t is_given = aux_at > 1;
    if (aux_at == 0) {
        if (is_long_slot()) {
            aux_left = 1; // in the next one
            return 0;
        }
        count_lines();
        aux_channel = next_channel();
        if (aux_channel == AUX_NONE) {
            aux_left = AUX_EVERY;
            return 0;
        }
        ADMUX = aux_channel; // of the next conversion: the one that is going on began long enough ago
        if (is_too_late()) {
            ADMUX = LOG_DETECTOR_ADC;
            aux_channel = AUX_NONE;
            aux_slots = 1;
        }
    } else if (aux_at == aux_slots) {
        ADMUX = LOG_DETECTOR_ADC;
        if (is_too_late()) {
            aux_channel = AUX_NONE;
            aux_slots++;
        }
    }
    if (aux_at <= aux_slots) {
        aux_at++;
        aux_left = 1;
    } else {
        if (aux_channel == TUNER_RSSI_ADC)
            tuner_rssi(&tuner, counts);
        else if (aux_channel != AUX_NONE)
            house_values[house_at++] = counts;
        aux_at = 0;
        aux_left = (uint8_t)(AUX_EVERY - aux_slots - 1);
    }
    if (is_given)
        given_slots++;
    return is_given;
}

RARE add_raw(uint8_t is_converted, uint16_t counts)
{
    if (rf_mode == RF_RAW_ARMED) {
        if (raw_wait != 0 && (!is_converted || counts >= threshold.below)) {
            raw_wait--;
            return;
        }
        raw_tick = tick - 1;
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
    }
}

ISR(TIMER1_COMPA_vect)
{
    uint8_t is_converted = ADCSRA & _BV(ADIF);
    uint16_t counts = ADC;
    ADCSRA = ADC_ON | _BV(ADIF);
    TIFR1 = _BV(OCF1B); // the trigger is the rising edge of this flag
    uint32_t now = tick + 1;
    tick = now;
    // Timer 2 showed 0 at the first boundary, which made the tick 1.
    uint8_t late = (uint8_t)((witness_now() + 1 - (uint8_t)now) & (WITNESS_SLOTS - 1));
    if (late != 0) {
        catch_up(late);
        now = tick;
    }
    if (lamps_tick(&lamps, (uint8_t)(now + 1)))
        step_lamps(); // its edges must be set before the next boundary
    if (--aux_left == 0 && step_aux(counts)) {
        is_converted = 0;
        if (rf_mode == RF_WINDOWS) {
            if (open_window)
                envelope_skip(open_window);
            if (--window_left == 0)
                finish_window();
            return;
        }
    }
    if (rf_mode == RF_WINDOWS) {
        if (!is_converted) {
            count(&dropped_samples);
            if (open_window)
                envelope_drop(open_window);
        } else if (open_window) {
            envelope_add(open_window, &threshold, counts);
        }
        if (--window_left == 0)
            finish_window();
    } else if (rf_mode != RF_OFF) {
        add_raw(is_converted, counts);
    }
}

uint32_t slots_tick(void)
{
    uint32_t now;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        now = tick;
    }
    return now;
}

void slots_counters_read(struct slot_counters *out)
{
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        out->dropped_samples = dropped_samples;
        out->missed_slots = missed_slots;
        out->dropped_windows = dropped_windows;
        out->dropped_events = dropped_events;
        out->guard_trips = lamps.guard_trips;
        out->silence_trips = lamps.silence_trips;
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
        open_window->tick = tick; // the first sample is the conversion of the slot that is going on
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
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        rf_mode = RF_RAW_ARMED;
    }
}

uint8_t slots_take_raw(struct msg_rf_samples *m)
{
    if (rf_mode != RF_RAW_DONE)
        return 0;
    m->tick = raw_tick;
    m->total = raw_total;
    m->offset = raw_at;
    m->dropped = raw_dropped;
    m->count = 0;
    memset(m->quarter_counts, 0, sizeof m->quarter_counts);
    while (m->count < sizeof m->quarter_counts && raw_at < raw_total)
        m->quarter_counts[m->count++] = RAW_SAMPLES[raw_at++];
    if (raw_at == raw_total)
        rf_mode = RF_OFF;
    return 1;
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

struct tuner *slots_tuner(void)
{
    return &tuner;
}

void slots_house_begin(void)
{
    house_at = 0;
}

uint8_t slots_take_house(struct msg_housekeeping *m)
{
    if (house_at != HOUSEKEEPING_VALUES)
        return 0;
    m->battery_counts = house_values[0];
    m->bandgap_counts = house_values[1];
    m->temperature_counts = house_values[2];
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        m->tick = tick;
        m->given_slots = given_slots;
    }
    return 1;
}

uint8_t slots_take_event(struct lamp_event *event)
{
    uint8_t tail = event_tail;
    if (tail == event_head)
        return 0;
    *event = events[tail];
    event_tail = (uint8_t)((tail + 1) % SLOT_EVENTS);
    return 1;
}

uint8_t slots_take_lamps_off(uint32_t *at)
{
    uint8_t reason;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        reason = lamps.off_reason;
        lamps.off_reason = LAMP_OFF_NONE;
        *at = tick;
    }
    return reason;
}

void slots_lamps_run(const struct lamp_schedule *s)
{
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        lamps_run(&lamps, s);
    }
}

void slots_stimulus_run(const struct chip_sequence *s)
{
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        lamps_play(&lamps, s);
    }
}

enum lamp_refusal slots_light_set(const struct msg_light_set *m)
{
    enum lamp_refusal refusal;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        refusal = lamps_set_light(&lamps, m);
    }
    return refusal;
}

void slots_lamps_stop(void)
{
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        lamps_stop(&lamps);
    }
}

void slots_host_heard(void)
{
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        lamps_host_heard(&lamps);
    }
}

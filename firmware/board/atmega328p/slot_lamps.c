// The lamps' edges and lines: asks core/lamps.c what is due at the next boundary and programs it; keeps the reports of
// exposures and chips until the loop takes them.
#include "slots.h"

#include <avr/io.h>
#include <util/atomic.h>

#include "core/flash_table.h"
#include "pins.h"
#include "uart.h"

struct lamps lamps;
uint16_t dropped_events;
static struct lamp_event events[SLOT_EVENTS];
static volatile uint8_t event_head;
static volatile uint8_t event_tail;

static RARE put_event(enum lamp_event_kind kind)
{
    uint8_t next = (uint8_t)((event_head + 1) % SLOT_EVENTS);
    if (next == event_tail) {
        count(&dropped_events);
        return;
    }
    lamps_report(&lamps, kind, (uint16_t)(slot_tick + 1), &events[event_head]);
    event_head = next;
}

static RARE set_select(uint8_t phase)
{
    static const uint8_t OF_PHASE_B[LAMP_PHASES] FLASH_TABLE = SELECTS_B_OF_PHASE;
    static const uint8_t OF_PHASE_C[LAMP_PHASES] FLASH_TABLE = SELECTS_C_OF_PHASE;
    static const uint8_t OF_PHASE_D[LAMP_PHASES] FLASH_TABLE = SELECTS_D_OF_PHASE;
    PORTB = (uint8_t)((PORTB & ~SELECTS_B) | FLASH_U8(OF_PHASE_B[phase]));
    PORTC = (uint8_t)((PORTC & ~SELECTS_C) | FLASH_U8(OF_PHASE_C[phase]));
    PORTD = (uint8_t)((PORTD & ~SELECTS_D) | FLASH_U8(OF_PHASE_D[phase]));
}

static RARE set_lights(uint8_t lights)
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
    uint16_t next_tick = (uint16_t)(slot_tick + 1);
    enum lamp_event_kind kind = lamps_step(&lamps, next_tick);

    // What the two compares of the next boundary do: set or clear their pins, nothing in between.
    uint8_t edges = _BV(COM1A1) | _BV(COM1B1);
    if (lamps.is_strobe)
        edges |= _BV(COM1A0);
    if (!lamps.is_exposing)
        edges |= _BV(COM1B0);
    TCCR1A = edges;
    uart_relieve();
    lamps_settle(&lamps, kind, next_tick);
    if (lamps.select != shown_select) {
        shown_select = lamps.select;
        set_select(shown_select);
    }
    if (lamps.lights != shown_lights) {
        shown_lights = lamps.lights;
        set_lights(shown_lights);
    }
    uart_relieve();
    if (kind != LAMP_EVENT_NONE)
        put_event(kind);
    // No turn begins while this slot's time is paid back.
    uint8_t calm = lamps.is_busy ? AUX_CALM_SLOTS : 1;
    if (aux_at == 0 && aux_left <= calm) {
        aux_late = (uint8_t)(aux_late + calm + 1 - aux_left);
        aux_left = (uint8_t)(calm + 1);
    }
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
        *at = slot_tick;
    }
    return reason;
}

enum lamp_refusal slots_lamps_run(const struct msg_lamp_run *m, uint16_t *clamped_slots)
{
    enum lamp_refusal refusal = lamps_plan(lamps_next(&lamps), m, clamped_slots);
    if (refusal == LAMP_OK) {
        slots_sample(SAMPLE_USUAL); // the trigger's compare is the converter's
        lamps_run(&lamps);
    }
    return refusal;
}

enum lamp_refusal slots_red_flash(const struct red_burst *b)
{
    enum lamp_refusal refusal;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        refusal = lamps_flash_red(&lamps, b);
        if (refusal == LAMP_OK)
            slots_sample(SAMPLE_USUAL);
    }
    return refusal;
}

uint8_t slots_is_lamp_running(void)
{
    uint8_t is_running;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        is_running = lamps.is_running | lamps.has_next;
    }
    return is_running;
}

void slots_stimulus_run(const struct chip_sequence *s)
{
    lamps_play(&lamps, s);
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

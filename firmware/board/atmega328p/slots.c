// The slot interrupt: timer 1 divides time into slots of 512 cycles (32 us). At the beginning of slot n (compare B, four
// cycles in) the timer itself starts a conversion; the interrupt at the same boundary collects the conversion of slot n-1
// and programs the output-compare edges of boundary n+1. So samples and lamp edges are exact to the cycle however late the
// interrupt comes, as long as it comes within its slot. Timer 2 counts slots independently: an interrupt that came too
// late for its slot is noticed, the tick corrected and the loss counted. Allocation of timers and pins: ../../README.md.
#include "slots.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "pins.h"
#include "uart.h"

#define SLOT_CYCLES 512
#define TRIGGER_CYCLES 4 // into the slot: the emulator skips a compare that an instruction at the boundary reaches over
#define ADC_ON (_BV(ADEN) | _BV(ADATE) | _BV(ADPS2) | _BV(ADPS0)) // clock / 32 = 500 kHz: a conversion takes 432 cycles
#define ADC_RAW (ADC_ON & ~_BV(ADPS0)) // clock / 16, 216 cycles: two bits worse, and of a raw run only eight are kept
#define LATE_CYCLES (TRIGGER_CYCLES + SLOT_CYCLES / 2)
#define WITNESS_PER_SLOT 2      // timer 2 at clock / 256
#define WITNESS_EARLY_CYCLES 64 // the witness counts that long before a boundary, at most
#define WITNESS_SLOTS (256 / WITNESS_PER_SLOT)

volatile uint32_t slot_tick;
uint16_t dropped_samples;
static uint16_t missed_slots;
#define ADC_CONTROL GPIOR0 // what the interrupt writes to the converter: read in one cycle

static uint8_t witness_now(void)
{
    return TCNT2 / WITNESS_PER_SLOT;
}

void slots_init(void)
{
    lamps_init(&lamps);

    ADMUX = LOG_DETECTOR_ADC; // reference AREF
    ADC_CONTROL = ADC_ON | _BV(ADIF);
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

// Where in their slots samples are taken. Compare B moves the camera's trigger too: late only while no lamps run.
void slots_sample(enum sampling how)
{
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        ADC_CONTROL = (uint8_t)((how == SAMPLE_USUAL ? ADC_ON : ADC_RAW) | _BV(ADIF));
        OCR1B = how == SAMPLE_RAW_LATE ? LATE_CYCLES : TRIGGER_CYCLES;
    }
}

// `late` counts slots modulo 128. More than half of that is a step back: the one before was taken for late in the last
// cycles of its slot.
static RARE catch_up(uint8_t late)
{
    // Near the next boundary, or past it since this interrupt began, the witness shows what is to come; were a slot missed
    // all the same, the next interrupt would notice. In this order: the boundary may pass between the two.
    if (late == 1 && (TCNT1 >= SLOT_CYCLES - WITNESS_EARLY_CYCLES || (TIFR1 & _BV(OCF1A))))
        return;
    if (late > WITNESS_SLOTS / 2) {
        uint8_t early = (uint8_t)(WITNESS_SLOTS - late);
        slot_tick -= early;
        return;
    }
    slot_tick += late;
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

ISR(TIMER1_COMPA_vect)
{
    uint8_t is_converted = ADCSRA & _BV(ADIF);
    uint16_t counts = ADC;
    ADCSRA = ADC_CONTROL;
    TIFR1 = _BV(OCF1B); // the trigger is the rising edge of this flag
    uint32_t now = slot_tick + 1;
    slot_tick = now;
    // Timer 2 showed 0 at the first boundary, which made the tick 1.
    uint8_t late = (uint8_t)((witness_now() + 1 - (uint8_t)now) & (WITNESS_SLOTS - 1));
    if (late != 0) {
        catch_up(late);
        now = slot_tick;
    }
    if (lamps_tick(&lamps, (uint8_t)(now + 1)))
        step_lamps(); // its edges must be set before the next boundary; it relieves the receiver itself
    else
        uart_relieve();
    uart_relieve(); // twice: while slots pay back what a long one took, more than one octet comes in each
    if (--aux_left == 0 && step_aux(counts))
        skip_sample();
    else
        add_sample(is_converted, counts);
}

uint32_t slots_tick(void)
{
    uint32_t now;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        now = slot_tick;
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

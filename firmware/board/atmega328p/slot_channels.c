// Slots given to other channels than the detector. Every AUX_EVERY slots one of them may have its turn: aux_at 0 is the time
// between, then it counts the conversions of the channel, whose last one is used.
#include "slots.h"

#include <avr/io.h>
#include <util/atomic.h>

#include "core/flash_table.h"
#include "pins.h"
#include "uart.h"

#define AUX_EVERY 25
#define AUX_NONE 0xff
#define AUX_BANDGAP 14     // the controller's own 1.1 V
#define AUX_SETTLE_SLOTS 4 // what is slow: battery divider, temperature sensor, bandgap
#define AUX_CLEAR_SLOTS (AUX_SETTLE_SLOTS + 4)
static const uint8_t HOUSE_ADC[CHANNEL_VALUES] FLASH_TABLE = {
    [HOUSE_BATTERY] = BATTERY_ADC,       [HOUSE_BANDGAP] = AUX_BANDGAP, [HOUSE_TEMPERATURE] = TEMPERATURE_ADC,
    [HOUSE_DETECTOR] = LOG_DETECTOR_ADC, [HOUSE_RSSI] = TUNER_RSSI_ADC,
};
uint8_t aux_left = AUX_EVERY;
uint8_t aux_at;
uint8_t aux_late;
static uint8_t aux_slots;
static uint8_t aux_channel;
static uint32_t given_slots;
static uint16_t house_values[CHANNEL_VALUES];
static volatile uint8_t house_at; // next value to read; house_end: all are there
static uint8_t house_end = HOUSEKEEPING_VALUES;
static uint32_t block_began;
static uint8_t block_lines;
static struct tuner tuner;

// Slots were missed in a turn: which conversion was whose is unknown. The one at hand and the next are given away.
void break_aux(void)
{
    aux_channel = AUX_NONE;
    aux_slots = 2;
    aux_at = 2;
    aux_left = 1;
}

// The channel that has its turn, or AUX_NONE.
static uint8_t next_channel(void)
{
    aux_slots = AUX_SETTLE_SLOTS;
    if (rf_mode > RF_WINDOWS) // a raw run has no gaps
        return AUX_NONE;
    if (house_at < house_end)
        return FLASH_U8(HOUSE_ADC[house_at]);
    aux_slots = 1;
    return tuner.state == TUNER_HEARING ? TUNER_RSSI_ADC : AUX_NONE;
}

static void count_lines(void)
{
    uint16_t slots = (uint16_t)(slot_tick - block_began);
    if (slots < TUNER_BLOCK_SLOTS - AUX_EVERY / 2) // a turn that was put off made the one before longer
        return;
    uart_relieve();
    uint8_t now = TCNT0;
    tuner_block(&tuner, slot_tick, slots, (uint8_t)(now - block_lines));
    block_lines = now;
    block_began = slot_tick;
}

// Whether lamps, their guard or windows take their time before a turn would be over.
static uint8_t is_long_slot(void)
{
    return (lamps.is_busy && lamps.rounds16 >= GUARD_ROUND - 1 && ((uint8_t)slot_tick & 15) >= 16 - AUX_CLEAR_SLOTS) ||
           (lamps.is_running && lamps.edge_left <= AUX_CLEAR_SLOTS) ||
           (lamps.is_playing && lamps.chip_left <= AUX_CLEAR_SLOTS) ||
           (rf_mode == RF_WINDOWS && window_left <= AUX_CLEAR_SLOTS);
}

// The next conversion began before ADMUX was written: whose it is is unknown, so it is nobody's.
static uint8_t is_too_late(void)
{
    return TIFR1 & _BV(OCF1A);
}

// Turns keep their rhythm: by what this one, which took `used` slots, came late the next one comes earlier.
static void wait_for_next(uint8_t used)
{
    aux_left = (uint8_t)(AUX_EVERY - used);
    aux_left = aux_late < aux_left ? (uint8_t)(aux_left - aux_late) : 1;
    aux_late = 0;
}

// A turn of one slot is the tuner's, a long one was for the house.
static void take_value(uint16_t counts)
{
    if (aux_slots < AUX_SETTLE_SLOTS)
        tuner_rssi(&tuner, counts);
    else
        house_values[house_at++] = counts;
}

// Comes when aux_left ran out: returns 1 when the conversion at hand was given to another channel.
__attribute__((noinline)) uint8_t step_aux(uint16_t counts)
{
    uint8_t is_given = aux_at > 1;
    if (aux_at == 0) {
        if (is_long_slot()) {
            aux_left = 1; // in the next one
            aux_late++;
            return 0;
        }
        count_lines();
        aux_channel = next_channel();
        if (aux_channel == AUX_NONE) {
            wait_for_next(0);
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
        if (aux_channel != AUX_NONE)
            take_value(counts);
        aux_at = 0;
        wait_for_next((uint8_t)(aux_slots + 1));
    }
    if (is_given)
        given_slots++;
    return is_given;
}

struct tuner *slots_tuner(void)
{
    return &tuner;
}

void slots_house_begin(uint8_t values)
{
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        house_at = 0;
        house_end = values;
    }
}

uint8_t slots_has_house(uint8_t values)
{
    return house_at == values;
}

uint16_t slots_house(enum house_value which)
{
    return house_values[which]; // read when it is there: the interrupt is done with it
}

uint32_t slots_given(void)
{
    uint32_t given;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        given = given_slots;
    }
    return given;
}

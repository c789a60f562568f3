// Slots given to other channels than the detector. Every AUX_EVERY slots one of them may have its turn: aux_at 0 is the time
// between, then it counts the conversions of the channel, whose last one is used.
#include "slots.h"

#include <avr/io.h>
#include <util/atomic.h>

#include "core/flash_table.h"
#include "pins.h"

#define AUX_EVERY 25
#define AUX_NONE 0xff
#define AUX_BANDGAP 14     // the controller's own 1.1 V
#define AUX_SETTLE_SLOTS 4 // what is slow: battery divider, temperature sensor, bandgap
#define AUX_CLEAR_SLOTS (AUX_SETTLE_SLOTS + 4)
static const uint8_t HOUSEKEEPING_ADC[HOUSEKEEPING_VALUES] FLASH_TABLE = {BATTERY_ADC, AUX_BANDGAP, TEMPERATURE_ADC};
uint8_t aux_left = AUX_EVERY;
uint8_t aux_at;
static uint8_t aux_slots;
static uint8_t aux_channel;
static uint32_t given_slots;
static uint16_t house_values[HOUSEKEEPING_VALUES];
static volatile uint8_t house_at; // next value to read; HOUSEKEEPING_VALUES: all are there
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
    if (house_at < HOUSEKEEPING_VALUES)
        return FLASH_U8(HOUSEKEEPING_ADC[house_at]);
    aux_slots = 1;
    return tuner.state == TUNER_HEARING ? TUNER_RSSI_ADC : AUX_NONE;
}

static void count_lines(void)
{
    uint16_t slots = (uint16_t)(slot_tick - block_began);
    if (slots < TUNER_BLOCK_SLOTS)
        return;
    uint8_t now = TCNT0;
    tuner_block(&tuner, slot_tick, slots, (uint8_t)(now - block_lines));
    block_lines = now;
    block_began = slot_tick;
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
__attribute__((noinline)) uint8_t step_aux(uint16_t counts)
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
        m->tick = slot_tick;
        m->given_slots = given_slots;
    }
    return 1;
}

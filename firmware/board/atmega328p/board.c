// Pins, sleep, watchdog, EEPROM.
#include "board.h"

#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>
#include <avr/wdt.h>

#include "core/reset_cause.h"
#include "core/self_test.h"
#include "pins.h"

#define BOOTLOADER_VERSION (FLASHEND - 1)

static uint8_t first_r2 __attribute__((section(".noinit")));

// Before the C runtime, which uses the register: what a bootloader left there.
void __attribute__((naked, used, section(".init0"))) keep_r2(void);
void keep_r2(void)
{
    __asm__ volatile("sts %0, r2" : : "i"(&first_r2));
}

uint8_t board_init(void)
{
    uint8_t cause = reset_cause(MCUSR, first_r2, pgm_read_word(BOOTLOADER_VERSION));
    MCUSR = 0; // the watchdog stays on after its own reset unless its flag is cleared
    wdt_enable(WDTO_120MS);
    PORTB = _BV(CAMERA_TRIGGER_BIT) | _BV(TUNER_SELECT_BIT); // idle high: the camera exposes while low
    PORTC = 0;
    PORTD = _BV(BUTTON_BIT); // pull-up
    DDRB = OUTPUTS_B;
    DDRC = OUTPUTS_C;
    DDRD = OUTPUTS_D;
    SMCR = 0; // idle: the timers and the UART wake it
    return cause;
}

uint32_t board_id(void)
{
    return eeprom_read_dword((const uint32_t *)0);
}

void board_watchdog_kick(uint8_t tick)
{
    static uint8_t before;
    if (tick != before)
        wdt_reset();
    before = tick;
}

void board_idle(void)
{
    sleep_mode();
}

uint8_t board_button(void)
{
    return !(BUTTON_PIN & _BV(BUTTON_BIT));
}

void board_buzzer(uint8_t is_on)
{
    if (is_on)
        BUZZER_PORT |= _BV(BUZZER_BIT); // one instruction: the slot interrupt writes other pins of this port
    else
        BUZZER_PORT &= (uint8_t)~_BV(BUZZER_BIT);
}

void board_tuner_write(uint32_t word)
{
    TUNER_SELECT_PORT &= (uint8_t)~_BV(TUNER_SELECT_BIT);
    for (uint8_t i = 0; i < 25; i++) {
        if (word & 1)
            TUNER_DATA_PORT |= _BV(TUNER_DATA_BIT);
        else
            TUNER_DATA_PORT &= (uint8_t)~_BV(TUNER_DATA_BIT);
        word >>= 1;
        TUNER_CLOCK_PORT |= _BV(TUNER_CLOCK_BIT);
        TUNER_CLOCK_PORT &= (uint8_t)~_BV(TUNER_CLOCK_BIT);
    }
    TUNER_SELECT_PORT |= _BV(TUNER_SELECT_BIT);
}

uint16_t board_lines(void)
{
    uint8_t b = PINB ^ (_BV(CAMERA_TRIGGER_BIT) | _BV(TUNER_SELECT_BIT)); // these two rest high
    uint8_t c = PINC;
    uint8_t d = PIND;
    uint16_t lines = 0;
    if (d & _BV(SELECT_ON_AXIS_BIT))
        lines |= LINE(TEST_ON_AXIS);
    if (b & _BV(SELECT_OFF_AXIS_BIT))
        lines |= LINE(TEST_OFF_AXIS);
    if (c & _BV(SELECT_MIDDLE_RING_BIT))
        lines |= LINE(TEST_MIDDLE_RING);
    if ((lines & (LINE(TEST_OFF_AXIS) | LINE(TEST_MIDDLE_RING))) == (LINE(TEST_OFF_AXIS) | LINE(TEST_MIDDLE_RING)))
        lines |= LINE(TEST_OUTER_RING);
    if (c & _BV(SELECT_RED_BIT))
        lines |= LINE(TEST_RED);
    if (b & _BV(CAMERA_TRIGGER_BIT))
        lines |= LINE(TEST_TRIGGER);
    if (d & _BV(WHITE_BIT))
        lines |= LINE(TEST_WHITE);
    if (d & _BV(AIM_BIT))
        lines |= LINE(TEST_AIM);
    if (d & _BV(BUZZER_BIT))
        lines |= LINE(TEST_BUZZER);
    if (b & _BV(TUNER_DATA_BIT))
        lines |= LINE(TEST_TUNER_DATA);
    if (b & _BV(TUNER_SELECT_BIT))
        lines |= LINE(TEST_TUNER_SELECT);
    if (b & _BV(TUNER_CLOCK_BIT))
        lines |= LINE(TEST_TUNER_CLOCK);
    if (b & _BV(STROBE_BIT))
        lines |= LINE(LINE_STROBE);
    return lines;
}

// Only one of them moves at a time, so no word comes about: data and clock count while select is low, which rests high.
void board_tuner_lines(uint16_t moved)
{
    if (moved & LINE(TEST_TUNER_DATA))
        TUNER_DATA_PORT |= _BV(TUNER_DATA_BIT);
    else
        TUNER_DATA_PORT &= (uint8_t)~_BV(TUNER_DATA_BIT);
    if (moved & LINE(TEST_TUNER_CLOCK))
        TUNER_CLOCK_PORT |= _BV(TUNER_CLOCK_BIT);
    else
        TUNER_CLOCK_PORT &= (uint8_t)~_BV(TUNER_CLOCK_BIT);
    if (moved & LINE(TEST_TUNER_SELECT))
        TUNER_SELECT_PORT &= (uint8_t)~_BV(TUNER_SELECT_BIT);
    else
        TUNER_SELECT_PORT |= _BV(TUNER_SELECT_BIT);
}

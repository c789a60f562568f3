// Pins, sleep, watchdog, EEPROM.
#include "board.h"

#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>

#include "pins.h"

uint8_t board_init(void)
{
    uint8_t cause = MCUSR;
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

void board_watchdog_kick(void)
{
    wdt_reset();
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

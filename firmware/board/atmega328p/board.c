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
    PORTB = _BV(CAMERA_TRIGGER_BIT); // idle high: the camera exposes while low
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

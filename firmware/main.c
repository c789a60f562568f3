// The sensor head. Interrupts sample and time (board/.../slots.c) and move bytes (uart.c, twi.c); this loop takes commands
// in, sends what is finished out, and sleeps. It never waits: a message that does not fit is dropped and counted.
#include <avr/interrupt.h>

#include "board/atmega328p/board.h"
#include "commands.h"
#include "motion.h"
#include "results.h"
#include "testing.h"

int main(void)
{
    results_init(board_init());
    commands_init();
    uart_init();
    twi_init();
    slots_init();
    sei();
    send_identity();
    for (;;) {
        board_watchdog_kick();
        commands_take();
        results_send();
        motion_work();
        testing_work();
        board_idle();
    }
}

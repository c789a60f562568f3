// The sensor head. Interrupts sample and time (board/.../slots.c) and move bytes (uart.c, twi.c); this loop takes commands
// in, sends what is finished out, and sleeps. It never waits: what does not fit into the transmit buffer is sent in a later
// turn, and what could not be kept is counted.
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
    uart_delimit(); // the reset may have cut a frame short, which would swallow the next one
    send_identity();
    for (;;) {
        board_watchdog_kick((uint8_t)slots_tick());
        commands_take();
        results_send();
        motion_work();
        testing_work();
        board_idle();
    }
}

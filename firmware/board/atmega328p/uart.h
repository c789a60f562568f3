// What the slot interrupt may ask of uart.c, and nobody else sees. The receiver holds two octets and a third in its shift
// register: whoever keeps interrupts off for longer than two octets (640 cycles) takes them out himself.
#ifndef UART_H
#define UART_H

#include <avr/io.h>

void uart_take(void); // one octet that has arrived; interrupts off

static inline void uart_relieve(void)
{
    if (UCSR0A & _BV(RXC0))
        uart_take();
}

#endif

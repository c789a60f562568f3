// UART 0 with a ring each way. Interrupts move bytes; nothing blocks; what does not fit is counted.
#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "board.h"
#include "core/barrier.h"
#include "pins.h"
#include "uart.h"

#define RX_SIZE 128
#define TX_SIZE 256 // indices wrap by their type

static volatile uint8_t rx_ring[RX_SIZE];
static volatile uint8_t rx_head;
static volatile uint8_t rx_tail;
static uint8_t tx_ring[TX_SIZE];
static volatile uint8_t tx_head;
static volatile uint8_t tx_tail;
static volatile uint16_t overrun_bytes;
static volatile uint16_t dropped_bytes;

void uart_init(void)
{
    UCSR0A = _BV(U2X0); // before UBRR: the emulator takes the factor when UBRR is written
    UBRR0 = (uint16_t)(CLOCK_HZ / 8 / UART_BAUD - 1);
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
}

static inline void count(volatile uint16_t *counter)
{
    uint16_t value = *counter;
    if (value != 0xffff)
        *counter = (uint16_t)(value + 1);
}

static inline void take_octet(uint8_t status)
{
    uint8_t octet = UDR0; // after the status, which belongs to it: reading moves the buffer on
    if (status & (_BV(DOR0) | _BV(FE0)))
        count(&overrun_bytes);
    uint8_t head = rx_head;
    uint8_t next = (uint8_t)((head + 1) & (RX_SIZE - 1));
    if (next == rx_tail) {
        count(&dropped_bytes);
        return;
    }
    rx_ring[head] = octet;
    rx_head = next;
}

ISR(USART_RX_vect)
{
    take_octet(UCSR0A);
}

void __attribute__((noinline)) uart_take(void)
{
    take_octet(UCSR0A);
}

ISR(USART_UDRE_vect)
{
    uint8_t tail = tx_tail;
    if (tail == tx_head) {
        UCSR0B &= (uint8_t)~_BV(UDRIE0);
        return;
    }
    UDR0 = tx_ring[tail];
    tx_tail = (uint8_t)(tail + 1);
}

uint8_t uart_read(uint8_t *octet)
{
    uint8_t tail = rx_tail;
    if (tail == rx_head)
        return 0;
    *octet = rx_ring[tail];
    rx_tail = (uint8_t)((tail + 1) & (RX_SIZE - 1));
    return 1;
}

uint8_t uart_has_room(uint8_t size)
{
    return size <= TX_SIZE - 1 - (uint8_t)(tx_head - tx_tail);
}

static void publish(uint8_t head)
{
    BARRIER(); // the interrupt sends what lies before tx_head
    tx_head = head;
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        UCSR0B |= _BV(UDRIE0);
    }
}

uint8_t uart_begin(struct frame_writer *w, uint8_t size)
{
    if (!uart_has_room(size))
        return 0;
    frame_begin(w, tx_ring, tx_head);
    return 1;
}

void uart_end(struct frame_writer *w)
{
    publish(frame_end(w));
}

void uart_delimit(void)
{
    tx_ring[tx_head] = 0;
    publish((uint8_t)(tx_head + 1));
}

void uart_counters_read(struct uart_counters *out)
{
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        out->overrun_bytes = overrun_bytes;
        out->dropped_bytes = dropped_bytes;
    }
}

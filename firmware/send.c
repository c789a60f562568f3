#include "send.h"

#include "board/atmega328p/board.h"
#include "core/count.h"

uint16_t tx_dropped_messages;
static uint8_t tx_seq;
static struct frame_writer writer;

uint8_t __attribute__((noinline)) send_begin(uint8_t id, uint8_t fields_size)
{
    uint8_t seq = tx_seq++;
    if (!uart_begin(&writer, (uint8_t)(FRAME_OVERHEAD + MESSAGE_HEADER_SIZE + fields_size))) {
        count(&tx_dropped_messages);
        return 0;
    }
    frame_put(&writer, id);
    frame_put(&writer, seq);
    return 1;
}

void __attribute__((noinline)) send_octets(const void *octets, uint8_t size)
{
    const uint8_t *next = octets;
    while (size-- != 0)
        frame_put(&writer, *next++);
}

void __attribute__((noinline)) send_end(void)
{
    uart_end(&writer);
}

void __attribute__((noinline)) send(const void *fields, uint8_t id, uint8_t fields_size)
{
    if (!send_begin(id, fields_size))
        return;
    send_octets(fields, fields_size);
    send_end();
}

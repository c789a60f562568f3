#include "send.h"

#include "board/atmega328p/board.h"
#include "core/count.h"

uint16_t tx_dropped_messages;
static uint8_t tx_seq;

void __attribute__((noinline)) send(uint8_t *frame, uint8_t id, uint8_t fields_size)
{
    frame[PAYLOAD_AT] = id;
    frame[PAYLOAD_AT + 1] = tx_seq++;
    uint8_t size = frame_close(frame, (uint8_t)(MESSAGE_HEADER_SIZE + fields_size));
    if (!uart_write(frame, size))
        count(&tx_dropped_messages);
}

void send_delimiter(void)
{
    static const uint8_t DELIMITER = 0;
    uart_write(&DELIMITER, 1);
}

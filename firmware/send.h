// Messages to the host: framed in place, into the transmit ring or counted as dropped.
#ifndef SEND_H
#define SEND_H

#include <stdint.h>

#include "core/frame.h"
#include "core/messages.h"

extern uint16_t tx_dropped_messages;

// Sends a message whose fields stand behind the header in `frame`, at PAYLOAD_AT. A dropped one takes its number with it.
#define PAYLOAD_AT 1
void send(uint8_t *frame, uint8_t id, uint8_t fields_size);

void send_delimiter(void); // ends whatever the host has heard so far

#define SEND(kind, upper, fields)                                                                                      \
    do {                                                                                                               \
        uint8_t frame[FRAME_OVERHEAD + MESSAGE_HEADER_SIZE + MSG_##upper##_SIZE];                                      \
        msg_##kind##_encode((fields), frame + PAYLOAD_AT + MESSAGE_HEADER_SIZE);                                       \
        send(frame, MSG_##upper##_ID, MSG_##upper##_SIZE);                                                             \
    } while (0)

// A frame whose message is written where it is sent from: on this controller a struct lies in memory as on the wire.
#define FRAME_OF(kind)                                                                                                 \
    struct {                                                                                                           \
        uint8_t head[PAYLOAD_AT + MESSAGE_HEADER_SIZE];                                                                \
        struct msg_##kind message;                                                                                     \
        uint8_t tail[FRAME_OVERHEAD - PAYLOAD_AT];                                                                     \
    }

#define SEND_FRAME(upper, frame)                                                                                       \
    do {                                                                                                               \
        _Static_assert(sizeof(frame).message == MSG_##upper##_SIZE, "no padding");                                     \
        send((uint8_t *)&(frame), MSG_##upper##_ID, MSG_##upper##_SIZE);                                               \
    } while (0)

#endif

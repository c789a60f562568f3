// Messages to the host: framed where they are sent from, in the transmit ring, or counted as dropped. No copy of one is made
// on the way, because RAM is short.
#ifndef SEND_H
#define SEND_H

#include <stdint.h>

#include "core/frame.h"
#include "core/messages.h"

extern uint16_t tx_dropped_messages;

// A dropped message takes its number with it.
void send(const void *fields, uint8_t id, uint8_t fields_size);

// The same piece by piece. Returns 0 where there is no room; then nothing follows.
uint8_t send_begin(uint8_t id, uint8_t fields_size);
void send_octets(const void *octets, uint8_t size);
void send_end(void);

// On this controller a struct lies in memory as on the wire.
#define SEND(kind, upper, fields)                                                                                      \
    do {                                                                                                               \
        _Static_assert(sizeof(struct msg_##kind) == MSG_##upper##_SIZE, "no padding");                                 \
        const struct msg_##kind *sent = (fields);                                                                      \
        send(sent, MSG_##upper##_ID, MSG_##upper##_SIZE);                                                              \
    } while (0)

#endif

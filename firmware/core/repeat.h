// The last command that was carried out, and its answer. The host numbers its commands and waits for the answer to one before
// it sends the next; when none comes it sends the same frame again. So a command with the number and the check sum of the
// last one is that one again: it is answered again and not done twice. Older ones cannot come back, and a host that begins
// anew, with whatever number, says so first by `identify`.
#ifndef CORE_REPEAT_H
#define CORE_REPEAT_H

#include <stdint.h>

struct last_command {
    uint8_t is_known; // 0 after a reset and after identify
    uint8_t id;
    uint8_t seq;
    uint8_t crc[2]; // as they stand behind the payload: of id, number and fields
    uint8_t reason; // why it was refused, 0 where it was carried out
    uint16_t clamped_slots;
};

// `payload` holds `length` octets (id, number, fields) and two of CRC behind them.
uint8_t repeat_is_last(const struct last_command *last, const uint8_t *payload, uint8_t length);

void repeat_remember(struct last_command *last, const uint8_t *payload, uint8_t length, uint8_t reason,
                     uint16_t clamped_slots);

void repeat_forget(struct last_command *last);

#endif

#include "repeat.h"

uint8_t repeat_is_last(const struct last_command *last, const uint8_t *payload, uint8_t length)
{
    return last->is_known && last->id == payload[0] && last->seq == payload[1] && last->crc[0] == payload[length] &&
           last->crc[1] == payload[length + 1];
}

void repeat_remember(struct last_command *last, const uint8_t *payload, uint8_t length, uint8_t reason,
                     uint16_t clamped_slots)
{
    last->is_known = 1;
    last->id = payload[0];
    last->seq = payload[1];
    last->crc[0] = payload[length];
    last->crc[1] = payload[length + 1];
    last->reason = reason;
    last->clamped_slots = clamped_slots;
}

void repeat_forget(struct last_command *last)
{
    last->is_known = 0;
}

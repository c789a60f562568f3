#include "frame.h"

uint16_t frame_crc(uint16_t crc, uint8_t octet)
{
    // The byte-wise form of polynomial 0x1021: no table, a dozen instructions on an 8-bit machine.
    uint8_t x = (uint8_t)((crc >> 8) ^ octet);
    x = (uint8_t)(x ^ (x >> 4));
    return (uint16_t)((uint16_t)(crc << 8) ^ (uint16_t)((uint16_t)x << 12) ^ (uint16_t)((uint16_t)x << 5) ^ x);
}

uint8_t frame_close(uint8_t *frame, uint8_t length)
{
    uint16_t crc = 0xffff;
    for (uint8_t i = 1; i <= length; i++)
        crc = frame_crc(crc, frame[i]);
    frame[length + 1] = (uint8_t)(crc >> 8);
    frame[length + 2] = (uint8_t)crc;

    uint8_t end = (uint8_t)(length + 3);
    uint8_t code_at = 0;
    for (uint8_t i = 1; i < end; i++) {
        if (frame[i] != 0)
            continue;
        frame[code_at] = (uint8_t)(i - code_at);
        code_at = i;
    }
    frame[code_at] = (uint8_t)(end - code_at);
    frame[end] = 0;
    return (uint8_t)(end + 1);
}

uint8_t frame_encode(const uint8_t *payload, uint8_t length, uint8_t *wire)
{
    memcpy(wire + 1, payload, length);
    return frame_close(wire, length);
}

void frame_reader_init(struct frame_reader *reader)
{
    reader->used = 0;
    reader->is_too_long = 0;
    reader->length = 0;
}

// Undoes COBS in place. Returns the length, or 0 when the encoding is broken (an empty body is broken too).
static uint8_t cobs_decode(uint8_t *buffer, uint8_t used)
{
    uint8_t in = 0;
    uint8_t out = 0;
    while (in < used) {
        uint8_t code = buffer[in++];
        uint8_t run = (uint8_t)(code - 1);
        if (run > used - in)
            return 0;
        for (uint8_t i = 0; i < run; i++)
            buffer[out++] = buffer[in++];
        if (in < used && code != 0xff)
            buffer[out++] = 0;
    }
    return out;
}

enum frame_result frame_reader_push(struct frame_reader *reader, uint8_t octet)
{
    if (octet != 0) {
        if (reader->used < sizeof reader->buffer)
            reader->buffer[reader->used++] = octet;
        else
            reader->is_too_long = 1;
        return FRAME_NONE;
    }

    uint8_t used = reader->used;
    uint8_t is_too_long = reader->is_too_long;
    frame_reader_init(reader);
    if (used == 0)
        return FRAME_NONE; // two delimiters in a row are only resynchronisation
    if (is_too_long)
        return FRAME_REJECTED;

    uint8_t length = cobs_decode(reader->buffer, used);
    if (length < MESSAGE_HEADER_SIZE + 2)
        return FRAME_REJECTED;
    uint16_t crc = 0xffff;
    for (uint8_t i = 0; i < length; i++)
        crc = frame_crc(crc, reader->buffer[i]);
    if (crc != 0) // the CRC over payload and its own CRC is 0
        return FRAME_REJECTED;
    reader->length = (uint8_t)(length - 2);
    return FRAME_READY;
}

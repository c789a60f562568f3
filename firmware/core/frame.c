#include "frame.h"

uint16_t frame_crc(uint16_t crc, uint8_t octet)
{
    // The byte-wise form of polynomial 0x1021: no table, a dozen instructions on an 8-bit machine.
    uint8_t x = (uint8_t)((crc >> 8) ^ octet);
    x = (uint8_t)(x ^ (x >> 4));
    return (uint16_t)((uint16_t)(crc << 8) ^ (uint16_t)((uint16_t)x << 12) ^ (uint16_t)((uint16_t)x << 5) ^ x);
}

void frame_begin(struct frame_writer *w, uint8_t *ring, uint8_t at)
{
    w->ring = ring;
    w->code_at = at;
    w->at = (uint8_t)(at + 1);
    w->crc = 0xffff;
}

static void stuff(struct frame_writer *w, uint8_t octet)
{
    uint8_t at = w->at;
    w->ring[at] = octet;
    if (octet == 0) {
        w->ring[w->code_at] = (uint8_t)(at - w->code_at);
        w->code_at = at;
    }
    w->at = (uint8_t)(at + 1);
}

void frame_put(struct frame_writer *w, uint8_t octet)
{
    w->crc = frame_crc(w->crc, octet);
    stuff(w, octet);
}

uint8_t frame_end(struct frame_writer *w)
{
    uint16_t crc = w->crc;
    stuff(w, (uint8_t)(crc >> 8));
    stuff(w, (uint8_t)crc);
    w->ring[w->code_at] = (uint8_t)(w->at - w->code_at);
    w->ring[w->at] = 0;
    return (uint8_t)(w->at + 1);
}

uint8_t frame_encode(const uint8_t *payload, uint8_t length, uint8_t *wire)
{
    struct frame_writer w;
    frame_begin(&w, wire, 0);
    for (uint8_t i = 0; i < length; i++)
        frame_put(&w, payload[i]);
    return frame_end(&w);
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

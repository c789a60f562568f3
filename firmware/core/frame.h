// Framing of the serial line: COBS, then one 0x00 as the only delimiter; the payload ends with a CRC-16/CCITT-FALSE
// (polynomial 0x1021, start 0xFFFF, high octet first). Bytes in, payloads out; no I/O, no state beyond the struct.
#ifndef CORE_FRAME_H
#define CORE_FRAME_H

#include <stdint.h>

#include "messages.h"

#define FRAME_MAX_BODY (MESSAGE_MAX_PAYLOAD + 2) // payload and CRC, before COBS
#define FRAME_MAX_WIRE (FRAME_MAX_BODY + 2)      // one COBS octet (body < 254), one delimiter

#define FRAME_MAX_RECEIVED (COMMAND_MAX_PAYLOAD + 2) // what the head has to understand; RAM is short

enum frame_result {
    FRAME_NONE,     // needs more bytes
    FRAME_READY,    // payload and length are valid until the next byte
    FRAME_REJECTED, // bad length, COBS or CRC
};

struct frame_reader {
    uint8_t buffer[FRAME_MAX_RECEIVED + 1];
    uint8_t used;
    uint8_t is_too_long;
    uint8_t length; // of the payload, without CRC
};

uint16_t frame_crc(uint16_t crc, uint8_t octet);

// A frame that grows octet by octet where it is sent from: a ring of 256, whose indices wrap by their type.
#define FRAME_OVERHEAD 4 // what framing adds to a payload
struct frame_writer {
    uint8_t *ring;
    uint8_t at;      // next octet
    uint8_t code_at; // where the COBS code of the run that is going on belongs
    uint16_t crc;
};
void frame_begin(struct frame_writer *w, uint8_t *ring, uint8_t at);
void frame_put(struct frame_writer *w, uint8_t octet);
uint8_t frame_end(struct frame_writer *w); // returns the place behind it

// Encodes `length` (<= MESSAGE_MAX_PAYLOAD) octets of payload; `wire` holds FRAME_MAX_WIRE. Returns octets written. For tests.
uint8_t frame_encode(const uint8_t *payload, uint8_t length, uint8_t *wire);

void frame_reader_init(struct frame_reader *reader);

// Feeds one byte. On FRAME_READY the payload is in reader->buffer[0 .. reader->length).
enum frame_result frame_reader_push(struct frame_reader *reader, uint8_t octet);

#endif

"""Framing: round trips, any chunking, garbage, named reasons, and two independent codecs from PyPI as oracles."""

import random
import struct
import tracemalloc

import pytest
from cobs import cobs
from crc import Calculator, Configuration
from hypothesis import given
from hypothesis import strategies as st

from sweep.link import messages
from sweep.link.frame import (
    MAX_WIRE,
    Event,
    FrameReader,
    Reason,
    Received,
    Rejected,
    cobs_decode,
    cobs_encode,
    encode,
)

CCITT_FALSE = Calculator(Configuration(width=16, polynomial=0x1021, init_value=0xFFFF))
WINDOW = messages.EnvelopeWindow(6580, 0, 3125, 3125, 0, 2408659, 567, 843, 606, 834, 842, 939, 31, 30, 62, 402)


def message_strategy() -> st.SearchStrategy[messages.Message]:
    def build(kind: type[messages.Message]) -> st.SearchStrategy[messages.Message]:
        size = kind.LAYOUT.size
        return st.binary(min_size=size, max_size=size).map(lambda data: kind(*kind.LAYOUT.unpack(data)))

    return st.sampled_from(list(messages.BY_ID.values())).flatmap(build)


def framed(payload: bytes) -> bytes:
    """An oracle's frame of any payload, made of the two packages alone."""
    return bytes(cobs.encode(payload + struct.pack(">H", CCITT_FALSE.checksum(payload)))) + b"\0"


@given(message_strategy(), st.integers(0, 255))
def test_round_trip_and_agreement_with_the_oracles(message: messages.Message, seq: int) -> None:
    wire = encode(message, seq)
    assert wire == framed(bytes((message.ID, seq)) + message.pack())
    assert FrameReader(is_to_host=message.IS_TO_HOST).feed(wire) == [Received(message, seq, len(wire))]


@given(st.binary(max_size=253))
def test_cobs_agrees_with_the_oracle(body: bytes) -> None:
    stuffed = cobs_encode(body)
    assert stuffed == cobs.encode(body)
    assert b"\0" not in stuffed
    assert cobs_decode(stuffed) == body


@given(st.binary(min_size=1, max_size=300))
def test_cobs_decoding_agrees_with_the_oracle_on_anything(stuffed: bytes) -> None:
    without_zeros = stuffed.replace(b"\0", b"\1")
    try:
        expected: bytes | None = cobs.decode(without_zeros)
    except cobs.DecodeError:
        expected = None
    assert cobs_decode(without_zeros) == expected


def feed_in_chunks(data: bytes, sizes: list[int]) -> tuple[list[Event], FrameReader]:
    reader, events, at = FrameReader(), [], 0
    for size in sizes:
        events += reader.feed(data[at : at + size])
        at += size
    return events + reader.feed(data[at:]), reader


@given(
    st.lists(
        st.one_of(
            message_strategy().map(lambda message: encode(message, 1)),
            st.binary(max_size=40),
            st.integers(90, 260).map(lambda size: b"\x05" * size),
        ),
        max_size=8,
    ).map(b"".join),
    st.lists(st.integers(0, 60), max_size=20),
)
def test_any_chunking_gives_the_same_events_and_counts(data: bytes, sizes: list[int]) -> None:
    whole, one = feed_in_chunks(data, [])
    pieces, two = feed_in_chunks(data, sizes)
    bytewise, three = feed_in_chunks(data, [1] * len(data))
    assert whole == pieces == bytewise
    assert one.rejected == two.rejected == three.rejected
    assert one.received == two.received == three.received == sum(isinstance(e, Received) for e in whole)


@given(st.binary(max_size=2000))
def test_garbage_never_raises_and_a_frame_after_it_is_read(garbage: bytes) -> None:
    reader = FrameReader()
    wire = encode(WINDOW, 9)
    assert reader.feed(garbage + b"\0" + wire)[-1] == Received(WINDOW, 9, len(wire))


@pytest.mark.soak
def test_a_million_bytes_of_garbage() -> None:
    rng, reader = random.Random(1), FrameReader()
    for _ in range(1000):
        reader.feed(rng.randbytes(1000))
    assert sum(reader.rejected.values()) > 1000
    assert reader.feed(b"\0" + encode(WINDOW, 1))[-1] == Received(WINDOW, 1, len(encode(WINDOW, 1)))


def test_each_reason() -> None:
    wire = encode(WINDOW, 0)
    bad_crc = bytearray(wire)
    bad_crc[-2] ^= 1
    cases = {
        Reason.TOO_LONG: b"\x01" * (MAX_WIRE + 1) + b"\0",
        Reason.BAD_COBS: b"\x09\x01\0",
        Reason.TOO_SHORT: cobs.encode(b"abc") + b"\0",
        Reason.BAD_CRC: bytes(bad_crc),
        Reason.UNKNOWN_ID: framed(b"\xff\x00"),
        Reason.WRONG_LENGTH: framed(bytes((messages.Accepted.ID, 0, 1))),
        Reason.WRONG_DIRECTION: encode(messages.KeepAlive(), 0),
    }
    assert set(cases) == set(Reason)
    for reason, data in cases.items():
        reader = FrameReader()
        assert reader.feed(data) == [Rejected(reason, len(data))]
        assert reader.rejected == {reason: 1}


def test_a_sender_without_delimiters_takes_no_memory() -> None:
    reader, chunk = FrameReader(), b"\x01" * 1000
    tracemalloc.start()
    for _ in range(1000):
        assert reader.feed(chunk) == []
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < len(chunk) + MAX_WIRE
    assert reader.feed(b"\0") == [Rejected(Reason.TOO_LONG, 1_000_001)]


def test_a_field_out_of_range_is_our_own_error() -> None:
    with pytest.raises(struct.error):
        encode(messages.LightSet(256, 0), 0)


def test_crc_is_the_published_one() -> None:
    import binascii

    assert binascii.crc_hqx(b"123456789", 0xFFFF) == 0x29B1 == CCITT_FALSE.checksum(b"123456789")

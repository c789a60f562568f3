"""What the head remembers of the last command, against frames as they come out of its reader."""

import ctypes

from hypothesis import given
from hypothesis import strategies as st

from sweep.link.frame import encode
from sweep.link.messages import BuzzerSet, KeepAlive, LightSet, Message, RfStop, TunerSet


class Last(ctypes.Structure):
    """struct last_command."""

    _fields_ = [
        ("is_known", ctypes.c_uint8),
        ("id", ctypes.c_uint8),
        ("seq", ctypes.c_uint8),
        ("crc", ctypes.c_uint8 * 2),
        ("reason", ctypes.c_uint8),
        ("clamped_slots", ctypes.c_uint16),
    ]


def payload_of(message: Message, seq: int) -> tuple[bytes, int]:
    """Payload with its CRC, as it stands in the reader's buffer, and its length without."""
    wire = encode(message, seq)
    body = bytearray()
    at = 0
    while wire[at]:
        run = wire[at + 1 : at + wire[at]]
        at += wire[at]
        body += run + (b"\0" if wire[at] else b"")
    return bytes(body), len(body) - 2


COMMANDS = st.one_of(
    st.builds(BuzzerSet, st.integers(1, 9), st.integers(312, 330), st.integers(0, 3)),
    st.builds(LightSet, st.integers(0, 1), st.integers(0, 1)),
    st.builds(TunerSet, st.integers(5300, 5303), st.just(8), st.just(300)),
    st.just(RfStop()),
)


@given(st.lists(st.tuples(COMMANDS, st.integers(0, 255)), min_size=1, max_size=30), st.integers(0, 2), st.integers())
def test_only_the_very_last_command_is_known(
    core: ctypes.CDLL, commands: list[tuple[Message, int]], reason: int, clamped: int
) -> None:
    last = Last()
    before: tuple[Message, int] | None = None
    payload, length = payload_of(*commands[0])
    for message, seq in commands:
        payload, length = payload_of(message, seq)
        assert bool(core.repeat_is_last(ctypes.byref(last), payload, length)) == ((message, seq) == before)
        core.repeat_remember(ctypes.byref(last), payload, length, reason, ctypes.c_uint16(clamped))
        assert core.repeat_is_last(ctypes.byref(last), payload, length)
        assert (last.id, last.seq, last.reason) == (message.ID, seq, reason)
        assert last.clamped_slots == clamped & 0xFFFF
        before = (message, seq)
    core.repeat_forget(ctypes.byref(last))
    assert not core.repeat_is_last(ctypes.byref(last), payload, length)


def test_a_head_that_begins_knows_none(core: ctypes.CDLL) -> None:
    payload, length = payload_of(KeepAlive(), 0)
    assert not core.repeat_is_last(ctypes.byref(Last()), payload, length)
    assert not core.repeat_is_last(ctypes.byref(Last()), bytes(4), 2)

"""The compiled kernel gives what Python gives, on anything, and reads nothing beside its buffer."""

import struct
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.captures.files import walk_records
from sweep.captures.kernel import Kernel, load_kernel
from sweep.captures.packets import PacketBlock
from sweep.captures.pcapng import MAX_BLOCK_OCTETS, Section
from sweep.wifi.frames.columns import number_plainly
from sweep.wifi.frames.control_frames import ControlFrames, read_by_kernel, read_plainly
from sweep.wifi.frames.dot11 import Dot11Frames, parse_by_kernel, parse_plainly
from sweep.wifi.traffic.loss_evidence import spread_plainly
from tests.compiled import build, checked, run_sanitized
from tests.wifi.frames import AP, BROADCAST, OTHER, ROUTER, STATION, beacon, data_down, data_up, frame, radiotap

FRAMES = (
    beacon(),
    data_up(),
    data_up(tid=5, flags=0x08),
    data_down(),
    frame(2, 8, AP, OTHER, ROUTER, STATION, flags=3, tid=3, body=bytes(9)),
    frame(2, 0, AP, STATION, OTHER),
    frame(0, 4, BROADCAST, STATION, BROADCAST),
    frame(1, 9, AP, STATION, body=bytes(12)),
    *(frame(1, subtype, AP, STATION) for subtype in (4, 6, 8, 10, 11, 14)),
    frame(1, 13, AP),
    frame(3, 0, AP, body=bytes(20)),
    frame(3, 1, AP, body=bytes(20)),
)


@pytest.fixture(scope="module")
def kernel(host_cc: str, tmp_path_factory: pytest.TempPathFactory) -> Kernel:
    return checked(host_cc, tmp_path_factory.mktemp("kernel"))


def block_of(packets: list[tuple[bytes, int]], link_type: int) -> PacketBlock:
    """Packets and the octets that each had on the air, one after the other up to the last octet of the buffer."""
    lengths = np.array([len(octets) for octets, _ in packets], dtype=np.int64)
    data = np.frombuffer(b"".join(octets for octets, _ in packets), dtype=np.uint8)
    original = np.array([on_air for _, on_air in packets], dtype=np.int64)
    return PacketBlock(link_type, data, np.cumsum(lengths) - lengths, lengths, original, np.arange(len(packets)))


def assert_same(block: PacketBlock, kernel: Kernel) -> None:
    found, reasons = parse_by_kernel(block, kernel)
    expected, expected_reasons = parse_plainly(block)
    assert dict(reasons) == {reason: count for reason, count in expected_reasons.items() if count}
    for column in fields(Dot11Frames):
        one, other = getattr(found, column.name), getattr(expected, column.name)
        assert one.dtype == other.dtype, column.name
        assert one.tolist() == other.tolist(), column.name
    control, expected_control = read_by_kernel(block.data, found, kernel), read_plainly(block.data, expected)
    for column in fields(ControlFrames):
        one, other = getattr(control, column.name), getattr(expected_control, column.name)
        assert one.dtype == other.dtype, column.name
        assert one.tolist() == other.tolist(), column.name


@st.composite
def radiotaps(draw: st.DrawFn) -> bytes:
    """Headers whose present words go on as they like, with a length that may lie."""
    bits = st.lists(st.sampled_from([*range(20), 22, 26, 27, 28, 29, 29, 30, 31]), max_size=9)
    words = [sum(1 << bit for bit in set(draw(bits))) for _ in range(draw(st.integers(1, 4)))]
    words = [word | 1 << 31 for word in words[:-1]] + words[-1:]
    rest = draw(st.binary(max_size=40))
    whole = 4 + 4 * len(words) + len(rest)
    length = draw(st.sampled_from([whole, whole, whole, whole + 1, 8, 0, 65_535]))
    return (
        struct.pack("<BBH", draw(st.sampled_from([0, 0, 0, 1])), 0, length)
        + struct.pack(f"<{len(words)}I", *words)
        + rest
    )


@st.composite
def packets(draw: st.DrawFn) -> list[tuple[bytes, int]]:
    found = []
    header = st.one_of(radiotaps(), st.builds(radiotap, flags=st.sampled_from([0, 0x10, 0x40])), st.just(b""))
    for _ in range(draw(st.integers(0, 12))):
        octets = bytearray(draw(header) + draw(st.sampled_from(FRAMES) | st.binary(max_size=60)))
        for place, value in draw(st.lists(st.tuples(st.integers(0, 90), st.integers(0, 255)), max_size=4)):
            if place < len(octets):
                octets[place] = value
        kept = bytes(octets[: draw(st.none() | st.integers(0, len(octets)))])
        found.append((kept, draw(st.sampled_from([len(octets), len(kept), 0, 4, 2**32 - 1]))))
    return found


@given(packets(), st.sampled_from([127, 105]))
def test_frames_are_those_of_python(kernel: Kernel, found: list[tuple[bytes, int]], link_type: int) -> None:
    assert_same(block_of(found, link_type), kernel)


@pytest.mark.parametrize("link_type", [127, 105])
def test_all_control_words_are_read_alike(kernel: Kernel, link_type: int) -> None:
    heads = [bytes([first, second]) for first in range(256) for second in (*range(16), 0x40, 0xFF)]
    body = bytes(range(2, 50))
    for octets in (10, 15, 16, 23, 24, 25, 29, 30, 31, 40):
        whole = [(b"" if link_type == 105 else radiotap()) + (head + body)[:octets] for head in heads]
        assert_same(block_of([(one, len(one)) for one in whole], link_type), kernel)


@st.composite
def records(draw: st.DrawFn) -> tuple[bytes, str]:
    order = draw(st.sampled_from("<>"))
    out = b""
    for octets in draw(st.lists(st.binary(max_size=30), max_size=8)):
        length = draw(st.sampled_from([len(octets)] * 6 + [0, 2**18, 2**18 + 1, 2**32 - 1]))
        time = draw(st.sampled_from([0, 1, 2**31, 2**32 - 1]))
        out += (
            struct.pack(order + "IIII", time, time, length, draw(st.sampled_from([0, len(octets), 2**32 - 1]))) + octets
        )
    return out[: draw(st.none() | st.integers(0, len(out)))] + draw(st.sampled_from([b"", bytes(40)])), order


@given(records(), st.sampled_from([1, 1_000]))
def test_records_are_those_of_python(kernel: Kernel, found: tuple[bytes, str], fraction_ns: int) -> None:
    buffer, order = memoryview(found[0]), found[1]
    columns, used, fault = kernel.walk_pcap(buffer, order, fraction_ns)
    expected, expected_used, expected_fault = walk_records(buffer, order, fraction_ns)
    assert [column.tolist() for column in columns] == [column.tolist() for column in expected]
    assert (used, fault) == (expected_used, expected_fault)


@given(
    st.sampled_from("<>"),
    st.lists(
        st.tuples(st.sampled_from([6, 6, 6, 3]), st.sampled_from([12, 32, 36, 30, 8, 2**24, 2**24 + 4, 2**32 - 4])),
        max_size=6,
    ),
    st.integers(0, 200),
)
def test_blocks_are_those_of_python(kernel: Kernel, order: str, blocks: list[tuple[int, int]], cut: int) -> None:
    out = b"".join(struct.pack(order + "II", kind, length).ljust(min(length, 40), b"\1") for kind, length in blocks)
    buffer = memoryview(out[: max(len(out) - cut, 0)])
    places, following = kernel.walk_pcapng(buffer, order, MAX_BLOCK_OCTETS, 0)
    expected, expected_following = Section(order).walk_plainly(buffer, 0)
    assert (places.tolist(), following) == (expected.tolist(), expected_following)


@given(
    st.lists(
        st.tuples(
            st.integers(-(2**40), 2**40) | st.integers(0, 900),
            st.binary(min_size=32, max_size=32) | st.binary(min_size=2, max_size=2),
        ),
        max_size=20,
    )
)
def test_bits_are_those_of_python(kernel: Kernel, acks: list[tuple[int, bytes]]) -> None:
    key = np.array([one for one, _ in acks], dtype=np.int64)
    bitmaps = np.frombuffer(b"".join(octets.ljust(32, b"\0") for _, octets in acks), dtype=np.uint8).reshape(-1, 32)
    assert kernel.spread_bits(key, bitmaps).tolist() == spread_plainly(key, bitmaps).tolist()


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 3), max_size=50), st.sampled_from([np.uint64, np.int64]))
def test_values_are_numbered_as_by_python(kernel: Kernel, values: list[int], dtype: type) -> None:
    column: np.ndarray[Any, Any] = np.array(values, dtype=np.uint64).view(dtype)
    found = kernel.number_distinct(column)
    assert found is not None
    assert [part.tolist() for part in found] == [part.tolist() for part in number_plainly(column)]


def test_too_many_values_or_those_made_to_meet_are_left_to_python(kernel: Kernel) -> None:
    assert kernel.number_distinct(np.arange(32_768)) is not None
    assert kernel.number_distinct(np.arange(32_769)) is None
    inverse = pow(0x9E3779B97F4A7C15, -1, 2**64)
    meeting = np.array([n * inverse % 2**64 for n in range(2_000)], dtype=np.uint64)  # all in the first slot
    assert kernel.number_distinct(np.tile(meeting, 10)) is None


def test_a_frame_outside_its_block_is_refused(kernel: Kernel) -> None:
    block = block_of([(frame(1, 9, AP, STATION, body=bytes(12)), 28)], 105)
    frames, _ = parse_by_kernel(block, kernel)
    for start in (-1, 1, 2**62):
        with pytest.raises(ValueError, match="outside its block"):
            read_by_kernel(block.data, replace(frames, start=frames.start + start), kernel)


@pytest.mark.parametrize(("start", "captured"), [(-1, 4), (0, -1), (60, 41), (101, 0), (2**62, 2**62)])
def test_a_packet_outside_its_block_is_refused(kernel: Kernel, start: int, captured: int) -> None:
    one = np.array([captured])
    block = PacketBlock(105, np.zeros(100, dtype=np.uint8), np.array([start]), one, one, one)
    with pytest.raises(ValueError, match="outside its block"):
        parse_by_kernel(block, kernel)


def test_no_octet_beside_the_buffer_is_read(host_cc: str, tmp_path: Path, repo_root: Path) -> None:
    """Random packets that end where their memory does, under the sanitizer for addresses."""
    done = run_sanitized(host_cc, tmp_path, repo_root, "tests.captures.test_kernel:read_random", 3_000)
    assert (done.returncode, done.stdout) == (0, "3000\n"), done.stderr[-2_000:]


def read_random(library: str, count: int) -> None:
    kernel = load_kernel(Path(library))
    assert isinstance(kernel, Kernel)
    rng = np.random.default_rng(3)
    for number in range(count):
        data = rng.integers(0, 256, rng.integers(1, 120), dtype=np.uint8)  # a piece of memory of its own
        head = np.frombuffer(radiotap() + FRAMES[number % len(FRAMES)], dtype=np.uint8)[: len(data)]
        if number % 2:
            data[: len(head)] = head
            data[rng.integers(len(data))] = rng.integers(256)
        ends = np.sort(np.append(rng.integers(0, len(data) + 1, 3), len(data)))
        start = np.append(0, ends[:-1])
        block = PacketBlock((105, 127)[number % 2], data, start, ends - start, ends - start + 5, start)
        read_by_kernel(data, parse_by_kernel(block, kernel)[0], kernel)
        kernel.number_distinct(rng.integers(0, 9, number % 40))
        kernel.walk_pcap(memoryview(data), "<>"[number % 2], 1)
        data[: min(len(data), 8)] = np.frombuffer(struct.pack("<II", 6, 32), dtype=np.uint8)[: len(data)]
        kernel.walk_pcapng(memoryview(data), "<", MAX_BLOCK_OCTETS, 0)
        kernel.spread_bits(rng.integers(0, 2 ** (number % 62 + 1), 4), rng.integers(0, 256, (4, 32), dtype=np.uint8))
    print(count)


def test_why_there_is_none_is_said(host_cc: str, tmp_path: Path) -> None:
    assert str(load_kernel(tmp_path / "none.so")) == "it was not built"
    (tmp_path / "text.so").write_text("no library", encoding="utf-8")
    assert "does not load" in str(load_kernel(tmp_path / "text.so"))
    other = build(host_cc, tmp_path / "other.so", digest="0" * 64)
    assert str(load_kernel(other)) == "it was built from another source"
    assert "missing" in str(load_kernel(other, tmp_path))

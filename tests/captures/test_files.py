"""Capture files of every format, cut, damaged and foreign."""

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.captures.files import open_capture
from sweep.captures.packets import CaptureFileError, ReadTally, build_block
from sweep.captures.pcapng_writer import PcapngWriter
from tests.simulators.pcap import write_pcap

PACKETS = [(1_700_000_000_123_456_000 + n * 1_000_000_000, bytes([n]) * (10 + 7 * n), 200 + n) for n in range(9)]
Row = tuple[int, int, bytes, int]


def read(path: Path, chunk_octets: int = 4096) -> tuple[list[Row], ReadTally]:
    """(link type, time, octets, original length) of every packet."""
    with open_capture(path, chunk_octets=chunk_octets) as reader:
        rows = [
            (found.link_type, int(found.t_ns[i]), found.packet(i), int(found.original[i]))
            for found in reader.blocks
            for i in range(len(found))
        ]
    return rows, reader.tally


def read_or_refuse(path: Path, chunk_octets: int = 4096) -> tuple[list[Row], ReadTally] | str:
    """Like `read`, or the line with which the file was refused."""
    try:
        return read(path, chunk_octets)
    except CaptureFileError as error:
        return str(error)


def expected(link_type: int = 127) -> list[Row]:
    return [(link_type, t_ns, octets, original) for t_ns, octets, original in PACKETS]


def pcap_bytes(order: str, *, nanoseconds: bool, link_type: int = 127) -> bytes:
    magic, unit = (0xA1B23C4D, 1) if nanoseconds else (0xA1B2C3D4, 1000)
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)
    for t_ns, octets, original in PACKETS:
        seconds, rest = divmod(t_ns, 1_000_000_000)
        out += struct.pack(order + "IIII", seconds, rest // unit, len(octets), original) + octets
    return out


def block(order: str, kind: int, body: bytes) -> bytes:
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order: str) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order: str, link_type: int, resolution: bytes | None = None, offset_s: int | None = None) -> bytes:
    options = b""
    if resolution is not None:
        options += struct.pack(order + "HH", 9, 1) + resolution + b"\0\0\0"
    if offset_s is not None:
        options += struct.pack(order + "HHq", 14, 8, offset_s)
    return block(order, 1, struct.pack(order + "HHI", link_type, 0, 0) + options)


def enhanced(order: str, number: int, ticks: int, octets: bytes, original: int) -> bytes:
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(octets), original)
    return block(order, 6, head + octets)


def pcapng_bytes(order: str, resolution: bytes = b"\x09") -> bytes:
    out = section(order) + interface(order, 127, resolution)
    for t_ns, octets, original in PACKETS:
        out += enhanced(order, 0, t_ns if resolution == b"\x09" else t_ns // 1000, octets, original)
    return out


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("chunk_octets", [1, 50, 4096])
@pytest.mark.parametrize("nanoseconds", [False, True])
def test_pcap_of_both_byte_orders(tmp_path: Path, order: str, chunk_octets: int, nanoseconds: bool) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap_bytes(order, nanoseconds=nanoseconds))
    rows, tally = read(path, chunk_octets)
    assert rows == expected()
    assert (tally.packets, tally.cut_tail_octets, dict(tally.rejected)) == (9, 0, {})


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("chunk_octets", [1, 50, 4096])
@pytest.mark.parametrize("resolution", [b"\x09", b"\x06"])
def test_pcapng_of_both_byte_orders(tmp_path: Path, order: str, chunk_octets: int, resolution: bytes) -> None:
    path = tmp_path / "a.pcapng"
    path.write_bytes(pcapng_bytes(order, resolution))
    rows, tally = read(path, chunk_octets)
    assert rows == expected()
    assert tally.cut_tail_octets == 0


def test_what_we_write_we_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    assert write_pcap(path, PACKETS, link_type=105, snap_length=40) == 9
    rows, _ = read(path)
    assert rows == [(105, t_ns, octets[:40], original) for t_ns, octets, original in PACKETS]
    with pytest.raises(ValueError, match="does not fit"):
        write_pcap(path, [(-1, b"", 0)], link_type=105)


def test_sections_interfaces_and_odd_blocks(tmp_path: Path) -> None:
    content = (
        section("<")
        + interface("<", 127, b"\x8a")  # 2^-10 s
        + interface("<", 1, b"\x09", offset_s=5)
        + block("<", 0xBAD, b"unknown block")
        + enhanced("<", 0, 1024 * 3 + 512, b"half", 4)
        + enhanced("<", 1, 7, b"late", 4)
        + block("<", 3, struct.pack("<I", 5) + b"plain")
        + block("<", 2, struct.pack("<HHIIII", 0, 0, 0, 1024, 3, 3) + b"old")
        + enhanced("<", 9, 0, b"lost", 4)
        + section(">")
        + interface(">", 105)
        + enhanced(">", 0, 1_000_000, b"turned", 6)
    )
    path = tmp_path / "a.pcapng"
    path.write_bytes(content)
    rows, tally = read(path)
    assert rows == [
        (127, 3_500_000_000, b"half", 4),
        (1, 5_000_000_007, b"late", 4),
        (127, 0, b"plain", 5),
        (127, 1_000_000_000, b"old", 3),
        (105, 1_000_000_000, b"turned", 6),
    ]
    assert dict(tally.rejected) == {"unknown_interface": 1}


@pytest.mark.parametrize("content", [pcap_bytes("<", nanoseconds=True), pcapng_bytes("<")], ids=["pcap", "pcapng"])
def test_a_file_cut_anywhere_gives_what_came_before(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a"
    whole = expected()
    seen = set()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        found = read_or_refuse(path, 64)
        if isinstance(found, str):
            assert "\n" not in found
            assert length < 28
            continue
        rows, tally = found
        assert rows == whole[: len(rows)]
        seen.add(len(rows))
        assert tally.cut_tail_octets < 250
    assert seen >= set(range(9))


def test_an_impossible_length_stops_and_is_counted(tmp_path: Path) -> None:
    content = bytearray(pcap_bytes("<", nanoseconds=True))
    content[24 + 16 + 10 + 8 : 24 + 16 + 10 + 12] = b"\xff\xff\xff\x7f"
    path = tmp_path / "a.pcap"
    path.write_bytes(bytes(content))
    rows, tally = read(path)
    assert rows == expected()[:1]
    assert dict(tally.rejected) == {"impossible_packet_length": 1}
    assert tally.cut_tail_octets == len(content) - 50


@pytest.mark.parametrize("head", ["pcap", "pcapng"])
def test_zeros_that_nobody_wrote_end_a_file_at_once(tmp_path: Path, head: str) -> None:
    path = tmp_path / "a"
    whole = pcap_bytes("<", nanoseconds=True) if head == "pcap" else pcapng_bytes("<")
    with path.open("wb") as stream:
        stream.write(whole)
        stream.truncate(4 * 2**30)  # a hole: nothing lies on the disk
    rows, tally = read(path)
    assert rows == expected()
    assert dict(tally.rejected) == {"never_written": 1}
    assert tally.cut_tail_octets == 4 * 2**30 - len(whole)


def test_a_file_of_zeros_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    with path.open("wb") as stream:
        stream.truncate(4 * 2**30)
    with pytest.raises(CaptureFileError, match="never written"), open_capture(path):
        pass


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"", "it is empty"),
        (b"a,b\n1,2\n", "export the capture"),
        (b"\x1f\x8b\x08rest", "gzip; unpack it first"),
        (b"\xd4\xc3\xb2\xa1\x02", "cut off inside the pcap header"),
        (b"\x0a\x0d\x0d\x0a\x1c\0", "cut off or damaged in the pcapng header"),
        (b"btsnoop\0\0\0", "Bluetooth"),
    ],
)
def test_a_foreign_file_gives_one_line_that_says_what_to_do(tmp_path: Path, content: bytes, advice: str) -> None:
    path = tmp_path / "\u202edrop\x1b[31m.pcap"
    path.write_bytes(content)
    with pytest.raises(CaptureFileError, match=advice) as caught:
        read(path)
    line = str(caught.value)
    assert line.isprintable()


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, advice in (("pipe", "not a regular file"), ("missing", "cannot be read"), (".", "not a regular file")):
        with pytest.raises(CaptureFileError, match=advice):
            read(tmp_path / name)
    with pytest.raises(CaptureFileError, match=r"unusable name|cannot be read"):
        read(tmp_path / "nul\0name")


@given(
    content=st.sampled_from([pcap_bytes("<", nanoseconds=False), pcap_bytes(">", nanoseconds=True), pcapng_bytes("<")]),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=12),
    chunk_octets=st.sampled_from([16, 300, 65536]),
)
def test_damage_is_counted_and_never_crashes(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, changes: list[tuple[int, int]], chunk_octets: int
) -> None:
    damaged = bytearray(content)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(bytes(damaged))
    found = read_or_refuse(path, chunk_octets)
    if isinstance(found, str):
        assert "\n" not in found
    else:
        rows, tally = found
        assert tally.packets == len(rows)
        assert all(len(octets) <= len(damaged) for _, _, octets, _ in rows)
        assert 0 <= tally.cut_tail_octets <= len(damaged)


def test_packets_equal_those_that_scapy_reads(shared_data: Path) -> None:
    from scapy.utils import RawPcapReader

    for path in sorted(shared_data.glob("wifi/*cap*")):
        rows, _ = read(path)
        with RawPcapReader(str(path)) as reader:
            assert [octets for _, _, octets, _ in rows] == [octets for octets, _ in reader], path.name


@given(
    blocks=st.lists(
        st.tuples(
            st.sampled_from([105, 127]),
            st.lists(
                st.tuples(st.integers(0, 2**62), st.binary(max_size=90), st.integers(0, 70_000)), min_size=1, max_size=4
            ),
        ),
        max_size=6,
    ),
    cut=st.integers(0, 400),
)
def test_blocks_are_read_as_they_were_written_up_to_where_the_file_was_cut(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[tuple[int, list[tuple[int, bytes, int]]]], cut: int
) -> None:
    path = tmp_path_factory.mktemp("written") / "a.pcapng"
    wanted: list[Row] = []
    with path.open("wb") as stream:
        writer = PcapngWriter(stream)
        for link_type, packets in blocks:
            wanted += [(link_type, t_ns, octets, original) for t_ns, octets, original in packets]
            rows = [(place * 90, len(octets), original, t_ns) for place, (t_ns, octets, original) in enumerate(packets)]
            writer.write(build_block(link_type, b"".join(octets.ljust(90) for _, octets, _ in packets), rows))
    assert read(path)[0] == wanted
    octets = path.read_bytes()
    path.write_bytes(octets[: max(28, len(octets) - cut)])
    found, _ = read(path)
    assert found == wanted[: len(found)]
    assert cut or found == wanted

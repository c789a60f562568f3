"""The 802.11 header parser: every kind of address layout, and nothing that makes it crash."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.captures.files import open_capture
from sweep.captures.packets import LINK_IEEE80211
from sweep.modality.addresses import format_address, parse_address
from sweep.wifi.frames.dot11 import (
    NO_ADDRESS,
    NO_SEQUENCE,
    PROTECTED_OTHERWISE,
    UNPROTECTED,
    UNREAD,
    Dot11Frames,
    parse_block,
    parse_plainly,
)
from tests.wifi.frames import (
    AP,
    BROADCAST,
    OTHER,
    ROUTER,
    STATION,
    beacon,
    data_down,
    data_up,
    frame,
    octets,
    radiotap,
    write_frames,
)
from tests.wifi.test_radio_headers import block_of


def parse(*frames: bytes) -> tuple[Dot11Frames, dict[str, int]]:
    found, rejected = parse_block(block_of(list(frames), LINK_IEEE80211))
    return found, {reason: count for reason, count in rejected.items() if count}


def roles(found: Dot11Frames, row: int = 0) -> dict[str, str | None]:
    return {
        name: None if getattr(found, name)[row] == NO_ADDRESS else format_address(int(getattr(found, name)[row]))
        for name in ("ra", "ta", "sa", "da", "bssid")
    }


NONE: dict[str, str | None] = {"ra": None, "ta": None, "sa": None, "da": None, "bssid": None}


@pytest.mark.parametrize(
    ("octets_", "expected"),
    [
        (beacon(), {"ra": BROADCAST, "ta": AP, "sa": AP, "da": BROADCAST, "bssid": AP}),
        (data_up(), {"ra": AP, "ta": STATION, "sa": STATION, "da": ROUTER, "bssid": AP}),
        (data_down(), {"ra": STATION, "ta": AP, "sa": ROUTER, "da": STATION, "bssid": AP}),
        (
            frame(2, 0, AP, STATION, OTHER, flags=0),
            {"ra": AP, "ta": STATION, "sa": STATION, "da": AP, "bssid": OTHER},
        ),
        (
            frame(2, 8, AP, STATION, OTHER, ROUTER, flags=3, tid=5),
            {"ra": AP, "ta": STATION, "sa": ROUTER, "da": OTHER, "bssid": None},
        ),
        (frame(1, 13, AP), {"ra": AP}),  # Ack
        (frame(1, 12, AP), {"ra": AP}),  # CTS
        (frame(1, 11, AP, STATION), {"ra": AP, "ta": STATION}),  # RTS
        (frame(1, 9, AP, STATION, body=bytes(10)), {"ra": AP, "ta": STATION}),  # Block Ack
        (frame(1, 10, AP, STATION), {"ra": AP, "ta": STATION, "bssid": AP}),  # PS-Poll
        (frame(1, 14, BROADCAST, AP), {"ra": BROADCAST, "bssid": AP}),  # CF-End: perhaps sent in the AP's stead
        (frame(1, 6, AP, STATION, flags=0x08), {"ra": AP, "ta": STATION}),  # DMG sector sweep
        (frame(1, 6, AP, flags=0x06), {"ra": AP}),  # DMG denial to send: addresses of others
        (frame(3, 0, AP, body=bytes(20)), {"ra": AP, "ta": AP, "bssid": AP}),  # DMG beacon
    ],
)
def test_address_roles(octets_: bytes, expected: dict[str, str | None]) -> None:
    found, rejected = parse(octets_)
    assert rejected == {}
    assert roles(found) == NONE | expected


def test_an_aggregate_does_not_name_source_and_destination() -> None:
    found, _ = parse(data_up(tid=0x80), data_down())
    assert (roles(found)["sa"], roles(found)["da"]) == (STATION, None)
    aggregate = frame(2, 8, STATION, AP, AP, flags=2, tid=0x80)
    assert roles(parse(aggregate)[0])["sa"] is None


def test_numbers_and_flags() -> None:
    found, _ = parse(
        data_up(sequence=4095, tid=6, flags=0x08),
        beacon(sequence=7),
        frame(1, 13, AP),
        frame(2, 4, AP, STATION, ROUTER),
    )
    assert found.sequence_control.tolist() == [4095 << 4, 7 << 4, NO_SEQUENCE, 1 << 4]
    assert found.tid.tolist() == [6, -1, -1, -1]
    assert ((found.flags & 0x08) != 0).tolist() == [True, False, False, False]
    assert found.is_data_with_body().tolist() == [True, False, False, False]


def test_a_bandwidth_signalling_transmitter_is_the_same_station() -> None:
    signalling = format_address(parse_address(STATION) | 1 << 40)
    found, rejected = parse(frame(1, 11, AP, signalling), frame(1, 11, AP, STATION))
    assert rejected == {}
    assert len(np.unique(found.ta)) == 1


@pytest.mark.parametrize(
    ("octets_", "reason"),
    [
        (b"", "short_header"),
        (b"\x80", "short_header"),
        (frame(1, 13, AP)[:9], "short_header"),
        (frame(1, 11, AP, STATION)[:15], "short_header"),
        (data_up()[:23], "short_header"),
        (frame(2, 0, AP, STATION, OTHER, ROUTER, flags=3)[:29], "short_header"),
        (b"\x81" + beacon()[1:], "bad_protocol_version"),
        (frame(3, 1, AP, body=bytes(20)), "reserved_type"),
        (frame(0, 8, BROADCAST, BROADCAST, AP), "group_transmitter"),
        (frame(2, 0, AP, "00:00:00:00:00:00", AP), "null_transmitter"),
    ],
)
def test_what_is_no_frame_is_counted_by_reason(octets_: bytes, reason: str) -> None:
    found, rejected = parse(octets_)
    assert len(found) == 0
    assert rejected == {reason: 1}


@given(
    packets=st.lists(
        st.one_of(
            st.binary(max_size=64),
            st.builds(
                lambda base, place, value: base[: place % len(base)] + bytes([value]) + base[place % len(base) + 1 :],
                st.sampled_from([beacon(), data_up(), data_down(), frame(1, 9, AP, STATION, body=bytes(8))]),
                st.integers(0, 1000),
                st.integers(0, 255),
            ),
            st.builds(lambda base, length: base[:length], st.sampled_from([beacon(), data_up()]), st.integers(0, 40)),
        ),
        max_size=30,
    ),
    has_radiotap=st.booleans(),
)
def test_each_packet_is_a_frame_or_a_rejection(packets: list[bytes], has_radiotap: bool) -> None:
    block = block_of([radiotap() + p for p in packets], 127) if has_radiotap else block_of(packets, LINK_IEEE80211)
    found, rejected = parse_block(block)
    assert len(found) + rejected.total() == len(packets)
    assert (found.frame_len >= 0).all()
    assert set(found.kind.tolist()) <= {0, 1, 2, 3}


def test_an_address_at_the_very_end_of_a_file_is_read(tmp_path: Path) -> None:
    path = write_frames(tmp_path / "a.pcap", [frame(1, 11, AP, STATION)], link_type=LINK_IEEE80211)
    with open_capture(path) as reader:
        (block,) = reader.blocks
        found, rejected = parse_block(block)
    assert roles(found)["ta"] == STATION
    assert rejected.total() == 0


MUTATED = 3_000


def mutate(count: int, seed: int) -> list[bytes]:
    """Frames of all kinds with a few octets changed and some cut short."""
    rng = np.random.default_rng(seed)
    bases = [
        beacon(),
        data_up(),
        data_down(),
        *(frame(1, subtype, AP, STATION, body=bytes(12)) for subtype in range(16)),
        *(frame(0, subtype, AP, STATION, AP, body=bytes(40)) for subtype in range(16)),
        *(frame(2, subtype, AP, STATION, OTHER, ROUTER, flags=3, tid=1, body=bytes(30)) for subtype in range(16)),
        frame(3, 0, AP, body=bytes(20)),
    ]
    frames = []
    for _ in range(count):
        octets_ = bytearray(bases[int(rng.integers(len(bases)))])
        for _ in range(int(rng.integers(0, 4))):
            octets_[int(rng.integers(len(octets_)))] = int(rng.integers(256))
        frames.append(bytes(octets_[: int(rng.integers(10, len(octets_) + 1))] if rng.random() < 0.3 else octets_))
    return frames


@pytest.mark.parametrize("count", [MUTATED, pytest.param(100_000, marks=pytest.mark.soak)])
def test_mutated_frames_read_as_tshark_reads_them(tmp_path: Path, count: int) -> None:
    if shutil.which("tshark") is None:
        pytest.fail("tshark is not installed: make setup-test")
    path = write_frames(tmp_path / "a.pcap", mutate(count, 1), link_type=LINK_IEEE80211)
    names = ("wlan.ta", "wlan.ra", "wlan.sa", "wlan.da", "wlan.bssid", "wlan.seq")
    command = ["tshark", "-r", str(path), "-T", "fields", *(part for name in names for part in ("-e", name))]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.removesuffix("\n").split("\n")
    theirs = [[value.split(",")[0] for value in line.split("\t")] for line in lines]
    assert len(theirs) == count
    compared, before = 0, 0
    with open_capture(path) as reader:
        for block in reader.blocks:
            found, _ = parse_block(block)
            number_at = {int(start): number for number, start in enumerate(block.start, before)}
            before += len(block)
            for row in range(len(found)):
                their = dict(zip(names, theirs[number_at[int(found.start[row])]], strict=True))
                ours = roles(found, row)
                sequence = int(found.sequence_control[row])
                if found.kind[row] == 1 and found.ta[row] != NO_ADDRESS and their["wlan.ta"]:
                    # the group bit of a control frame's transmitter only signals a bandwidth
                    their["wlan.ta"] = format_address(parse_address(their["wlan.ta"]) & ~(1 << 40))
                for name in ("ta", "ra", "sa", "da", "bssid"):
                    if ours[name] and their[f"wlan.{name}"]:
                        assert ours[name] == their[f"wlan.{name}"], (name, found.kind[row], found.subtype[row])
                        compared += 1
                if sequence != NO_SEQUENCE and their["wlan.seq"]:
                    assert str(sequence >> 4) == their["wlan.seq"]
    assert compared > count


def test_addresses_of_frames_are_those_put_in() -> None:
    assert octets("aa:bb:cc:dd:ee:ff") == bytes.fromhex("aabbccddeeff")


@pytest.mark.parametrize(
    ("body", "flags", "number"),
    [
        (bytes([1, 2, 0, 0x20, 3, 4, 5, 6]), 0x41, 0x030201), (bytes([1, 2, 0, 0x60, 3, 4, 5, 6, 9]), 0x4B, 0x030201),
        (bytes(4) + bytes([1, 2, 0, 0x20, 3, 4, 5, 6]), 0xC1, 0x030201),
        (bytes([1, 2, 0, 0x20, 3, 4, 5]), 0x41, UNREAD),
        (bytes([1, 0x21, 7, 0x20, 3, 4, 5, 6]), 0x41, PROTECTED_OTHERWISE), (bytes(8), 0x41, PROTECTED_OTHERWISE),
        (bytes(3), 0x41, UNREAD), (bytes([1, 2, 0, 0x20, 3, 4, 5, 6]), 1, UNPROTECTED), (b"", 1, UNPROTECTED),
    ],
)  # fmt: skip
@pytest.mark.parametrize("tid", [None, 5])
def test_the_number_of_an_encrypted_packet(body: bytes, flags: int, number: int, tid: int | None) -> None:
    """Behind four addresses and HT Control too, which only QoS frames have; never of a Null frame or of management."""
    if flags & 0x80 and tid is None:
        body = body[4:]
    addresses = [AP, STATION, ROUTER, *([OTHER] if flags & 3 == 3 else [])]
    for direction, names in ((flags, addresses), (flags | 3, [AP, STATION, ROUTER, OTHER])):
        its = frame(2, 0 if tid is None else 8, *names, flags=direction, body=body, tid=tid)
        block = block_of([its], LINK_IEEE80211)
        for found in (parse_block(block)[0], parse_plainly(block)[0]):
            assert found.packet_number.tolist() == [number]
    null, management = (
        frame(2, 4, *addresses, flags=flags, body=body),
        frame(0, 13, AP, STATION, AP, flags=0x40, body=body),
    )
    assert parse(null, management)[0].packet_number.tolist() == [UNREAD, UNREAD]

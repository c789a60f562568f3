"""Transmitters and flows out of frames: roles, repeats, amounts, levels, vendors, hostile names."""

import re
import runpy
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.captures.packets import LINK_RADIOTAP
from sweep.modality.addresses import format_address, is_locally_administered, parse_address
from sweep.wifi.frames.element_reader import read_elements
from sweep.wifi.frames.framelog import FrameLog
from sweep.wifi.frames.reading import read_log
from sweep.wifi.scan import scan_file
from sweep.wifi.transmitters import vendors
from sweep.wifi.transmitters.census import take_census
from sweep.wifi.transmitters.flow import Flow
from sweep.wifi.transmitters.streams import list_flows
from sweep.wifi.transmitters.transmitters import Transmitter, describe_transmitters
from sweep.wifi.transmitters.vendors import TABLE, find_vendor
from tests.simulators.pcap import write_pcap
from tests.wifi.frames import (
    AP,
    BROADCAST,
    OTHER,
    ROUTER,
    START_NS,
    STATION,
    beacon,
    data_down,
    data_up,
    frame,
    radiotap,
    write_frames,
)

Logged = Callable[..., FrameLog]


@pytest.fixture
def logged(tmp_path: Path) -> Logged:
    def build(*frames: bytes, interval_ms: float = 10.0) -> FrameLog:
        return read_log(write_frames(tmp_path / "a.pcap", list(frames), interval_ms=interval_ms))[0]

    return build


def by_address(log: FrameLog) -> dict[str, Transmitter]:
    found = describe_transmitters(take_census(log), read_elements(log.management).by_sender)
    return {format_address(one.addresses[0]): one for one in found}


@pytest.mark.parametrize(
    ("frames", "roles"),
    [
        ([beacon()], {AP: "ap"}),
        ([beacon(subtype=5, to=STATION)], {AP: "ap"}),
        ([data_up()], {STATION: "sta"}),
        ([data_down()], {AP: "ap"}),
        ([data_up(), frame(1, 11, STATION, AP)], {STATION: "sta", AP: "ap"}),
        ([data_down(), frame(1, 11, AP, STATION)], {STATION: "sta", AP: "ap"}),
        ([frame(1, 11, AP, STATION)], {STATION: "unknown"}),
        ([frame(1, 10, AP, STATION)], {STATION: "sta"}),
        ([frame(0, 4, BROADCAST, STATION, BROADCAST)], {STATION: "sta"}),
        ([frame(0, 11, AP, STATION, AP), frame(0, 11, STATION, AP, AP, sequence=2)], {STATION: "sta", AP: "ap"}),
        ([data_down(station=BROADCAST)], {AP: "ap"}),
        ([frame(2, 8, AP, OTHER, ROUTER, STATION, flags=3, tid=0)], {OTHER: "unknown"}),
        ([beacon(), data_up(station=AP, ap=OTHER)], {AP: "ap"}),  # a repeater stays an access point
        ([frame(3, 0, AP, body=bytes(20))], {AP: "ap"}),
    ],
)
def test_roles(logged: Logged, frames: list[bytes], roles: dict[str, str]) -> None:
    assert {address: one.role for address, one in by_address(logged(*frames)).items()} == roles


def test_octets_go_up_and_down_once(logged: Logged) -> None:
    log = logged(
        data_up(length=200, sequence=5),
        data_up(length=200, sequence=5, flags=0x08),  # a retry of what was heard
        data_up(length=300, sequence=6, flags=0x08),  # a retry of what was missed
        data_up(length=400, sequence=6, tid=1),  # another counter
        data_down(length=150, sequence=9),
        frame(2, 12, AP, STATION, ROUTER, flags=1, tid=0),  # QoS Null carries nothing
    )
    station, ap = by_address(log)[STATION], by_address(log)[AP]
    assert (station.frames, station.retries, station.bytes_up, station.bytes_down) == (5, 1, 900, 150)
    assert (ap.frames, ap.bytes_up, ap.bytes_down) == (1, 150, 900)


def test_a_sequence_number_comes_round_again(logged: Logged) -> None:
    again = [data_up(sequence=5), data_up(sequence=5, flags=0x08)]
    assert by_address(logged(*again, interval_ms=500.0))[STATION].retries == 1
    assert by_address(logged(*again, interval_ms=1500.0))[STATION].retries == 0


def test_levels_are_medians_and_zero_is_no_level(tmp_path: Path) -> None:
    levels = [-80, -40, -70, -60, 0, 0, 0]
    packets = [(START_NS + n, radiotap(level) + beacon(), 15 + len(beacon())) for n, level in enumerate(levels)]
    write_pcap(tmp_path / "a.pcap", packets, link_type=LINK_RADIOTAP)
    (one,) = by_address(read_log(tmp_path / "a.pcap")[0]).values()
    assert one.level is not None
    assert (one.level.median_dbm, one.level.max_dbm) == (-65.0, -40.0)
    assert one.channel_mhz == 2437


def test_flows_join_both_directions_and_leave_out_multicast(logged: Logged) -> None:
    frames = [data_up(sequence=n, length=1000) for n in range(10)]
    frames += [data_down(sequence=n, length=90) for n in range(10)]
    frames += [data_down(station=BROADCAST, sequence=n + 20) for n in range(10)]
    flows = {(format_address(f.sender), format_address(f.peer)): f for f in list_flows(logged(*frames))}
    assert set(flows) == {(STATION, AP), (AP, STATION)}
    up, down = flows[STATION, AP], flows[AP, STATION]
    assert (up.is_from_ap, down.is_from_ap) == (False, True)
    assert (int(up.frame_len.sum()), int(up.back_frame_len.sum())) == (10_000, 900)
    assert (up.self_sourced_share, down.self_sourced_share) == (1.0, 0.0)


def test_an_access_point_that_is_the_source_is_told_from_one_that_forwards(logged: Logged) -> None:
    frames = [data_down(sequence=n, source=AP) for n in range(10)]
    (flow,) = list_flows(logged(*frames))
    assert isinstance(flow, Flow)
    assert flow.self_sourced_share == 1.0


def test_vendors_of_long_and_short_prefixes() -> None:
    assert find_vendor(parse_address("00:00:0c:12:34:56")) == "Cisco Systems, Inc"
    assert find_vendor(parse_address("00:1b:c5:00:01:23")) == "Converging Systems Inc."  # 36 bits
    assert find_vendor(parse_address("02:00:0c:12:34:56")) is None
    assert find_vendor(parse_address("00:00:00:12:34:56")) is None


def longest(digits: str) -> str | None:
    return next((table()[digits[:n]] for n in (9, 7, 6) if digits[:n] in table()), None)


@given(address=st.integers(0, 2**48 - 1).map(lambda n: n & ~(3 << 40)))
def test_vendors_are_those_of_the_longest_prefix(address: int) -> None:
    assert find_vendor(address) == longest(f"{address:012X}")


def test_every_line_of_the_sorted_table_is_found() -> None:
    assert len(table()) > 50_000
    assert list(table()) == sorted(table())
    assert {"Shinko Technos co.,ltd.", "Converging Systems Inc."} <= set(table().values())
    for prefix in list(table())[::97]:
        address = int(prefix.ljust(12, "0"), 16)
        assert find_vendor(address) == (None if is_locally_administered(address) else longest(f"{address:012X}"))


def test_a_table_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    apart = runpy.run_path(shutil.copy(vendors.__file__, str(tmp_path)))
    with pytest.raises(FileNotFoundError):
        apart["find_vendor"](parse_address("00:00:0c:99:99:99"))


@cache
def table() -> dict[str, str]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    assert re.search(r"from .* on 20[0-9]{2}-[0-9]{2}-[0-9]{2}\.$", lines[1])
    return dict(line.split("\t", 1) for line in lines if not line.startswith("#"))


HOSTILE_NAMES = [
    b"<img src=x onerror=alert(1)>",
    "\u202egnp.exe".encode(),
    b"\x1b[2J\x1b]0;owned\x07",
    b'=HYPERLINK("x")',
    b"\xff\xfe\x00broken",
    "한강".encode(),
]


def test_names_survive_as_octets_and_never_reach_the_output(tmp_path: Path) -> None:
    frames = [beacon(ssid=name, sequence=n) for n, name in enumerate(HOSTILE_NAMES)]
    frames += [beacon(ssid=b""), beacon(ssid=bytes(8)), frame(0, 4, BROADCAST, STATION, BROADCAST, body=b"\0\4home")]
    path = write_frames(tmp_path / "a.pcap", frames)
    scan = scan_file(path)
    names = {name for item in scan.transmitters for name in item.transmitter.names}
    assert names == set(HOSTILE_NAMES)
    for form in ("hashed", "full"):
        text = str(scan.to_json(addresses="full" if form == "full" else "hashed"))
        assert not any(part in text for part in ("onerror", "owned", "HYPERLINK", "broken", "gnp", "home", "한강"))


def test_a_beacon_flood_is_bounded(tmp_path: Path) -> None:
    frames = [beacon(ssid=b"net" + bytes([n % 250 + 1]), sequence=n) for n in range(500)]
    (item,) = scan_file(write_frames(tmp_path / "a.pcap", frames, interval_ms=1.0)).transmitters
    assert len(item.transmitter.names) == 8

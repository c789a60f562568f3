"""What is new of a sender is noted and nothing else: bounded, without a bystander's networks, without dissecting."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.captures.packets import LINK_IEEE80211
from sweep.wifi.frames.dot11 import parse_block
from sweep.wifi.frames.element_reader import read_elements
from sweep.wifi.frames.management import MAX_BODIES, Management, ManagementNotes
from tests.wifi.elements import RATES, element, wps
from tests.wifi.frames import AP, BROADCAST, STATION, beacon, frame, octets
from tests.wifi.test_radio_headers import block_of

SENDER = int.from_bytes(octets(AP), "big")


def note(*frames: bytes, at_once: bool = True) -> Management:
    notes = ManagementNotes()
    for some in [list(frames)] if at_once else [[one] for one in frames]:
        block = block_of(some, LINK_IEEE80211)
        notes.add(block.data, parse_block(block)[0])
    return notes.finish()


def ask(name: bytes, rest: bytes = RATES, station: str = STATION) -> bytes:
    return frame(0, 4, BROADCAST, station, BROADCAST, body=element(0, name) + rest)


@pytest.mark.parametrize("at_once", [True, False])
def test_repeated_beacons_are_nothing_new(at_once: bool) -> None:
    traffic = [element(5, bytes([n % 3, 3, 0, n])) for n in range(50)]
    found = note(*(beacon(sequence=n) + RATES + one for n, one in enumerate(traffic)), at_once=at_once)
    assert [body.octets for body in found.bodies[SENDER]] == [element(0, b"net") + RATES + traffic[0]]


@pytest.mark.parametrize("at_once", [True, False])
def test_another_name_another_length_and_another_kind_of_frame_are_new(at_once: bool) -> None:
    frames = [beacon(), beacon(ssid=b"neo"), beacon(ssid=b"sea"), beacon() + RATES, beacon() + wps(), beacon(subtype=5)]
    found = note(*frames, *frames, at_once=at_once)
    assert len(found.bodies[SENDER]) == 6
    assert found.missed == 0


def test_the_network_a_bystander_asks_for_is_not_kept_and_makes_nothing_new() -> None:
    found = note(*[ask(name) for name in (b"home of A", b"xx", b"")])
    ((body,),) = found.bodies.values()
    assert body.octets == b"\0\0" + RATES
    # a name cut by the capture is no reason to keep what is there of it
    assert note(ask(b"home of A", b"")[:-3]).bodies == {}


def test_the_network_a_station_joins_is_not_kept_either() -> None:
    request = frame(0, 0, AP, STATION, AP, body=b"\1\4\1\0" + element(0, b"home of A") + RATES)
    ((body,),) = note(request).bodies.values()
    assert (body.is_announcement, body.octets) == (False, b"\0\0" + RATES)


def test_the_timer_of_a_beacon_is_kept_and_a_probe_request_has_none() -> None:
    ticking = beacon()[:24] + (1_000_000).to_bytes(8, "little") + beacon()[32:]
    (body,) = note(ticking).bodies[SENDER]
    block = block_of([ticking], LINK_IEEE80211)
    assert body.clock_us == int(block.t_ns[0]) // 1_000 - 1_000_000
    ((asked,),) = note(ask(b"")).bodies.values()
    assert asked.clock_us is None


def test_a_flood_of_one_sender_is_bounded_and_counted() -> None:
    found = note(*[beacon() + element(221, bytes(n)) for n in range(200)])
    assert len(found.bodies[SENDER]) == 8
    assert found.missed == 192


def test_a_flood_of_made_up_senders_is_bounded_where_they_differ() -> None:
    def flood(differ: bool) -> Management:
        senders = (f"02:00:00:00:{n >> 8:02x}:{n & 255:02x}" for n in range(MAX_BODIES + 100))
        tails = (n.to_bytes(4, "big") if differ else b"same" for n in range(MAX_BODIES + 100))
        return note(*[ask(b"", element(221, tail), sender) for sender, tail in zip(senders, tails, strict=True)])

    alike, different = flood(differ=False), flood(differ=True)
    assert (len(alike.bodies), alike.missed) == (MAX_BODIES + 100, 0)
    assert (sum(map(len, different.bodies.values())), different.missed) == (MAX_BODIES, 100)


@given(bodies=st.lists(st.tuples(st.sampled_from([0, 2, 4, 5, 8]), st.binary(max_size=60)), max_size=12))
def test_any_octets_are_noted_within_their_frame(bodies: list[tuple[int, bytes]]) -> None:
    frames = [frame(0, subtype, BROADCAST, AP, AP, body=body) for subtype, body in bodies]
    if frames:
        for body in note(*frames).bodies.get(SENDER, ()):
            assert any(whole.endswith(body.octets[2:]) for whole in frames)


def test_listening_never_loads_scapy_and_describing_does(tmp_path: Path) -> None:
    code = (
        "import sys; from sweep.wifi.frames.framelog import build_log; from sweep.wifi.scan import scan_log; "
        "from sweep.wifi.transmitters.streams import list_flows; "
        "from tests.wifi.frames import beacon, radiotap; from tests.wifi.test_radio_headers import block_of; "
        "log = build_log([block_of([radiotap() + beacon()])]); list_flows(log); print('scapy' in sys.modules); "
        "scan_log(log); print('scapy' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]


def test_an_empty_block_is_no_trouble() -> None:
    notes = ManagementNotes()
    block = block_of([b"\xd4\0\0\0" + octets(AP)], LINK_IEEE80211)
    frames = parse_block(block)[0]
    notes.add(block.data, frames.keep(np.zeros(len(frames), dtype=bool)))
    assert notes.finish() == Management()


def test_who_found_no_room_said_nothing() -> None:
    frames = [beacon(bssid=f"02:00:00:00:{n >> 8:02x}:{n & 255:02x}", ssid=b"%05d" % n) for n in range(MAX_BODIES + 5)]
    found = note(*frames)
    assert len(found.bodies) == MAX_BODIES
    assert found.missed == 5
    assert read_elements(found).dissected == MAX_BODIES

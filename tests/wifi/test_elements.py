"""Information elements: walked as scapy dissects them, names kept as bytes, bystanders' networks stepped over."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.dot11 import Dot11, Dot11Elt

from sweep.captures.files import open_capture
from sweep.captures.packets import LINK_IEEE80211
from sweep.wifi.dot11 import BEACON, MANAGEMENT, PROBE_REQUEST, PROBE_RESPONSE, parse_block
from sweep.wifi.elements import Elements, read_body, read_elements, walk
from tests.wifi.frames import AP, STATION, beacon, frame
from tests.wifi.test_radio_headers import block_of

UUID = bytes(range(1, 17))


def element(number: int, value: bytes) -> bytes:
    return bytes([number, len(value)]) + value


def wps(name: bytes = b"Camera <b>", uuid: bytes = UUID) -> bytes:
    attributes = ((0x1011, name), (0x1021, b"ACME\x1b[2J"), (0x1047, uuid))
    body = b"".join(struct.pack(">HH", number, len(value)) + value for number, value in attributes)
    return element(221, b"\x00\x50\xf2\x04" + body)


RATES = element(1, bytes([0x82, 0x84]))


def say(*frames: bytes) -> dict[int, Elements]:
    block = block_of(list(frames), LINK_IEEE80211)
    known: dict[int, Elements] = {}
    read_elements(block.data, parse_block(block)[0], known, {})
    return known


def test_names_and_uuid_of_a_device_are_read() -> None:
    (found,) = say(beacon() + RATES + wps()).values()
    assert found.names == (b"Camera <b>", b"ACME\x1b[2J")
    assert found.uuid == UUID


def test_the_signature_is_the_kind_and_not_the_moment() -> None:
    tim = [element(5, bytes([n, 1, 0, 0])) for n in (0, 1)]
    first, second = (say(beacon(ssid=ssid) + RATES + one)[next(iter(say(beacon())))] for ssid, one in
                     ((b"home", tim[0]), (b"cafe", tim[1])))  # fmt: skip
    assert first.signature == second.signature
    (other,) = say(beacon() + element(1, bytes([0x82, 0x8B])) + tim[0]).values()
    assert other.signature != first.signature


def test_the_network_a_bystander_asks_for_is_not_even_read() -> None:
    asked = [say(frame(0, 4, "ff:ff:ff:ff:ff:ff", STATION, "ff:ff:ff:ff:ff:ff", body=element(0, name) + RATES))
             for name in (b"home of A", b"xx")]  # fmt: skip
    assert asked[0] == asked[1]
    assert len(asked[0]) == 1


def test_frames_of_a_known_length_are_not_walked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = count_walks(monkeypatch)
    say(*[beacon(sequence=n) + RATES for n in range(50)], beacon() + RATES + wps())
    assert len(calls) == 2


def test_a_flood_of_lengths_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = count_walks(monkeypatch)
    say(*[beacon() + element(221, bytes(n)) for n in range(200)])
    assert len(calls) == 8


def count_walks(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    calls: list[bytes] = []

    def note(body: bytes) -> Elements | None:
        calls.append(body)
        return read_body(body)

    monkeypatch.setattr("sweep.wifi.elements.read_body", note)
    return calls


@given(body=st.binary(max_size=300))
def test_any_octets_are_walked_to_their_end(body: bytes) -> None:
    values = list(walk(body))
    assert sum(2 + len(value) for number, value in values if value is not None and number) <= len(body)
    assert (read_body(body) is None) == any(value is None for _, value in values)


def test_recorded_elements_are_those_that_scapy_finds(shared_data: Path) -> None:
    fixed, compared = {BEACON: 12, PROBE_RESPONSE: 12, PROBE_REQUEST: 0}, 0
    for path in sorted((shared_data / "wifi").glob("*.*cap*")):
        with open_capture(path) as reader:
            for block in reader.blocks:
                if block.link_type not in {105, 127}:
                    continue
                found, _ = parse_block(block)
                for row in range(len(found)):
                    subtype = int(found.subtype[row])
                    if found.kind[row] != MANAGEMENT or subtype not in fixed or compared >= 400:
                        continue
                    begin, length = int(found.start[row]), int(found.captured[row])
                    octets = block.data[begin : begin + length].tobytes()
                    ours = list(walk(octets[24 + fixed[subtype] :]))
                    if any(value is None for _, value in ours):
                        continue
                    theirs, layer = [], Dot11(octets).getlayer(Dot11Elt)
                    while isinstance(layer, Dot11Elt):
                        theirs.append(int(layer.ID))
                        layer = layer.payload
                    assert [number for number, _ in ours] == theirs
                    compared += 1
    assert compared >= 50


def test_an_access_point_is_the_sender() -> None:
    assert {f"{address:012x}" for address in say(beacon() + RATES)} == {AP.replace(":", "")}

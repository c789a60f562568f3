"""One emitter or two: families of networks, counters that go on, and everything that only looks alike."""

from pathlib import Path

import numpy as np
import pytest

from sweep.modality.addresses import parse_address
from sweep.wifi import scan_file
from sweep.wifi.frames.element_reader import read_elements
from sweep.wifi.frames.framelog import build_log
from sweep.wifi.transmitters.census import take_census
from sweep.wifi.transmitters.emitters import Known, group_addresses
from sweep.wifi.transmitters.transmitters import describe_transmitters
from tests.wifi.frames import beacon, frame, radiotap
from tests.wifi.test_radio_headers import block_of

S = 1_000_000_000


def network(
    address: str, level: float | None = -50.0, channel: int = 2_437, uuid: bytes = b"", clock_us: int | None = 5_000_000
) -> Known:
    return Known(parse_address(address), True, channel, level, 0, 60 * S, None, None, "s", uuid, clock_us)


def prober(
    last: int, at_s: float, first: int, until_s: float | None = None, level: float = -60.0, signature: str | None = "p"
) -> Known:
    """An address made up for `at_s` … `until_s` whose probes count from `first` to `last`."""
    address = 0x02_00_00_00_00_00 + first * 7 + round(at_s * 10)
    end = at_s + 1.0 if until_s is None else until_s
    return Known(address, False, 2_437, level, round(at_s * S), round(end * S), first, last, signature, b"")


def joined(*known: Known) -> tuple[int, set[str]]:
    """How many emitters, and all reasons."""
    leaders, reasons = group_addresses(list(known))
    return len(set(leaders)), {reason for found in reasons.values() for reason in found}


@pytest.mark.parametrize("other", ["00:00:5e:00:53:12", "02:00:5e:00:53:10", "06:00:5e:00:53:13"])
def test_networks_of_one_access_point_are_one_emitter(other: str) -> None:
    assert joined(network("00:00:5e:00:53:10"), network(other, -53.0, clock_us=5_050_000)) == (1, {"bssid_family"})


@pytest.mark.parametrize(
    "other",
    [
        network("00:00:5e:00:53:40"),  # too far
        network("00:00:5e:00:54:11"),  # another block
        network("00:00:5e:00:53:11", -70.0),  # fainter
        network("00:00:5e:00:53:11", None),  # no level tells
        network("00:00:5e:00:53:11", channel=2_462),  # another radio
        network("10:00:5e:00:53:11"),  # another vendor
        network("00:00:5e:00:53:11", clock_us=9_000_000),  # two cameras out of one box
        network("00:00:5e:00:53:11", clock_us=None),
    ],
)
def test_networks_that_only_look_alike_are_two(other: Known) -> None:
    assert joined(network("00:00:5e:00:53:10"), other) == (2, set())


def test_a_device_that_names_itself_is_one_whatever_its_addresses() -> None:
    uuid = bytes(range(16))
    assert joined(network("00:00:5e:00:53:10", uuid=uuid), network("02:11:22:33:44:55", -80.0, uuid=uuid)) == (
        1, {"same_wps_uuid"},
    )  # fmt: skip


def test_a_counter_that_goes_on_under_a_new_address_is_one_emitter() -> None:
    chain = [prober(100, 0.0, 90), prober(120, 4.0, 105), prober(140, 9.0, 125)]
    assert joined(*chain) == (1, {"sequence_continues"})
    assert joined(prober(4_090, 0.0, 4_080), prober(20, 3.0, 2)) == (1, {"sequence_continues"})  # wraps


@pytest.mark.parametrize(
    "other",
    [
        prober(220, 4.0, 200),  # jumps
        prober(120, 0.5, 105),  # both at once
        prober(120, 30.0, 105),  # long after
        prober(120, 4.0, 105, level=-80.0),
        prober(120, 4.0, 105, signature="q"),
        prober(120, 4.0, 105, signature=None),  # nothing but a header, and not the very next number
    ],
)
def test_counters_that_do_not_fit_are_two_emitters(other: Known) -> None:
    assert joined(prober(100, 0.0, 90), other) == (2, set())


def test_where_two_would_fit_neither_does() -> None:
    assert joined(prober(100, 0.0, 90), prober(120, 4.0, 105), prober(121, 4.5, 106)) == (3, set())


def test_strangers_are_hardly_ever_joined_by_chance() -> None:
    """Forty phones of two kinds come and go for ten minutes, each with an address and a counter from anywhere."""
    rng, wrong, pairs = np.random.default_rng(7), 0, 0
    for _ in range(50):
        known = []
        for _ in range(40):
            at_s, first = float(rng.uniform(0, 600)), int(rng.integers(4_096))
            known.append(
                prober(
                    (first + 8) % 4_096, at_s, first, level=float(rng.uniform(-85, -45)), signature=str(rng.integers(2))
                )
            )
        leaders, _ = group_addresses(known)
        wrong += len(known) - len(set(leaders))
        pairs += len(known)
    print(f"{wrong} of {pairs} strangers joined")
    assert wrong <= 0.01 * pairs


def with_timer(beacon_: bytes, timer_us: int) -> bytes:
    return beacon_[:24] + timer_us.to_bytes(8, "little") + beacon_[32:]


def test_a_merged_transmitter_adds_up() -> None:
    first, second = "00:00:5e:00:53:10", "02:00:5e:00:53:10"
    frames = [radiotap(-50) + with_timer(beacon(first, b"net", n), 1_000 + n) for n in range(6)]
    frames += [radiotap(-52) + with_timer(beacon(second, b"guest", n), 2_000 + n) for n in range(4)]
    frames += [radiotap(-70) + frame(1, 11, first, "02:00:00:00:00:77")]
    log = build_log([block_of(frames)])
    (one, other) = describe_transmitters(take_census(log), read_elements(log.management).by_sender)
    assert one.addresses == (parse_address(first), parse_address(second))
    assert (one.frames, one.role, one.joined_by, one.names) == (10, "ap", ("bssid_family",), (b"guest", b"net"))
    assert one.level is not None
    assert (one.level.median_dbm, one.level.max_dbm) == (-50.0, -50.0)
    assert not one.is_randomised
    assert (other.frames, other.joined_by) == (1, ())


def test_recorded_captures_keep_every_address(shared_data: Path) -> None:
    for path in sorted((shared_data / "wifi").glob("*.*cap*"))[:12]:
        try:
            found = scan_file(path).transmitters
        except ValueError:
            continue
        addresses = [address for item in found for address in item.transmitter.addresses]
        assert len(addresses) == len(set(addresses))
        for item in found:
            assert bool(item.transmitter.joined_by) == (len(item.transmitter.addresses) > 1)
            if item.transmitter.joined_by:
                print(path.name, len(item.transmitter.addresses), item.transmitter.joined_by)

"""A station that joins anew, a repeater and data of less power are one transmitter; nobody hides behind these."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pytest

from sweep.wifi.frames.dot11 import MANAGEMENT
from sweep.wifi.stimulus.sequence import ChipSequence
from sweep.wifi.transmitters.shared_addresses import find_shared
from tests.simulators import air_encoded
from tests.simulators.air_framing import (
    NETWORK,
    SOURCE,
    VICTIM,
    Attack,
    Habit,
    Sent,
    beacons,
    frame_up,
    log_of,
    phone,
    sent_of,
)
from tests.wifi.test_shared_addresses import LIT, SECONDS, finding, is_flagged

AUTHENTICATION: Final = 11


def rejoining(rng: np.random.Generator, every_s: float, heard: bool = True) -> list[Sent]:
    """A stream whose counter is anywhere after each joining, without a pause, and the frames by which it joins."""
    one = sent_of(air_encoded.draw_lit(LIT, 300, 95, rng, air="good")[0])
    joined = np.floor(one.t_s / every_s).astype(int)
    began = np.searchsorted(one.t_s, every_s * joined)
    numbers = np.arange(len(joined)) - began + rng.integers(0, 4096, joined[-1] + 1)[joined]
    at_s = np.unique(one.t_s[began])[1:] - 0.002
    asks = Sent(
        np.sort(np.concatenate([at_s, at_s - 0.01])), np.full(2 * len(at_s), 90), np.arange(2 * len(at_s)), flags=0,
        tid=-1, kind=MANAGEMENT, subtype=AUTHENTICATION,
    )  # fmt: skip
    return [replace(one, number=numbers, is_retry=one.is_retry[:0]), *([asks] if heard else [])]


def test_a_station_that_joins_anew_is_one_sender() -> None:
    for seed in range(8):
        rng = np.random.default_rng([78, seed])
        sent = rejoining(rng, float(rng.choice([4.0, 5.0, 10.0])))
        assert find_shared(log_of([*sent, beacons(SECONDS, rng, sender=NETWORK)], rng, heard=0.9)) == {}


@pytest.mark.parametrize("hz", [0.3, 2.0, 30.0])
@pytest.mark.parametrize("habit", ["idle", "messages", "browsing"])
def test_joining_in_anothers_name_hides_nobody(habit: Habit, hz: float) -> None:
    """Authentications in the victim's name, one before each of so many frames a second."""
    for seed in range(3):
        rng = np.random.default_rng([79, seed])
        flow = air_encoded.draw_lit(LIT, 300, 95, rng, air="good")[0]
        victim = phone(habit, SECONDS, rng)
        its = frame_up(flow, victim, Attack(louder_db=0.0), rng)
        at_s = its.t_s[np.unique(np.searchsorted(its.t_s, np.arange(1.0, its.t_s[-1], 1 / hz)))] - 1e-4
        claims = Sent(
            at_s, np.full(len(at_s), 90), np.arange(len(at_s)), flags=0, tid=-1, kind=MANAGEMENT,
            subtype=AUTHENTICATION,
        )  # fmt: skip
        assert is_flagged(log_of([victim, its, claims, beacons(SECONDS, rng, sender=NETWORK)], rng, heard=0.97))


def repeated(rng: np.random.Generator, share: float = 1.0) -> tuple[list[Sent], ChipSequence]:
    """A camera behind a repeater that keeps its address and sends on a share of what it sends."""
    flow, sequence, _ = air_encoded.draw_lit(LIT, 300, 95, rng, air="good")
    one = sent_of(flow)
    other = replace(one, t_s=one.t_s + 0.003, receiver=SOURCE, number=np.asarray(one.number) + 900, level_dbm=-75.0)
    return [one, other.keep(rng.random(len(one.t_s)) < share), beacons(SECONDS, rng, sender=NETWORK)], sequence


def test_a_camera_behind_a_repeater_that_keeps_its_address_is_found() -> None:
    for seed in range(3):
        rng = np.random.default_rng([80, seed])
        sent, sequence = repeated(rng)
        log = log_of(sent, rng, heard=0.95)
        assert not is_flagged(log)
        assert finding(log, sequence) == ("video_uplink", "follows_light")


def test_what_goes_into_two_networks_and_is_no_copy_is_of_two_senders() -> None:
    """Neither where only some is sent on, nor where a stream is sent beside copies of what the victim says."""
    rng = np.random.default_rng([81, 1])
    assert is_flagged(log_of(repeated(rng, share=0.6)[0], rng))
    victim = phone("messages", SECONDS, rng)
    copies = replace(victim, t_s=victim.t_s + 0.003, receiver=SOURCE)
    its = frame_up(air_encoded.draw_lit(LIT, 300, 95, rng, air="good")[0], victim, Attack(receiver=SOURCE), rng)
    assert is_flagged(log_of([victim, copies, its, beacons(SECONDS, rng, sender=NETWORK)], rng))


@pytest.mark.parametrize("fainter_db", [16.0, 20.0, 30.0])
def test_data_whose_power_an_access_point_sets_are_of_one_sender(fainter_db: float) -> None:
    """Beside frames of another TID, and its own management; not so where the pictures are the louder ones."""
    for seed in range(4):
        rng = np.random.default_rng([82, seed])
        flow = air_encoded.draw_flow("camera", 20.0, rng)
        beside = [phone("messages", 20.0, rng, tid=6, level_dbm=-45.0), beacons(20.0, rng, sender=NETWORK)]
        fainter = sent_of(flow, level_dbm=-45.0 - fainter_db)
        assert find_shared(log_of([fainter, *beside], rng, heard=0.97)) == {}
        beside[0] = replace(beside[0], level_dbm=-45.0 - fainter_db)
        louder = log_of([sent_of(flow, level_dbm=-45.0), *beside], rng, heard=0.97)
        assert find_shared(louder) == {VICTIM: frozenset({"two_levels"})}


@pytest.mark.parametrize("habit", ["idle", "messages"])
def test_a_louder_stream_that_is_too_thin_for_pictures_and_may_follow_the_light_is_seen(habit: Habit) -> None:
    """Less than is left open: the light would be asked of it all the same."""
    for seed in range(3):
        rng = np.random.default_rng([83, seed])
        flow = air_encoded.stream(LIT, 100.0, SECONDS, rng, "rtp", air="good", kbps=8.0)
        victim = phone(habit, SECONDS, rng, level_dbm=-65.0)
        its = sent_of(flow, tid=5, level_dbm=-45.0)
        log = log_of([victim, its, beacons(SECONDS, rng, sender=NETWORK)], rng, heard=0.97)
        assert find_shared(log) == {VICTIM: frozenset({"two_levels"})}

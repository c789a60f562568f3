"""The light of the simulated city: within the budget, by the real rule of stopping, counted as measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sweep.lab.city.light import UNTESTED, Answer, Dark, Device, chances_of, fate_of, play_again, play_ahead, stop_at
from sweep.lab.city.rooms import KINDS, WORLDS
from sweep.lab.city.samples import load_curves
from sweep.lab.city.simulation import sweep_room
from sweep.lab.city.sweeps import Sampler
from sweep.modality.pending_light import pending_light
from sweep.run.plan.budget import PositionPlan

NULLS = load_curves("first").light_nulls
PLAN = PositionPlan(120.0, 120.0)


@pytest.fixture(scope="module")
def dark() -> Dark:
    return Dark(NULLS["correlation"], np.random.default_rng(3))


def device(run: tuple[float, ...] = (1.0, 0.001), *, lit_zone: int = 0, channel: int = 0, **other: Any) -> Device:
    given: dict[str, Any] = {
        "video": "video_uplink", "levels": (-50.0, -60.0), "shares": (0.8, 0.2), "lit_zone": lit_zone, "run": run,
        "again": run, "smallest": None, "channel": channel, "outside_dbm": -70.0,
    }  # fmt: skip
    return Device(**given | other)


def ended(runs: list[tuple[float, ...]], times: float, longest_s: float) -> tuple[list[float], float]:
    found, played_s = stop_at(runs, times, longest_s)
    return found, round(played_s, 6)


def test_a_test_goes_on_while_it_promises_and_ends_where_it_is_hopeless() -> None:
    assert ended([(1.0, 0.04, 0.03, 0.002)], 1.0, 114.0) == ([0.002], 57.0)
    assert ended([(1.0, 0.001)], 1.0, 114.0) == ([0.001], 30.0)
    assert ended([(1.0,)], 1.0, 114.0) == ([1.0], 57.0)
    assert ended([(1.0, 0.04)], 1.0, 114.0) == ([0.04], 114.0)
    assert ended([(1.0, 0.04)], 1.0, 60.0) == ([0.04], 57.0)
    assert ended([(0.002,), (1.0,)], 2.0, 114.0) == ([0.004, 1.0], 114.0), "two flows: not enough yet"


def test_what_is_called_falsely_is_what_was_counted_on_sequences_that_were_not_played(dark: Dark) -> None:
    """The pool that the city draws from, beside the counts: p at any look at most so much."""
    for level, by_look in zip(NULLS["levels"], NULLS["reached"], strict=True):
        counted = by_look[-1] / NULLS["sequences"]
        drawn = float((dark.holds[:, -1] <= level).mean())
        assert drawn <= level, "the p-value holds at any stopping time"
        assert drawn == pytest.approx(counted, rel=0.25)
    hopeless = NULLS["without_promise"][2] / NULLS["sequences"]
    assert float((dark.holds[:, 2] >= 1.0).mean()) == pytest.approx(hopeless, abs=0.03)


def test_a_test_that_ends_early_gives_hardly_any_camera_away() -> None:
    """Of the cameras measured that follow alone within 114 s, by the rule as it is."""
    lit = [run["p"] for run in load_curves("first").light if run["light"] > 0.0 and run["p"][-1] <= 0.05]
    lost = sum(stop_at([run], 1.0, 114.0)[0][0] > 0.05 for run in lit)
    print(f"{lost} of {len(lit)} that follow within 114 s ended before they had")
    assert len(lit) >= 300
    assert lost <= 0.03 * len(lit), "at 45 s it was 28 of 331"


def test_the_light_is_played_where_a_camera_is_likeliest_within_the_time(dark: Dark) -> None:
    camera, beyond = device(), device(lit_zone=-1, outside_dbm=-40.0)
    nothing = [[UNTESTED, UNTESTED], [UNTESTED, UNTESTED]]
    ahead = pending_light(chances_of([camera, beyond], nothing))
    assert [(one.zone_id, *one.tags) for one in ahead] == [("0", "0"), ("1", "0")], "the other is louder outside"
    told, seconds = play_ahead([camera, beyond], 0, [0], PLAN, dark)
    assert told == {0: Answer("follows_light", 0.002)}, "two transmitters on its channel share the error"
    assert seconds == pytest.approx(36.0)
    found = [[told[0], UNTESTED], [UNTESTED, UNTESTED]]
    assert pending_light(chances_of([camera, beyond], found)) == (), "what follows is not asked elsewhere"
    missed = [[Answer("does_not", 1.0), UNTESTED], [UNTESTED, UNTESTED]]
    assert [one.zone_id for one in pending_light(chances_of([camera], missed))] == ["1"], "nor twice where it was asked"
    assert play_ahead([camera], 0, [0], PositionPlan(0.0, 0.0), dark) == ({}, 0.0)
    two, both_s = play_again([camera, device(channel=1, lit_zone=-1)], 0, PLAN, dark)
    assert two[0].p_value == 0.002, "two tests of a second look share the error"
    assert both_s <= 120.0


def test_what_became_of_a_camera_has_a_name() -> None:
    camera = device()
    assert fate_of(camera, 0, Answer("follows_light", 0.001)) == "follows_clearly"
    assert fate_of(camera, 0, Answer("follows_light", 0.03)) == "follows"
    assert fate_of(camera, 0, Answer("not_assessable", 0.4)) == "cut_short"
    assert fate_of(device((1.0, 0.2)), 0, Answer("not_assessable", 0.4)) == "too_weak"
    assert fate_of(camera, 0, Answer("not_assessable", None)) == "no_time"
    assert fate_of(device(shares=(0.001, 0.9)), 0, Answer("not_assessable", None)) == "unlikely_here"
    assert fate_of(device(outside_dbm=-30.0), 0, Answer("not_assessable", None)) == "unlikely_here"
    assert fate_of(device(video="not_video"), 0, Answer("not_assessable", None)) == "not_called_video"


def test_first_looks_and_their_light_stay_within_the_budget() -> None:
    """Eight minutes for three stalls, and as much more for each stall beyond."""
    sampler = Sampler(WORLDS["first"], load_curves("first"), np.random.default_rng(2))
    for _ in range(150):
        room = sampler.room(KINDS[0])
        swept = sweep_room(room, sampler.dark)
        stalls = sum(zone.kind in {"stall", "booth"} for zone in room.kind.plan.zones)
        assert swept.clock_s <= 480.0 * stalls / 3 + 20.0

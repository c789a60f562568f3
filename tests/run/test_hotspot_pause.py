"""The pause of the probe's own access point: what the log says of it, and that it always comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pytest

from sweep.cli.config import Config
from sweep.cli.running import hotspot_pause_of
from sweep.host.access_point import AccessPoint
from sweep.modality.own_transmissions import OwnTransmissions
from sweep.report import OwnTransmission
from sweep.run.hotspot_pause import TRIES, HotspotPause

S = 1_000_000_000


@dataclass
class Air(AccessPoint):
    """A clock, and an access point that takes a while."""

    now_s: float = 100.0
    asked: list[str] = field(default_factory=list)
    done: bool | None = None
    """What becomes of what was asked last."""
    when_waited: bool = True
    waits: int = 0

    def ask(self, wish: Literal["up", "down"]) -> None:
        self.asked.append(wish)
        self.done = None

    def has_done(self) -> bool | None:
        return self.done

    def wait(self) -> bool:
        self.waits += 1
        self.done = self.when_waited
        return self.when_waited


@pytest.fixture
def air() -> Air:
    return Air()


@pytest.fixture
def own(air: Air) -> OwnTransmissions:
    log = OwnTransmissions(lambda: round(air.now_s * S))
    log.turn_on("hotspot")
    return log


@pytest.fixture
def quiet(air: Air, own: OwnTransmissions) -> HotspotPause:
    return HotspotPause(air, own, 8.0, lambda: air.now_s)


def at(air: Air, quiet: HotspotPause, now_s: float, done: bool | None = None) -> None:
    air.now_s = now_s
    if done is not None:
        air.done = done
    quiet.tick()


def test_the_log_is_silent_only_while_the_access_point_is(air: Air, own: OwnTransmissions, quiet: HotspotPause) -> None:
    quiet.begin()
    at(air, quiet, 101.0)
    at(air, quiet, 102.0, done=True)  # seen to be off
    at(air, quiet, 109.9)
    assert air.asked == ["down"]
    at(air, quiet, 110.0)
    assert air.asked == ["down", "up"]
    at(air, quiet, 114.0, done=True)
    assert quiet.state == "sending"
    assert own.during(100 * S, 120 * S) == (
        OwnTransmission(radio="hotspot", start_s=0.0, end_s=2.0),
        OwnTransmission(radio="hotspot", start_s=10.0, end_s=20.0),
    )


def test_the_pause_ends_with_the_measurement(air: Air, own: OwnTransmissions, quiet: HotspotPause) -> None:
    quiet.begin()
    at(air, quiet, 102.0, done=True)
    air.now_s = 104.0
    quiet.end()
    assert air.asked == ["down", "up"]
    assert [one.start_s for one in own.during(100 * S, 120 * S)] == [0.0, 4.0]


def test_a_measurement_that_is_over_before_it_is_off_brings_it_back_at_once(air: Air, quiet: HotspotPause) -> None:
    quiet.begin()
    quiet.end()
    assert air.asked == ["down"]
    at(air, quiet, 102.0, done=True)
    assert air.asked == ["down", "up"]


def test_what_was_not_switched_off_counts_as_sending(air: Air, own: OwnTransmissions, quiet: HotspotPause) -> None:
    quiet.begin()
    at(air, quiet, 101.0, done=False)
    assert (quiet.state, air.asked) == ("sending", ["down"])
    assert own.during(100 * S, 120 * S) == (OwnTransmission(radio="hotspot", start_s=0.0, end_s=20.0),)


def test_it_is_tried_again_and_given_up_in_the_end(air: Air, quiet: HotspotPause) -> None:
    quiet.begin()
    at(air, quiet, 102.0, done=True)
    air.now_s = 110.0
    for _ in range(2 * TRIES):
        at(air, quiet, air.now_s + 1.0, done=False)
    assert air.asked == ["down", *["up"] * TRIES]
    assert quiet.state == "lost"


@pytest.mark.parametrize("moment", ["before", "falling", "silent", "rising"])
def test_it_is_on_when_the_sweep_is_over(moment: str, air: Air, quiet: HotspotPause) -> None:
    if moment != "before":
        quiet.begin()
    if moment in {"silent", "rising"}:
        at(air, quiet, 102.0, done=True)
    if moment == "rising":
        at(air, quiet, 110.0)
    quiet.close()
    assert quiet.state == "sending"
    assert air.asked == ([] if moment == "before" else ["down", "up"])


def test_it_has_to_be_asked_for() -> None:
    log = OwnTransmissions(lambda: 0)
    assert hotspot_pause_of(Config(hotspot=True), log) is None
    assert hotspot_pause_of(Config(hotspot_pause_s=8.0), log) is None
    assert hotspot_pause_of(Config(hotspot=True, hotspot_pause_s=8.0), log) is not None

"""What was louder elsewhere: remembered by address, not tested here, and said so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sweep.modality.measurement import DeviceIdentity
from sweep.report import Levels, WifiObservation
from sweep.wifi.outside_levels import MOST, OutsideLevels
from sweep.wifi.targets import LOUDER_DB, is_louder

NEAR, FAR = "02:00:00:00:00:01", "02:00:00:00:00:02"


def observation(name: str, level_dbm: float) -> Any:
    """As much of one as is read."""
    construct: Any = WifiObservation.model_construct
    return construct(observation_id=name, rssi_dbm=Levels(median=level_dbm, max=level_dbm + 3.0))


def heard(zone_id: str, **levels_dbm: float) -> Any:
    """A measurement with a transmitter for each level, its address by the last octet."""
    observations = [observation(name, level) for name, level in levels_dbm.items()]
    identities = {name: DeviceIdentity((NEAR if name == "near" else FAR,)) for name in levels_dbm}
    return SimpleNamespace(zone_id=zone_id, observations=observations, identities=identities)


def test_the_strongest_level_outside_and_in_other_zones_counts() -> None:
    levels = OutsideLevels()
    assert levels.elsewhere("stall-1") == {}
    levels.take(heard("entrance", near=-70.0, far=-40.0))
    levels.remember(heard("stall-1", near=-45.0, far=-60.0))
    levels.remember(heard("stall-1", near=-50.0))
    levels.remember(heard("stall-2", near=-55.0))
    assert levels.elsewhere("stall-1") == {0x02_00_00_00_00_01: -55.0, 0x02_00_00_00_00_02: -40.0}
    assert levels.elsewhere("stall-2") == {0x02_00_00_00_00_01: -45.0, 0x02_00_00_00_00_02: -40.0}


def test_a_crowd_is_told_by_its_loudest() -> None:
    levels = OutsideLevels()
    crowd: Any = SimpleNamespace(zone_id="hall", observations=[], identities={})
    for number in range(MOST + 5):
        name = str(number)
        crowd.observations.append(observation(name, -90.0 + 0.1 * number))
        crowd.identities[name] = DeviceIdentity((f"02:00:00:00:{number // 256:02x}:{number % 256:02x}",))
    levels.remember(crowd)
    told = levels.elsewhere("stall-1")
    assert len(told) == MOST
    assert 0x02_00_00_00_00_00 not in told


@pytest.mark.parametrize(("elsewhere_dbm", "louder"), [(-55.0, False), (-50.0 + LOUDER_DB, True), (-40.0, True)])
def test_six_decibels_make_the_difference(elsewhere_dbm: float, louder: bool) -> None:
    item: Any = SimpleNamespace(
        transmitter=SimpleNamespace(addresses=(7, 8), level=SimpleNamespace(median_dbm=-50.0))
    )  # fmt: skip
    assert is_louder(item, {8: elsewhere_dbm}) is louder
    assert not is_louder(item, {9: -10.0}), "somebody else"
    unknown: Any = SimpleNamespace(transmitter=SimpleNamespace(addresses=(8,), level=None))
    assert not is_louder(unknown, {8: -10.0})

"""How loud each transmitter was outside the door, and in each zone: remembered in the process that listens.

Input is the measurement made outside and those made inside; output is the latter with the level outside of each
transmitter that was heard there, and for a position the strongest levels elsewhere.  It weighs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from heapq import nlargest
from typing import Final

from sweep.modality.addresses import parse_address
from sweep.modality.measurement import Measurement
from sweep.report import Observation, WifiObservation

MOST: Final = 500
"""Addresses that a position is told of: derived, as many as a line of what is kept has room for."""


class OutsideLevels:
    """One for a sweep."""

    def __init__(self) -> None:
        self._levels_dbm: dict[str, float] = {}
        """Median by address."""
        self._inside_dbm: dict[str, dict[str, float]] = {}
        """The strongest median by zone and address."""

    def take(self, outside: Measurement) -> None:
        """What was heard outside the door; the last time counts."""
        self._levels_dbm = dict(_levels_of(outside))

    def remember(self, inside: Measurement) -> None:
        """What was heard at a position."""
        zone = self._inside_dbm.setdefault(inside.zone_id, {})
        for address, level_dbm in _levels_of(inside):
            zone[address] = max(level_dbm, zone.get(address, level_dbm))

    def elsewhere(self, zone_id: str) -> dict[int, float]:
        """The strongest level of each address outside and in other zones than this one, in dBm; of the loudest."""
        levels: dict[int, float] = {}
        others = [known for zone, known in self._inside_dbm.items() if zone != zone_id]
        for known in (self._levels_dbm, *others):
            for address, level_dbm in known.items():
                number = parse_address(address)
                levels[number] = max(level_dbm, levels.get(number, level_dbm))
        return dict(nlargest(MOST, levels.items(), key=lambda item: item[1]))

    def beside(self, inside: Measurement) -> Measurement:
        """The same measurement with the levels outside."""
        if not self._levels_dbm:
            return inside
        return replace(inside, observations=tuple(self._with_level(inside, one) for one in inside.observations))

    def _with_level(self, inside: Measurement, one: Observation) -> Observation:
        if not isinstance(one, WifiObservation):
            return one
        who = inside.identities[str(one.observation_id)]
        known = [self._levels_dbm[address] for address in who.addresses if address in self._levels_dbm]
        return one.model_copy(update={"outside_dbm": max(known)}) if known else one


def _levels_of(found: Measurement) -> Iterator[tuple[str, float]]:
    """Median level by address."""
    for one in found.observations:
        who = found.identities.get(str(one.observation_id))
        if isinstance(one, WifiObservation) and one.rssi_dbm is not None and who is not None:
            for address in who.addresses:
                yield address, one.rssi_dbm.median

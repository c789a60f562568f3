"""How loud each transmitter was outside the door: remembered in the process that listens, beside what is heard inside.

Input is the measurement made outside and those made inside; output is the latter with the level outside of each
transmitter that was heard there.  It weighs nothing.
"""

from __future__ import annotations

from dataclasses import replace

from sweep.plug.measurement import Measurement
from sweep.report import Observation, WifiObservation


class OutsideLevels:
    """One for a sweep."""

    def __init__(self) -> None:
        self._levels_dbm: dict[str, float] = {}
        """Median by address."""

    def take(self, outside: Measurement) -> None:
        """What was heard outside the door; the last time counts."""
        self._levels_dbm = {}
        for one in outside.observations:
            who = outside.identities.get(str(one.observation_id))
            if isinstance(one, WifiObservation) and one.rssi_dbm is not None and who is not None:
                self._levels_dbm |= dict.fromkeys(who.addresses, one.rssi_dbm.median)

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

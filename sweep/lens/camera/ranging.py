"""How far away the walls in the camera's view are: a range sensor beside the camera, while somebody may film.

Input is a source of the sensor (`host/range_sensor`) and a permit; output is one distance at a time, for which coverage
is stated instead of for an assumed metre, and counts of why there was none.  It has supply only while the permit holds
and its position is filmed: a thread of its own looks every 20 ms, takes the supply away and asks nothing afterwards.
The camera's switch lies in series with the sensor's (carrier, sheet Range sensor), so whatever cuts the camera's supply
cuts its light, too, though this process hung on a bus that answers no more.

Its 940 nm need no place between the lamps' exposures: at the whole limit of its class it would give the frames, on_axis
and dark alike, 0.4 % of what the on_axis lamp does (hardware/safety; the band-pass filter lets 1 % of it through).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from sweep.host.carrier import I2C_BUS
from sweep.host.gpio import Line, LineError, LinePlace
from sweep.host.i2c import I2cBus, I2cError, Wire
from sweep.host.range_sensor import RangeSensor
from sweep.modality.lease import RoomNotEmptyError, RoomPermit
from sweep.modality.liveness import boottime_ns
from sweep.phrases import Phrase

CONSUMER: Final = "ansim-sweep-range"
NEAREST_M, FARTHEST_M = 0.2, 3.5
"""Beyond, coverage is not stated for that distance; the sensor itself reaches 3.6 m in the dark (data sheet)."""
FRESH_S: Final = 0.5
"""Five measurements; an older one tells of another view (guessed)."""
LOOK_S: Final = 0.02
SILENT_S: Final = 1.0
"""Ten measurements that did not come: it is set up anew (guessed)."""
AGAIN_S: Final = 0.5
"""Between two attempts to set it up (guessed)."""
NOT_MEASURED: Final = "range_not_measured"
"""A limit: the sensor is fitted and told no distance at a position."""


class Switch(Protocol):
    """The sensor's supply: a line of `host/gpio`, real or simulated."""

    def set(self, *, is_high: bool) -> None:
        """High: it has supply. Raises LineError."""


class RangeSource(Protocol):
    """A range sensor that may be given supply."""

    def switch(self) -> AbstractContextManager[Switch]:
        """Its supply, off. Raises LineError."""

    def wire(self) -> AbstractContextManager[Wire]:
        """Its bus. Raises I2cError."""


@dataclass(frozen=True, slots=True)
class RangePlace:
    """The probe's own, on a carrier of revision B."""

    enable: LinePlace
    bus: str = I2C_BUS

    def switch(self) -> Line:
        """Its supply, off. Raises LineError."""
        return Line(self.enable, CONSUMER, drive=False, pull="down")

    def wire(self) -> I2cBus:
        """Its bus. Raises I2cError."""
        return I2cBus(self.bus)


class _OverError(Exception):
    """Nothing more is to be measured."""


class Ranging:
    """The distances of one position; without a source there is none."""

    def __init__(self, source: RangeSource | None) -> None:
        self._source = source
        self._told: tuple[int, float] | None = None
        self._over = threading.Event()
        self._was_asked = False
        self.counts: Counter[str] = Counter()
        """Measurements without a distance by why, and how often it did not answer (`range_silent`)."""
        self.distances = 0
        """Measurements with one."""

    def scene_m(self) -> float | None:
        """How far away the walls are now; None where it is not known. The sensor sits a few centimetres from the lens,
        which is nothing beyond 0.2 m.
        """
        if self._told is None or boottime_ns() - self._told[0] > FRESH_S * 1e9:
            return None
        return min(FARTHEST_M, max(NEAREST_M, self._told[1]))

    @property
    def limits(self) -> tuple[str, ...]:
        """What must be said of the position."""
        return (NOT_MEASURED,) if self._was_asked and not self.distances else ()

    @contextmanager
    def measuring(self, permit: RoomPermit) -> Iterator[None]:
        """Measure until the end of the block or of the permit; its supply is off afterwards."""
        if self._source is None:
            yield
            return
        self._over.clear()
        self._was_asked = True
        watch = threading.Thread(target=self._watch, args=(self._source, permit), name="range sensor", daemon=True)
        watch.start()
        try:
            yield
        finally:
            self._over.set()
            watch.join()

    def _watch(self, source: RangeSource, permit: RoomPermit) -> None:
        try:
            while True:
                try:
                    self._measure(source, permit)
                except (I2cError, LineError):
                    self.counts["range_silent"] += 1
                self._pause(permit, AGAIN_S)
        except (_OverError, RoomNotEmptyError):
            return

    def _measure(self, source: RangeSource, permit: RoomPermit) -> None:
        """Give it supply and listen. Raises I2cError when it falls silent, LineError, RoomNotEmptyError, _OverError."""
        with source.switch() as switch:
            self._pause(permit, 0.0)
            switch.set(is_high=True)
            try:
                with source.wire() as wire:
                    sensor = RangeSensor(wire, wait=lambda seconds: self._pause(permit, seconds))
                    sensor.start()
                    self._listen(sensor, permit)
            finally:
                switch.set(is_high=False)

    def _listen(self, sensor: RangeSensor, permit: RoomPermit) -> None:
        silent_s = 0.0
        while silent_s < SILENT_S:
            ranged = sensor.read()
            if ranged is None or ranged.fault == "stale":
                silent_s += LOOK_S
            else:
                silent_s = 0.0
            if ranged is not None:
                if ranged.distance_m is not None:
                    self._told = boottime_ns(), ranged.distance_m
                    self.distances += 1
                else:
                    self.counts[f"range_{ranged.fault}"] += 1
                if ranged.fault == "sensor_fault":  # its own watch over its laser: no light of it any more
                    raise _OverError
            self._pause(permit, LOOK_S)
        raise I2cError(Phrase("range_sensor_stopped"))

    def _pause(self, permit: RoomPermit, seconds: float) -> None:
        """Raises RoomNotEmptyError, _OverError."""
        permit.check()
        if self._over.wait(seconds):
            raise _OverError
        permit.check()

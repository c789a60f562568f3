"""Keeps account of the power bank while the probe runs, and across its starts.

Input is the energy meter and the lines that tell which inputs have 5 V, where the carrier has them, and what persons
say; output is `BankState`, and a small file in the state folder.  A meter that fails is replaced by reckoning, and the
state says so.  How much a bank holds is worked out in `bank`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from sweep.host.disk import DISK, DiskError, read_file
from sweep.host.energy_meter import METER_ERROR, EnergyMeter
from sweep.host.gpio import Line, LineError, LinePlace
from sweep.host.i2c import I2cError
from sweep.report import BankInput, BankState
from sweep.run.watch.power_bank import Charge, PowerBank, draw, measured, reckoned, state_of, tell, was_off

FILE: Final = "bank.json"
MAX_OCTETS: Final = 4_096
SAVE_EVERY_S: Final = 60.0
"""At 10 W a minute is half a per cent of a small bank (derived)."""
LOOK_EVERY_S: Final = 1.0
LONGEST_STEP_S: Final = 5.0
"""What is drawn now holds for no longer; of the rest of a longer time without a look it is reckoned (guessed)."""
CONSUMER: Final = "ansim-sweep-bank"


def boottime_s() -> float:
    """CLOCK_BOOTTIME."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class _Saved(BaseModel):
    """What the file holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bank: PowerBank
    looked_s: float | None
    """When, on CLOCK_BOOTTIME."""
    boot_id: str


@dataclass(frozen=True, slots=True)
class Sources:
    """Where its numbers come from."""

    meter: EnergyMeter | None = None
    inputs: Callable[[], frozenset[BankInput] | None] = lambda: None


class PowerBankWatch:
    """One for a process; safe to use from several threads."""

    def __init__(
        self,
        folder: Path,
        sources: Sources,
        *,
        boot_id: str,
        clock_s: Callable[[], float] = boottime_s,
    ) -> None:
        """`folder`: the state folder.  `boot_id`: of this start of the machine."""
        self._path = folder / FILE
        self._sources = sources
        self._boot_id = boot_id
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._looked_s: float | None = None
        self._saved_s = clock_s()
        self._bank = self._restore()

    def read(self, *, is_sweeping: bool = False) -> BankState:
        """What can be said of the bank now; `is_sweeping` tells what to reckon where no meter answers."""
        with self._lock:
            self._look(is_sweeping=is_sweeping)
            return state_of(self._bank)

    def tell(self, capacity_mah: int, charge: Charge) -> None:
        """What a person says of the bank that is plugged in now."""
        with self._lock:
            self._look()
            self._bank = tell(self._bank, capacity_mah, charge)
            self._save()

    def close(self) -> None:
        """The program ends: what is known now outlives it."""
        with self._lock:
            self._look()
            self._save()

    def _look(self, *, is_sweeping: bool = False) -> None:
        now_s = self._clock_s()
        elapsed_s = 0.0 if self._looked_s is None else now_s - self._looked_s
        if self._looked_s is not None and elapsed_s < LOOK_EVERY_S:
            return
        self._looked_s = now_s
        watts = self._watts()
        is_measured = watts is not None
        step_s = min(elapsed_s, LONGEST_STEP_S)
        energy = (
            measured(watts * step_s, METER_ERROR) if watts is not None else reckoned(step_s, is_sweeping=is_sweeping)
        )
        energy = energy.plus(reckoned(elapsed_s - step_s, is_sweeping=False))  # no program looked, or the machine slept
        before = self._bank.because
        self._bank = draw(self._bank, energy, self._sources.inputs(), is_measured=is_measured)
        if now_s - self._saved_s >= SAVE_EVERY_S or self._bank.because != before:
            self._save()

    def _watts(self) -> float | None:
        """What is drawn now; None where no meter says it."""
        try:
            return None if self._sources.meter is None else max(0.0, self._sources.meter.read().watts)
        except I2cError:
            return None

    def _restore(self) -> PowerBank:
        """What an earlier program knew; a machine that was off since may have another bank."""
        try:
            saved = _Saved.model_validate_json(read_file(self._path, MAX_OCTETS))
        except (OSError, ValidationError):
            return PowerBank()
        meter = self._sources.meter
        if saved.boot_id != self._boot_id and (meter is None or meter.had_no_supply):
            return was_off(saved.bank)
        if saved.boot_id == self._boot_id:
            self._looked_s = saved.looked_s  # what was drawn while no program ran is reckoned
        return saved.bank

    def _save(self) -> None:
        self._saved_s = self._clock_s()
        saved = _Saved(bank=self._bank, looked_s=self._looked_s, boot_id=self._boot_id)
        with suppress(DiskError):  # a disk that is full is told elsewhere; the account goes on in memory
            DISK.write_whole(self._path, saved.model_dump_json().encode())


class InputLines:
    """The lines that tell which inputs have 5 V; held while the program runs."""

    def __init__(self, places: Mapping[BankInput, LinePlace]) -> None:
        """Raises LineError."""
        self._lines: dict[BankInput, Line] = {}
        try:
            for name, place in places.items():
                self._lines[name] = Line(place, CONSUMER, pull="down")
        except LineError:
            self.close()
            raise

    def read(self) -> frozenset[BankInput] | None:
        """Which have 5 V; None where the lines cannot be read any more."""
        try:
            return frozenset(name for name, line in self._lines.items() if line.read())
        except LineError:
            return None

    def close(self) -> None:
        """Let go of them."""
        for line in self._lines.values():
            line.release()

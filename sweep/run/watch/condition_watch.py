"""How the probe itself is while a sweep goes on: supply, heat, disk, head, camera, and what was lost on the way.

Input is messages of the head's process, measurements, the state of the machine and of the camera's supply; output is
live events when something changes, notices when persons should act, and a section of the report.  What nobody told
stays unknown.  It closes nothing: `supply_watch` does that.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from sweep.deliver.outbox import RESERVE_BYTES
from sweep.host.machine import MachineState
from sweep.link.head_messages import FromHead, HeadState, LostTold, SupplyTold
from sweep.modality.control import Control
from sweep.modality.measurement import Measurement
from sweep.phrases import Phrase
from sweep.power.keeper import CameraPower
from sweep.report import BankState, ConditionEvent, LiveEvent, ProbeCondition, tally
from sweep.run.watch.probe_parts import ProbeParts
from sweep.run.words import notice_event

LOOK_EVERY_S: Final = 1.0
TELL_EVERY_S: Final = 5.0
"""Numbers that creep are told no more often; what comes or goes is told at once (guessed)."""
BATTERY_STEP_V: Final = 0.05
"""As the head's process tells it."""
HEAT_STEP_C: Final = 2.0
"""Four steps of the processor's thermometer, which jumps by one or two by itself (guessed)."""
BANK_STEP_SHARE: Final = 0.01
"""The page shows whole per cents (derived)."""
DISK_STEP_SHARE: Final = 0.02
"""The page shows two digits (derived)."""
HOT_C: Final = 80.0
"""Where the firmware of a Raspberry Pi begins to slow the processor down (Raspberry Pi documentation, "Frequency
management and thermal control")."""
COOL_AGAIN_C: Final = 75.0
"""Guessed: far enough below that the notice does not flicker."""
LEAST_DISK_BYTES: Final = 20 * RESERVE_BYTES
"""A day of twenty sweeps without a network (derived)."""
ENOUGH_DISK_BYTES: Final = LEAST_DISK_BYTES + RESERVE_BYTES
CUT_AFTER_S: Final = 1.5
"""A person who ends the declaration is heard sooner: by then it was another cause (guessed)."""
PERSONS_ENDED_IT: Final = frozenset({"ended", "expired", "closed", "button"})
"""Why the camera's supply is off, by `power.keeper.CameraPower.why_off`, where that is no fault."""
HEAD_WENT: Final = "away"
"""The same, where the sensor head did."""
HEAD_AWAITED: Final = "head_awaited"
"""The camera's supply comes on by itself once the sensor head is there."""
AT_ONCE: Final = ("is_undervolted", "is_slowed", "head", "camera", "camera_because")
CAMERA_CODES: Final = "camera_"
"""How codes begin that say of a position that the camera failed there."""
NO_POWER: Final = "camera_no_power"
"""No fault of the camera's."""


@dataclass(frozen=True, slots=True)
class CameraPowerSeen:
    """Whether the camera has power, and a code that says why it was last cut."""

    is_on: bool
    why_off: str | Phrase
    is_cut: bool = False
    """Only another declaration brings it back."""


class Stretch:
    """How long something held in all; unknown until somebody could tell."""

    def __init__(self) -> None:
        self.total_s: float | None = None
        self._holds = False

    def look(self, elapsed_s: float, *, holds: bool | None) -> None:
        """Whether it holds now; `elapsed_s` since the last look count where it held then."""
        if self._holds:
            self.total_s = (self.total_s or 0.0) + elapsed_s
        if holds is not None and self.total_s is None:
            self.total_s = 0.0
        self._holds = holds is True


class ConditionWatch:
    """One for a sweep; safe to use from several threads."""

    def __init__(
        self,
        read_machine: Callable[[], MachineState] = MachineState,
        *,
        has_head: bool = False,
        read_camera: Callable[[], CameraPowerSeen] | None = None,
        read_bank: Callable[[], BankState] | None = None,
        clock_s: Callable[[], float],
    ) -> None:
        """`has_head`: a process looks for a sensor head.  `read_camera`: its supply; None: this probe has no camera.
        `read_bank`: its power bank; None: nobody keeps account.
        """
        self._read_bank = read_bank
        self._bank: BankState | None = None
        self._read_machine = read_machine
        self._read_camera = read_camera
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._machine = MachineState()
        self._battery_v: float | None = None
        self._head: Literal["there", "away"] | None = None
        self._absences = 0 if has_head else None
        self._camera_fault: str | None = None
        self._camera: Literal["off", "on", "fault"] | None = None
        self._camera_because: str | None = None
        self._dark_since_s: float | None = None
        """Since when the camera has no power although the room is declared empty."""
        self._is_cut = False
        self._lowest_v: float | None = None
        self._hottest_c: float | None = None
        self._least_disk: int | None = None
        self._undervolted, self._slowed, self._away = Stretch(), Stretch(), Stretch()
        self._hangs = 0
        self._is_hung = False
        """It stood still, and nobody has declared the room empty since."""
        self._lost: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self._cuts: Counter[str] = Counter()
        self._looked_s: float | None = None
        self._told: ConditionEvent | None = None
        self._told_s = 0.0
        self._standing: set[str] = set()
        """Notices that hold."""
        self._before: ProbeCondition | None = None
        """Of the same sweep before it was interrupted."""

    def take_up(self, before: ProbeCondition | None) -> None:
        """The sweep goes on: how the probe was before is part of its report."""
        with self._lock:
            self._before = before

    def take(self, words: Iterable[FromHead]) -> None:
        """What the head's process says."""
        with self._lock:
            for message in words:
                match message:
                    case SupplyTold(battery_v=volts):
                        self._battery_v = volts
                        self._lowest_v = volts if self._lowest_v is None else min(self._lowest_v, volts)
                    case HeadState(is_there=is_there):
                        self._take_head(is_there=is_there)
                    case LostTold(counts=counts):
                        self._lost.update(dict(counts))
                    case _:
                        pass

    def _take_head(self, *, is_there: bool) -> None:
        if not is_there and (self._head == "there" or self._absences == 0):
            self._absences = (self._absences or 0) + 1
        if not is_there:
            self._battery_v = None  # what it said last says nothing of now
        self._head = "there" if is_there else "away"

    def take_measurement(self, one: Measurement) -> None:
        """What a modality measured at a position: what it dropped, and whether the camera failed there."""
        with self._lock:
            self._lost[f"{one.modality}_dropped"] += one.dropped
            if one.modality == "lens":
                self._take_lens(one)

    def _take_lens(self, one: Measurement) -> None:
        codes = [gap.reason for gap in one.gaps] + ([] if one.blind_reason is None else [one.blind_reason])
        fault = next((code for code in codes if code.startswith(CAMERA_CODES)), None)
        if fault is not None:
            self._faults[fault] += 1
        if fault is not None or one.samples > 0:
            self._camera_fault = None if fault == NO_POWER else fault

    def look(self, *, is_declared: bool, hangs: int = 0) -> list[LiveEvent]:
        """What persons should hear now.

        `is_declared`: two persons' word holds; `hangs`: how often it ended because the sweep's process stood still.
        """
        with self._lock:
            return self._look(is_declared, hangs)

    def _look(self, is_declared: bool, hangs: int) -> list[LiveEvent]:
        now_s = self._clock_s()
        elapsed_s = 0.0 if self._looked_s is None else now_s - self._looked_s
        if self._looked_s is not None and elapsed_s < LOOK_EVERY_S:
            return []
        self._looked_s = now_s
        self._look_at_machine(elapsed_s)
        self._away.look(elapsed_s, holds=None if self._head is None else self._head == "away")
        self._look_at_camera(now_s, is_declared=is_declared)
        self._bank = None if self._read_bank is None else self._read_bank()
        self._is_hung = not is_declared and (self._is_hung or hangs > self._hangs)
        self._hangs = hangs
        return [*self._notices(), *self._tell(now_s)]

    def _look_at_machine(self, elapsed_s: float) -> None:
        self._machine = machine = self._read_machine()
        if machine.processor_c is not None:
            self._hottest_c = max(machine.processor_c, self._hottest_c or machine.processor_c)
        if machine.disk_free_bytes is not None:
            known = machine.disk_free_bytes if self._least_disk is None else self._least_disk
            self._least_disk = min(machine.disk_free_bytes, known)
        self._undervolted.look(elapsed_s, holds=machine.is_undervolted)
        self._slowed.look(elapsed_s, holds=machine.is_slowed)

    def _look_at_camera(self, now_s: float, *, is_declared: bool) -> None:
        if self._read_camera is None:
            return
        supply = self._read_camera()
        why = supply.why_off
        because = "head_away" if why == HEAD_WENT else why if isinstance(why, str) else "power_line_failed"
        is_dark = is_declared and not supply.is_on and supply.is_cut and because not in PERSONS_ENDED_IT
        if not is_dark:
            self._dark_since_s, self._is_cut = None, False
        elif self._dark_since_s is None:
            self._dark_since_s = now_s
        elif not self._is_cut and now_s - self._dark_since_s >= CUT_AFTER_S:
            self._is_cut = True
            self._cuts[because] += 1
        if not supply.is_on:
            is_awaited = is_declared and not supply.is_cut and self._head != "there" and self._absences is not None
            self._camera = "off"
            self._camera_because = because if is_dark else HEAD_AWAITED if is_awaited else None
        else:
            self._camera, self._camera_because = "fault" if self._camera_fault else "on", self._camera_fault

    def _notices(self) -> list[LiveEvent]:
        heat_c, disk = self._machine.processor_c, self._machine.disk_free_bytes
        hot_from_c = COOL_AGAIN_C if "hot" in self._standing else HOT_C
        least_disk = ENOUGH_DISK_BYTES if "disk_low" in self._standing else LEAST_DISK_BYTES
        holds = {
            "hot": heat_c is not None and heat_c >= hot_from_c,
            "disk_low": disk is not None and disk < least_disk,
            "camera_failed": self._camera_fault is not None,
            "camera_cut": self._is_cut and self._head != "away",
            "camera_cut_with_head": self._is_cut and self._head == "away",
            "probe_hung": self._is_hung,
            "bank_swapped": self._bank is not None and self._bank.because == "bank_swapped",
        }
        news = [code for code, is_so in holds.items() if is_so != (code in self._standing)]
        self._standing = {code for code, is_so in holds.items() if is_so}
        return [notice_event(code, is_over=not holds[code]) for code in news]

    def _tell(self, now_s: float) -> list[LiveEvent]:
        now = ConditionEvent(
            type="condition",
            battery_v=self._battery_v,
            is_undervolted=self._machine.is_undervolted,
            processor_c=self._machine.processor_c,
            is_slowed=self._machine.is_slowed,
            disk_free_bytes=self._machine.disk_free_bytes,
            head=self._head,
            camera=self._camera,
            camera_because=self._camera_because,
            lost=tally(self._lost),
            bank=self._bank,
        )
        told = self._told
        is_urgent = told is None or any(getattr(now, name) != getattr(told, name) for name in AT_ONCE)
        is_due = now_s - self._told_s >= TELL_EVERY_S
        if told is not None and not is_urgent and not (is_due and _has_crept(told, now)):
            return []
        self._told, self._told_s = now, now_s
        return [now]

    def summary(self) -> ProbeCondition:
        """The section of the report."""
        with self._lock:
            now = self._summary()
            return now if self._before is None else self._before.followed_by(now)

    def _summary(self) -> ProbeCondition:
        return ProbeCondition(
            lowest_battery_v=self._lowest_v,
            undervolted_s=_rounded(self._undervolted.total_s),
            highest_processor_c=self._hottest_c,
            slowed_s=_rounded(self._slowed.total_s),
            least_disk_free_bytes=self._least_disk,
            head_absences=self._absences,
            head_away_s=None if self._absences is None else _rounded(self._away.total_s or 0.0),
            camera_faults=None if self._read_camera is None else tally(self._faults),
            camera_power_cuts=None if self._read_camera is None else tally(self._cuts),
            hangs=self._hangs,
            lost=tally(self._lost),
        )


def is_strained(machine: MachineState) -> bool:
    """Whether the processor has to be spared: it is slowed down or about to be, or its supply gives way."""
    is_hot = machine.processor_c is not None and machine.processor_c >= HOT_C
    return is_hot or machine.is_slowed is True or machine.is_undervolted is True


def watch_of(parts: ProbeParts, control: Control, power: CameraPower | None, *, films: bool) -> ConditionWatch:
    """The watch of a probe that has these parts; `films`: a camera is among its sources.

    Without a line that switches its supply, a camera is on while it may film.
    """

    def read_camera() -> CameraPowerSeen:
        if power is None:
            return CameraPowerSeen(control.is_declared, "ended")
        return CameraPowerSeen(power.is_on, power.why_off, power.is_cut)

    return ConditionWatch(
        MachineState if parts.machine is None else parts.machine.read,
        has_head=parts.head_port is not None,
        read_camera=read_camera if films or power is not None else None,
        read_bank=None if parts.bank is None else partial(parts.bank.read, is_sweeping=True),
        clock_s=time.monotonic,
    )


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def _has_crept(told: ConditionEvent, now: ConditionEvent) -> bool:
    """Whether a number differs by so much that a person should see it."""
    pairs = (
        (told.battery_v, now.battery_v, BATTERY_STEP_V),
        (told.processor_c, now.processor_c, HEAT_STEP_C),
        (told.disk_free_bytes, now.disk_free_bytes, DISK_STEP_SHARE * (told.disk_free_bytes or 0)),
    )
    crept = any(
        (a is None) != (b is None) or (a is not None and b is not None and abs(a - b) >= c) for a, b, c in pairs
    )
    return crept or told.lost != now.lost or _bank_has_crept(told.bank, now.bank)


def _bank_has_crept(told: BankState | None, now: BankState | None) -> bool:
    if told is None or now is None:
        return told is not now
    names = ("because", "capacity_mah", "inputs", "is_measured")
    if any(getattr(told, name) != getattr(now, name) for name in names):
        return True
    return any(
        abs(getattr(told, name) - getattr(now, name)) >= BANK_STEP_SHARE for name in ("least_share", "most_share")
    )

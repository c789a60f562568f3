"""The simulated room as a source of sweeps that is sensed as a real one is: through sources, in each modality's
process.

Input is a room, a seed and where a camera hides; output is positions and sources.  Nothing is written down here; the
clock of a position is its own, so a sweep takes as long as it takes to compute.  Everything made here calls itself
simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sweep.host.scratch import scratch_folder
from sweep.link.head import PortError
from sweep.link.rf_recording import recorded_rf
from sweep.modality.liveness import boottime_ns
from sweep.modality.looks import CLOSE_S, VIEW_S, CloseLook, Look
from sweep.modality.messages import MeasureRf, RfHeard
from sweep.modality.next_position import Outside
from sweep.modality.room import Room
from sweep.report import (
    EMULATED_HEAD,
    Gap,
    Modality,
    Mode,
    Position,
    RecordedPosition,
    RecordedSweep,
    StartCommand,
    derived_id,
    new_id,
    utc_now,
)

from .eye import SimulatedEye
from .head.avr import EmulatorGoneError
from .head.machine import check_emulator
from .sources import RfSource, SimulatedRoom
from .world import DWELL_S, STEP_S, HiddenKind, SimulatedPosition, lay_out_time

OUTSIDE_S: Final = 20.0
"""How long Wi-Fi is listened to outside the door, as a live sweep does by default."""
ROOM_FILE = Path(__file__).with_name("demo_room.json")
RECORDED_SWEEP = Path(__file__).with_name("recorded")
"""A sweep of that room, which `sweep demo` plays."""


def default_room() -> Room:
    """The demonstration room."""
    return Room.model_validate_json(ROOM_FILE.read_bytes())


class SimulatedSource:
    """A room that is sensed position after position."""

    is_live = False

    def __init__(
        self,
        room: Room,
        *,
        seed: int,
        camera_zone: str | None,
        camera_kind: HiddenKind = "wifi_camera",
        probe_id: str,
        inspectors: tuple[str, ...] = ("점검자-01", "점검자-02"),
        sweep_id: UUID | None = None,
        started: datetime | None = None,
        mode: Mode = "full",
        turns: bool = True,
    ) -> None:
        """As `SimulatedRoom`.  Raises ValueError for a camera zone that is not on the plan, EmulatorError."""
        check_emulator()
        self._room = SimulatedRoom(
            room.plan, seed=seed, camera_zone=camera_zone, camera_kind=camera_kind, mode=mode, turns=turns
        )  # fmt: skip
        self._begun_ns = boottime_ns()
        self._is_now = started is None
        began = started or utc_now()
        schedule = lay_out_time(began, self._room.positions)
        self._outside: RfHeard | None = None
        self._again: dict[str, RecordedPosition] = {}
        """Second looks and close ones, by the position's id."""
        self._close: dict[str, CloseLook] = {}
        self.manifest = RecordedSweep(
            v=1,
            sweep_id=sweep_id or new_id(),
            room_id=room.room_id,
            facility_name=room.facility_name,
            room_name=room.room_name,
            room_kind=room.room_kind,
            plan=room.plan,
            source="simulated",
            mode=mode,
            inspectors=inspectors,
            probe_id=probe_id,
            firmware=EMULATED_HEAD,
            calibration=None,
            clock_synchronised=True,
            clock_max_error_ms=1_000,
            started=began,
            ended=schedule.ended,
            known=room.known,
            positions=tuple(
                _position(position, dwell)
                for position, dwell in zip(self._room.positions, schedule.dwells, strict=True)
            ),
        )

    def eye(self, seed: int) -> SimulatedEye:
        """The simulated inspector's."""
        return SimulatedEye(self._room.camera, seed)

    def positions(self) -> Iterator[RecordedPosition | Outside]:
        """Outside the door, then one after the other."""
        yield Outside(OUTSIDE_S, {"wifi": self._room.outside_wifi()}, frozenset({"wifi"}))
        yield from self.manifest.positions

    def again(self, look: Look) -> tuple[RecordedPosition, ...]:
        """The simulated inspector goes wherever the phone leads."""
        made = []
        for view in look.views:
            last = max([*self.manifest.positions, *self._again.values()], key=lambda one: one.end)
            begin = last.end + timedelta(seconds=STEP_S)
            one = RecordedPosition(
                id=look.position_id(view), zone=view.zone_id, x_m=view.x_m, y_m=view.y_m, facing_deg=view.facing_deg,
                start=begin, end=begin + timedelta(seconds=DWELL_S if look.kind == "transmitter" else VIEW_S),
            )  # fmt: skip
            self._again[one.id] = one
            made.append(one)
        return tuple(made)

    def close(self, look: CloseLook) -> tuple[RecordedPosition, ...]:
        """The simulated inspector holds the probe where `near` leads, before going on."""
        stood = next(one for one in self.manifest.positions if one.id == look.seen_from.position_id)
        made = RecordedPosition(
            id=look.position_id, zone=look.zone_id, x_m=look.x_m, y_m=look.y_m, facing_deg=look.facing_deg,
            start=stood.end, end=stood.end + timedelta(seconds=CLOSE_S),
        )  # fmt: skip
        self._again[made.id], self._close[made.id] = made, look
        return (made,)

    def sources(self, recorded: RecordedPosition, position: Position) -> dict[Modality, object]:
        """Sources that are opened in the modality's process."""
        again, close = self._again.get(recorded.id), self._close.get(recorded.id)
        if close is not None:
            sources = self._room.sources_close(close, position.start_ns)
        elif again is not None:
            sources = self._room.sources_again(again, position.start_ns)
        else:
            sources = self._room.sources(recorded.id, position.start_ns)
        return {"lens": sources.lens, "wifi": sources.wifi, "ble": sources.ble}

    def recorded_rf(self, recorded: RecordedPosition, position: Position) -> Callable[[MeasureRf], RfHeard]:
        """What the emulated head measures there, and once, outside the door."""

        def answer(ask: MeasureRf) -> RfHeard:
            if not ask.is_outside:
                return measure_rf(self._room.sources(recorded.id, position.start_ns).rf, ask, position)
            if self._outside is None:
                self._outside = measure_rf(self._room.outside(), ask, position)
            return self._outside

        return answer

    def ended(self, done: Sequence[Position]) -> datetime:
        """Now for a sweep that runs now, else by the schedule of what was done."""
        if self._is_now:
            return self.manifest.started + timedelta(microseconds=(boottime_ns() - self._begun_ns) // 1_000)
        ends = {position.id: position.end for position in (*self.manifest.positions, *self._again.values())}
        return ends[done[-1].position_id] if done else self.manifest.started


def source_for(
    command: StartCommand, *, seed: int, camera_zone: str | None, probe_id: str
) -> SimulatedSource:  # fmt: skip
    """The source of a sweep that was started from the phone; a camera zone that this room lacks hides none."""
    room = Room(
        room_id=command.room_id, facility_name=command.facility_name, room_name=command.room_name,
        room_kind="restroom", plan=command.plan, known=command.known,
    )  # fmt: skip
    zones = {zone.zone_id for zone in command.plan.zones}
    return SimulatedSource(
        room,
        seed=seed,
        camera_zone=camera_zone if camera_zone in zones else None,
        probe_id=probe_id,
        inspectors=command.inspectors,
        sweep_id=command.sweep_id,
        mode=command.mode,
    )


def recording_id(room: Room, started: datetime, *, seed: int, camera_zone: str | None, camera_kind: HiddenKind) -> UUID:
    """The same room, seed and time are the same recording, under the same name."""
    mark = "" if camera_kind == "wifi_camera" else f"/{camera_kind}"
    begun = UUID(int=round(started.timestamp() * 1000) << 80)
    return derived_id(begun, f"{room.room_id}/{seed}/{camera_zone}{mark}")


def measure_rf(source: RfSource, ask: MeasureRf, position: Position) -> RfHeard:
    """What the head measures behind a source; a head whose process is gone is away, as a real one that was pulled."""
    with scratch_folder("rf") as scratch:
        try:
            path = source.open(scratch / "head.serial", ask.tuner_mhz)
        except (EmulatorGoneError, PortError):
            gap = Gap(start_ns=position.start_ns, end_ns=position.end_ns, reason="head_away")
            return RfHeard(because="head_away", gaps=(gap,))
        return recorded_rf(ask, path, (), position.start_ns, position.end_ns)  # the simulated probe has no own radios


def _position(position: SimulatedPosition, dwell: tuple[datetime, datetime]) -> RecordedPosition:
    return RecordedPosition(
        id=position.position_id, zone=position.zone_id, x_m=position.x_m, y_m=position.y_m,
        facing_deg=position.facing_deg,
        start=dwell[0], end=dwell[1],
    )  # fmt: skip

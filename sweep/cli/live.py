"""What a live sweep is made of, from the settings: the room, where the inspector stands, and the probe's own parts.

Input is settings and persons, at the terminal or at the phone; output is a source and the parts that measure.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from sweep.cli.output import err, one_line
from sweep.config import Config
from sweep.control import Control, Stand
from sweep.link.head import boottime_ns
from sweep.liveparts import LiveParts
from sweep.ownair import OwnAir, own_addresses
from sweep.power.kernel import check_strict
from sweep.power.line import PowerLineError
from sweep.report import GuidanceEvent, LiveEvent, StartCommand, Zone
from sweep.report.wording import guidance_text, state_event
from sweep.source import LiveSource, Room, middle_of


def ask_to_stand(zones: Iterable[Zone], control: Control, inspectors: tuple[str, str]) -> Iterator[Stand]:
    """Zone after zone. On a terminal Enter declares the room empty and begins each, `w` repeats the last by walking."""
    last: Stand | None = None
    for zone in zones:
        here = middle_of(zone)
        while sys.stdin.isatty():
            err.print(
                f"방이 비었으면 {zone.name.ko}에 서서 Enter / With the room empty, stand at {zone.name.en}: Enter",
                markup=False,
            )
            if last is not None:
                err.print("w + Enter: 방금 자리에서 걷기 시험 / walking test where you are; Ctrl-D 종료 / ends")
            line = _read_line(control)
            if not line or control.standing in {"abort", "finish"}:
                return
            control.declare_empty(inspectors)
            if line.strip().lower() != "w" or last is None:
                break
            yield replace(last, is_walk=True)
        if control.standing in {"abort", "finish"}:
            return
        last = here
        yield here


def _read_line(control: Control) -> str:
    """A line of the terminal; empty at its end, and when Ctrl-C aborts the sweep instead."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return sys.stdin.readline()
    except KeyboardInterrupt:
        control.abort()
        return ""
    finally:
        signal.signal(signal.SIGINT, before)


def open_own_air(settings: Config) -> OwnAir:
    """The log of what this probe sends; an access point of its own sends all the time."""
    own_air = OwnAir(boottime_ns)
    if settings.hotspot:
        own_air.turn_on("hotspot")
    return own_air


def refuse_unsafe_supply(settings: Config) -> None:
    """End with one line where a crash could leave the camera's supply on; leaves it off otherwise."""
    if settings.camera_power is not None:
        with one_line(PowerLineError):
            check_strict(settings.camera_power)


def live_parts(settings: Config, own_air: OwnAir) -> LiveParts:
    """What this probe measures with."""
    return LiveParts(
        own_air=own_air,
        own_addresses=own_addresses(),
        wifi_adapter=settings.wifi_adapter,
        head_port=settings.port,
        camera_power=settings.camera_power,
        stimulus=settings.stimulus,
        stimulus_longest_s=settings.stimulus_longest_s,
    )


def room_source(
    command: StartCommand, control: Control, on_event: Callable[[LiveEvent], None], settings: Config, scratch: Path
) -> LiveSource:
    """The room that the phone names; the inspector taps where to measure."""
    room = Room(**{name: getattr(command, name) for name in Room.model_fields})

    def stands() -> Iterator[Stand]:
        while control.standing not in {"abort", "finish"}:
            on_event(GuidanceEvent(type="guidance", text=guidance_text("stand_next")))
            stand = control.next_stand(lambda state: on_event(state_event(state)))
            if stand is None:
                return
            yield stand

    return LiveSource(
        scratch,
        room,
        inspectors=command.inspectors,
        probe_id=settings.probe_id,
        dwell_s=settings.wifi_dwell_s,
        stands=stands(),
        sweep_id=command.sweep_id,
        mode=command.mode,
    )

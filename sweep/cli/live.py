"""What a live sweep is made of, from the settings: the room, where the inspector stands, and what measures.

Input is settings and, of a sweep that the phone starts, where persons say that they stand; output is a source of sweeps
and its sources of samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sweep.ble.live import LiveBle, has_controller
from sweep.cli.config import Config
from sweep.cli.options import lens_laws_of
from sweep.cli.output import fail, one_line
from sweep.host.gpio import LineError
from sweep.modality.control import Control
from sweep.modality.liveness import boottime_ns
from sweep.modality.mode import zones_of
from sweep.modality.next_position import NOWHERE, REFERENCE, NextPosition
from sweep.modality.own_transmissions import OwnTransmissions
from sweep.modality.room import Room
from sweep.power.kernel import check_strict
from sweep.report import LiveEvent, Modality, StartCommand
from sweep.run.outside_baseline import outside_event
from sweep.run.sweep_sources import Interrupted, LiveSource
from sweep.run.words import guidance_event, pending_light_event
from sweep.wifi.capture.sources import LiveWifi

if TYPE_CHECKING:
    from sweep.lens.camera.source import CameraSource, ExtraLamp


def open_own_transmissions(settings: Config) -> OwnTransmissions:
    """The log of what this probe sends; an access point of its own sends all the time."""
    own_transmissions = OwnTransmissions(boottime_ns)
    if settings.hotspot:
        own_transmissions.turn_on("hotspot")
    return own_transmissions


def refuse_unsafe_supply(settings: Config) -> None:
    """End with one line where a crash could leave the camera's supply on; leaves it off otherwise."""
    if settings.camera_power is not None:
        with one_line(LineError):
            check_strict(settings.camera_power)


def refuse_kit(settings: Config, *, is_laboratory: bool) -> None:
    """End with one line where the bench kit would film a real room: its camera always has power and shows no light."""
    if settings.carrier == "kit" and settings.camera is not None and not is_laboratory:
        fail("kit_films_laboratories_only")


def require_something_to_measure_with(settings: Config) -> None:
    """End with one line where a live sweep could neither listen nor film."""
    if settings.wifi_adapter is None and settings.camera is None:
        fail("nothing_to_measure_with")


def live_sources(settings: Config) -> dict[Modality, object]:
    """What measures in a live sweep."""
    sources: dict[Modality, object] = {}
    if settings.wifi_adapter is not None:
        sources["wifi"] = LiveWifi(settings.wifi_adapter, None if settings.port is not None else "no_lamp")
    if settings.ble_scan != "never" and (settings.ble_adapter is not None or has_controller()):
        sources["ble"] = LiveBle(settings.ble_adapter, settings.ble_scan, settings.ble_scan_s)
    if settings.camera is not None:
        sources["lens"] = _camera_source(settings, settings.camera)
    return sources


def _camera_source(settings: Config, camera: str) -> CameraSource:
    """The probe's camera with its calibrated numbers, nominal where no calibration holds."""
    from sweep.lens.calibration import CalibrationError, apply  # loads OpenCV
    from sweep.lens.camera.ranging import RangePlace
    from sweep.lens.camera.source import LiveCamera, camera_settings, nominal_meta

    set_to, lamps = (
        camera_settings(settings.eye, is_triggered=settings.camera_trigger == "external"),
        extra_lamps(settings),
    )
    meta = nominal_meta(set_to, lamps, settings.eye)
    laws = lens_laws_of(settings, datetime.now(UTC).date(), settings.probe_id, is_said=False)
    if laws.calibration is not None:
        with one_line(CalibrationError):
            meta = apply(laws.calibration, meta)
    enable = settings.line("range_enable") if settings.range_sensor else None
    ranging = None if enable is None else RangePlace(enable)
    return LiveCamera(meta, set_to, None if camera == "pi" else camera, lamps, ranging)


def extra_lamps(settings: Config) -> tuple[ExtraLamp, ...]:
    """The lamps of the settings, as phases."""
    letters: dict[str, ExtraLamp] = {"middle_ring": "M", "outer_ring": "N", "red": "R"}
    return tuple(letter for name, letter in letters.items() if name in settings.lens_lamps)


def room_source(
    command: StartCommand,
    control: Control,
    on_event: Callable[[LiveEvent], None],
    settings: Config,
    interrupted: Interrupted | None = None,
) -> LiveSource:
    """The room that the phone names; the inspector taps where to measure.  `interrupted`: the sweep that goes on."""
    room = Room(**{name: getattr(command, name) for name in Room.model_fields if name in StartCommand.model_fields})

    sources = live_sources(settings)

    def positions() -> Iterator[NextPosition]:
        asks_outside = bool(sources) or settings.port is not None
        wanted, visited = frozenset(zones_of(command.mode, command.plan)), set[str]()
        while not control.is_over:
            left = "look_again" if control.looks.pending else "finish"
            guidance = guidance_event(left if visited >= wanted else "stand_next")
            if ahead := control.lights.pending:
                guidance = pending_light_event(next(z for z in command.plan.zones if z.zone_id == ahead[0].zone_id))
            on_event(outside_event(len(command.plan.zones)) if asks_outside else guidance)
            position = control.next_position()
            if position is None:
                return
            asks_outside &= position == REFERENCE
            visited.add(position.zone_id)
            if position != NOWHERE:
                yield position

    return LiveSource(
        room,
        inspectors=command.inspectors,
        probe_id=settings.probe_id,
        dwell_s=settings.wifi_dwell_s,
        positions=positions(),
        sweep_id=command.sweep_id,
        mode=command.mode,
        sources=sources,
        interrupted=interrupted,
        told_time=command.told_time,
        is_practice=command.is_practice,
        has_radio_earphone=command.has_radio_earphone,
    )

"""The runner of a sweep from the settings, the same for the command line and for a sweep the phone starts.

Input is a source, an outbox and the settings; output is a runner with the room's key, the modalities and the probe's
own parts.  It starts nothing.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from sweep.cli.config import Config
from sweep.cli.options import modalities_of, weights_of
from sweep.cli.output import remark
from sweep.deliver.journal import Journal, JournalFile
from sweep.deliver.outbox import Outbox
from sweep.host.access_point import AccessPoint
from sweep.host.clock import WallClock
from sweep.host.machine import Machine, is_going_down
from sweep.host.scratch import remove_orphans
from sweep.modality.control import Control
from sweep.modality.own_transmissions import OwnTransmissions
from sweep.report import ContractError, Source
from sweep.run.hotspot_pause import HotspotPause
from sweep.run.plan.budget import Durations
from sweep.run.plan.eye_look_planner import Eye, read_policy
from sweep.run.reference.reference import FILE_NAME, NOT_DONE, ReferenceFile
from sweep.run.reporting.recovery import Closed, Now, close_interrupted, resumable
from sweep.run.reporting.report_builder import Basis
from sweep.run.reporting.sweep_recorder import SweepRecorder
from sweep.run.room_keys import RoomKey, open_room_key, recorded_room_key
from sweep.run.runner import OnEvent, Runner
from sweep.run.sweep_sources import LiveSource, SweepSource, source_of
from sweep.run.watch.power_bank_watch import PowerBankWatch
from sweep.run.watch.probe_parts import ProbeParts

SIM_REFERENCE: Final = "reference-simulated.json"
"""What a simulated probe knows of its reference checks; it proves nothing of this one."""


def runner_of(
    source: SweepSource,
    outbox: Outbox,
    settings: Config,
    *,
    control: Control,
    on_event: OnEvent,
    sweep_id: UUID,
    own_transmissions: OwnTransmissions,
    keeping: SweepRecorder | None = None,
    has_journal: bool = True,
    resumed: Journal | None = None,
    bank: PowerBankWatch | None = None,
    eye: Eye | None = None,
) -> Runner:
    """A runner for `source` with what this probe has; without a journal nothing outlives its process but entries;
    `resumed`: what it tells of the sweep that goes on; `bank`: keeps account of the power bank; `eye`: looks
    where nobody stands in a room.

    Raises RoomKeyError, OSError.
    """
    room_key = _room_key_of(settings.state_folder, source)
    eye_looks = None
    if settings.eye_look_policy is not None:
        try:
            eye_looks = read_policy(Path(settings.eye_look_policy))
        except ContractError as error:
            remark("eye_look_policy_left_out", why=error)
    return Runner(
        source,
        outbox,
        room_key=room_key.key,
        limits=(*room_key.limits, *(source.limits if isinstance(source, LiveSource) else ())),
        control=control,
        on_event=on_event,
        sweep_id=sweep_id,
        modalities=modalities_of(settings, source.manifest),
        keeping=keeping,
        journal=JournalFile(_journals(settings) / str(sweep_id)) if has_journal else None,
        resumed=resumed,
        weights=weights_of(settings),
        eye_looks=eye_looks,
        eye=eye,
        live=ProbeParts(
            own_transmissions=own_transmissions,
            hotspot_pause=hotspot_pause_of(settings, own_transmissions) if source.is_live else None,
            head_port=settings.port,
            camera_power=settings.camera_power,
            camera_sensor=settings.camera_sensor,
            durations=durations_of(settings, source) if source.is_live else None,
            machine=Machine(settings.state_folder),
            bank=bank,
            reference=reference_of(settings, "live" if source.is_live else source_of(source.manifest)),
            why_stopped=lambda: "switched_off" if is_going_down() else None,
        ),
    )


def hotspot_pause_of(settings: Config, own_transmissions: OwnTransmissions) -> HotspotPause | None:
    """What silences the probe's own access point while RF is measured; None: nobody does."""
    if not settings.hotspot or not settings.hotspot_pause_s:
        return None
    return HotspotPause(AccessPoint(), own_transmissions, settings.hotspot_pause_s)


def reference_of(settings: Config, source: Source = "live") -> ReferenceFile | None:
    """What this probe knows of its reference checks, in a simulated sweep what the simulated probe knows; None for the
    replay of a real one: the recording does not tell, and checks of today say nothing of it.
    """
    name = SIM_REFERENCE if source == "simulated" else FILE_NAME
    return None if source == "replay" else ReferenceFile(settings.state_folder / name)


def _basis_of(settings: Config, source: Source, started: datetime) -> Basis:
    """What the report of a sweep that started then rests on."""
    kept = reference_of(settings, source)
    return Basis(NOT_DONE if kept is None else kept.today(started), weights_of(settings))


def durations_of(settings: Config, source: SweepSource) -> Durations:
    """How long each part of a live sweep takes at a position; the camera films as long as Wi-Fi is listened to."""
    sources = source.sources_here if isinstance(source, LiveSource) else {}
    has_light = settings.port is not None and "wifi" in sources and settings.stimulus != "never"
    return Durations(
        listen_s=settings.wifi_dwell_s,
        light_s=settings.stimulus_longest_s if has_light else 0.0,
        ble_s=settings.ble_scan_s if "ble" in sources else 0.0,
        film_s=settings.wifi_dwell_s if "lens" in sources else 0.0,
        outside_s=settings.wifi_dwell_s,
    )


def _journals(settings: Config) -> Path:
    return settings.state_folder / "journal"


def close_interrupted_sweeps(settings: Config, outbox: Outbox, spare: UUID | None = None) -> list[Closed]:
    """Close what earlier processes left open, but for `spare`, before anything is delivered; what they left in the
    temporary folder goes, too.
    """
    remove_orphans()
    return list(
        close_interrupted(
            _journals(settings),
            outbox,
            lambda manifest: modalities_of(settings, manifest),
            spare=spare,
            basis_for=partial(_basis_of, settings),
        )
    )


def interrupted_sweep(settings: Config, outbox: Outbox) -> Journal | None:
    """The sweep that may go on."""
    return resumable(_journals(settings), outbox, Now.read())


def _room_key_of(state: Path, source: SweepSource) -> RoomKey:
    """The key under which addresses in the room of this sweep are tagged.  Raises RoomKeyError, OSError."""
    made = source.manifest
    if not source.is_live:
        return recorded_room_key(state, made.room_id, made.started.year)
    return open_room_key(state, made.room_id, made.started, WallClock(made.clock_synchronised, made.clock_max_error_ms))

"""Records one clip on a laboratory bench: head, lamps and camera put together for `sweep lens-record`.

Input is who declared the bench free of people, the ports and the timing; output is a signed clip folder.  It runs in
the `lab` extra only and never in a room: the checks stand in `sweep.lens.clip.record`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from sweep.entry.dsse import EntryError, Signer
from sweep.host.gpio import LineError, LinePlace
from sweep.lens.calibrate.calibration import CalibrationError, apply, laws_of, read_calibration
from sweep.lens.camera.source import ExtraLamp, nominal_meta, open_full_size
from sweep.lens.clip.bursts import red_of
from sweep.lens.clip.clips import ClipError, ClipMeta
from sweep.lens.clip.frames import Camera, CameraError, CameraSettings
from sweep.lens.clip.record import RecordError, record_clip, sign_recording
from sweep.lens.live.session import strobe_for
from sweep.link.head import HeadError
from sweep.link.head_messages import FromHead, HeadState, ToHead
from sweep.link.head_process import HeadProcess
from sweep.modality.control import Control
from sweep.modality.lease import RoomNotEmptyError, RoomPermit
from sweep.modality.strobe import StopStrobe, StrobeEnded, Trigger, Triggers, round_of
from sweep.phrases import Phrase
from sweep.power.keeper import CameraPower
from sweep.power.sensor import SensorDriver, SensorError

ERRORS = (
    RecordError, RoomNotEmptyError, CameraError, CalibrationError, ClipError, HeadError, EntryError, LineError,
    SensorError,
)  # fmt: skip
"""What a person can do something about; each is one line."""
LONGEST_S = 600.0
"""Whoever records stops it; more triples than a clip may hold take less (derived)."""
POWER_S = 5.0
"""How long the camera's supply may take to come on (guessed)."""

HEAD_AWAY: Final = "head_away"


class HeadLine(Protocol):
    """What is used of `HeadProcess`."""

    def say(self, message: ToHead, /) -> None:
        """Tell the head's process."""

    def hear(self) -> list[FromHead]:
        """What it said since it was last asked."""


def record_on_bench(
    folder: Path,
    *,
    bench: str,
    declared_by: tuple[str, str],
    port: str,
    device: str | None,
    calibration: Path | None,
    triples: int,
    exposure_s: float,
    key: Path,
    camera_power: LinePlace | None = None,
    sensor: SensorDriver | None = None,
    lamps: tuple[ExtraLamp, ...] = (),
) -> Path:
    """Record the next clip of `folder` and sign it; `lamps`: those that the probe has besides.

    Raises `ERRORS`; FileExistsError never: the name is new.
    """
    from filelock import FileLock, Timeout

    control = Control()
    control.declare_empty(declared_by)
    permit = control.permit()
    laws = laws_of(None if calibration is None else read_calibration(calibration), on=datetime.now(UTC).date())
    settings = CameraSettings(exposure_s=exposure_s)
    meta = nominal_meta(settings, lamps)
    if laws.calibration is not None:
        meta = apply(laws.calibration, meta)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with (
            FileLock(folder / ".recording.lock", timeout=0),
            powered(control, camera_power, sensor or SensorDriver("at_boot")),
            control.lease() as lease,
            HeadProcess(port, lease=lease.end) as head,
        ):
            name = next_name(folder)
            camera = open_full_size(permit, settings, device)
            clip = record_with(folder / name, head, camera, meta, triples, permit, lamps)
    except Timeout:
        raise RecordError(Phrase("recorder_already_writing", folder=folder)) from None
    sign_recording(
        clip,
        Signer.load_or_create(key),
        bench=bench,
        declared_by=declared_by,
        camera_serial=camera.serial,
        calibration=laws.version,
        recorded=datetime.now(UTC),
    )
    return clip


@contextmanager
def powered(control: Control, place: LinePlace | None, sensor: SensorDriver) -> Iterator[None]:
    """The camera has power and its driver, as long as the declaration holds; without a line it always has."""
    if place is None:
        yield
        return
    with CameraPower(place, lambda: control.declaration) as power:
        control.watch(power.follow)
        if not power.wait_on(POWER_S):
            raise LineError(Phrase("camera_supply_stays_off", why=power.why_off))
        sensor.attach()
        try:
            yield
        finally:
            control.finish()  # the line falls first, whatever the driver does
            sensor.detach()


def record_with(
    folder: Path,
    head: HeadLine,
    camera: Camera,
    meta: ClipMeta,
    triples: int,
    permit: RoomPermit,
    lamps: tuple[ExtraLamp, ...] = (),
) -> Path:
    """Flash and record into the new folder `folder`; lamps and camera are off afterwards, whatever happened, and as
    soon as the permit ends. Every fourth round is short; with red a burst of it is in the clip.
    """
    ask = strobe_for(meta, LONGEST_S, lamps)
    head.say(ask)
    try:
        return record_clip(
            folder, camera, partial(_triggers, head, permit), meta, triples,
            round_length=round_of(ask.order), burst=red_of(ask),
        )  # fmt: skip
    finally:
        head.say(StopStrobe())
        camera.close()


def _triggers(head: HeadLine, permit: RoomPermit) -> list[Trigger]:
    """Those that came since it was last asked. Raises what no more come for."""
    permit.check()
    found: list[Trigger] = []
    for message in head.hear():
        match message:
            case Triggers(triggers=triggers):
                found += triggers
            case HeadState(is_there=False, why=why):
                raise HeadError(why)
            case StrobeEnded(because=because) if because != HEAD_AWAY:  # else the head's state says why
                permit.check()
                raise RecordError(Phrase("strobe_ended", because=because))
            case _:
                pass
    return found


def next_name(folder: Path) -> str:
    """A running number, so that names tell nothing (the field test wants that)."""
    taken = {path.name for path in folder.iterdir()}
    return next(name for number in range(1, 100_000) if (name := f"f{number:03d}") not in taken)

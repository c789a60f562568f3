"""Records one clip on a laboratory bench: head, lamps and camera put together for `sweep lens-record`.

Input is who declared the bench free of people, the ports and the timing; output is a signed clip folder.  It runs in
the `lab` extra only and never in a room: the checks stand in `sweep.lens.clip.record`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sweep.entry.dsse import EntryError, Signer
from sweep.host.gpio import LineError, LinePlace
from sweep.lens.calibrate.calibration import CalibrationError, apply, laws_of, read_calibration
from sweep.lens.camera.source import ExtraLamp, nominal_meta, open_full_size
from sweep.lens.clip.bursts import red_of
from sweep.lens.clip.clips import ClipError, ClipMeta
from sweep.lens.clip.frames import CameraError, CameraSettings, FrameDoor
from sweep.lens.clip.record import RecordError, record_clip, sign_recording
from sweep.lens.live.session import strobe_for
from sweep.link.head import Head, HeadError, PortError, SerialPort
from sweep.plug.control import Control
from sweep.plug.lease import RoomNotEmptyError, RoomPermit
from sweep.plug.strobe import round_of
from sweep.power.keeper import CameraPower
from sweep.power.sensor import SensorDriver, SensorError
from sweep.run.strobe import HeadLine, Strobe

ERRORS = (
    RecordError, RoomNotEmptyError, CameraError, CalibrationError, ClipError, HeadError, PortError, EntryError,
    LineError, SensorError,
)  # fmt: skip
"""What a person can do something about; each is one line."""
LONGEST_S = 600.0
"""Whoever records stops it; more triples than a clip may hold take less (derived)."""
POWER_S = 5.0
"""How long the camera's supply may take to come on (guessed)."""


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
            SerialPort(port) as line,
        ):
            name = next_name(folder)
            camera = open_full_size(permit, settings, device)
            clip = record_with(folder / name, Head(line), camera, meta, triples, permit, lamps)
    except Timeout:
        raise RecordError(f"{folder}: another recorder writes here") from None
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
            raise LineError(f"the camera's supply did not come on: {power.why_off}")
        sensor.attach()
        try:
            yield
        finally:
            control.finish()  # the line falls first, whatever the driver does
            sensor.detach()


def record_with(
    folder: Path,
    head: HeadLine,
    camera: FrameDoor,
    meta: ClipMeta,
    triples: int,
    permit: RoomPermit,
    lamps: tuple[ExtraLamp, ...] = (),
) -> Path:
    """Flash and record into the new folder `folder`; lamps and camera are off afterwards, whatever happened, and as
    soon as the permit ends. Every fourth round is short; with red a burst of it is in the clip.
    """
    ask = strobe_for(meta, LONGEST_S, lamps)
    try:
        with Strobe(head, permit, ask) as flashing:
            return record_clip(
                folder, camera, flashing.triggers, meta, triples, round_length=round_of(ask.order), burst=red_of(ask)
            )
    finally:
        camera.close()


def next_name(folder: Path) -> str:
    """A running number, so that names tell nothing (the field test wants that)."""
    taken = {path.name for path in folder.iterdir()}
    return next(name for number in range(1, 100_000) if (name := f"f{number:03d}") not in taken)

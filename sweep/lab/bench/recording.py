"""Bench recordings of strobed clips: the one place where frames of a camera go to disk.

Input is who declared the bench free of people, the ports and the timing; output is a clip folder and `recording.json`,
a statement of where and by whom, signed by a key that is made for demonstration.  Refuses to exist outside the `lab`
extra, on a probe that belongs to a server (it is in service, and any room it stands in may be live), and without two
persons who declared the bench free of people.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Protocol

from sweep.entry.dsse import EntryError, Signer
from sweep.host.gpio import LineError, LinePlace
from sweep.lens.calibration import CalibrationError, apply, laws_of, read_calibration
from sweep.lens.camera.source import ExtraLamp, camera_settings, nominal_meta, open_full_size
from sweep.lens.clip.bursts import PARTNERS, red_of
from sweep.lens.clip.clips import ClipError, ClipMeta, Frame, write_clip
from sweep.lens.clip.frames import Camera, CameraError, PhaseFrame, next_frame
from sweep.lens.clip.pairing import PhasePairer
from sweep.lens.live.session import strobe_for
from sweep.lens.optics import Eye
from sweep.link.head import HeadError
from sweep.link.head_messages import FromHead, HeadState, ToHead
from sweep.link.head_process import HeadProcess
from sweep.modality.control import Control
from sweep.modality.lease import RoomNotEmptyError, RoomPermit
from sweep.modality.strobe import Phase, StopStrobe, StrobeEnded, Trigger, Triggers, round_of
from sweep.phrases import Phrase
from sweep.power.keeper import CameraPower
from sweep.power.sensor import SensorDriver, SensorError
from sweep.run.laboratory import LAB_PACKAGE

RECORDING_TYPE = "application/vnd.ansim.lens-recording.v1+json"
RECORDING_NAME = "recording.json"
MAX_TRIPLES = 60
MAX_LOST_SHARE = 0.5
"""A recording of which more than half of the frames are lost is none."""
LONGEST_S = 600.0
"""Whoever records stops it; more triples than a clip may hold take less (derived)."""
BEGIN_S = 20.0
"""From the ask to the first trigger that can be used: a process starts, a port opens, a clock settles (`SETTLE_NS`)."""
LOOK_S = 0.02
POWER_S = 5.0
"""How long the camera's supply may take to come on (guessed)."""

HEAD_AWAY: Final = "head_away"


class RecordError(ValueError):
    """Nothing was recorded; one line says why."""


ERRORS = (
    RecordError, RoomNotEmptyError, CameraError, CalibrationError, ClipError, HeadError, EntryError, LineError,
    SensorError,
)  # fmt: skip
"""What a person can do something about; each is one line."""


def check_bench(*, server: str | None, bench: str, package: str = LAB_PACKAGE) -> None:
    """Whether this machine may record at all; without `package` it is no laboratory. Raises RecordError."""
    if find_spec(package) is None:
        raise RecordError(Phrase("recording_needs_lab"))
    if server is not None:
        raise RecordError(Phrase("recording_on_a_servers_probe"))
    if not bench.strip():
        raise RecordError(Phrase("bench_unnamed"))


def record_clip(
    folder: Path,
    camera: Camera,
    triggers: Callable[[], Iterable[Trigger]],
    meta: ClipMeta,
    triples: int,
    *,
    round_length: int = 3,
    burst: int = 0,
) -> Path:
    """Record `triples` rounds of the lamps into the new folder `folder`; the camera is closed afterwards. `burst`:
    exposures of a burst of red, of which one whole burst is recorded besides.

    Raises RecordError, `ClipError`, CameraError, RoomNotEmptyError; then nothing is written.
    """
    if not 1 <= triples <= MAX_TRIPLES:
        raise RecordError(Phrase("clip_triple_count", most=MAX_TRIPLES))
    wanted, reds = triples * round_length + burst, max(0, burst - PARTNERS)
    pairer = PhasePairer(period_ns=round(1e9 / meta.fps), latency_ns=round(meta.exposure_s * 1e9))
    taken: list[PhaseFrame] = []
    read = 0
    try:
        while len(taken) < wanted or _reds(taken[:wanted]) < reds:
            read += 1
            if read > 4 * wanted + 60 or (read > 60 and len(taken) < (1.0 - MAX_LOST_SHARE) * (read - 60)):
                raise RecordError(Phrase("frames_without_lamp_phase", found=len(taken), read=read))
            frame = next_frame(camera)
            found = [] if frame is None else pairer.add_frame(frame)
            for trigger in triggers():
                found += pairer.add_trigger(trigger)
            taken += found
            while taken and taken[0].trigger.number % round_length:
                del taken[0]  # a clip begins with a round
            if len(taken) >= wanted and _reds(taken[:wanted]) < reds:
                del taken[:round_length]  # the burst is still to come
    finally:
        camera.close()
    frames: list[Frame] = [one.pixels for one in taken[:wanted]]
    phases: tuple[Phase, ...] = tuple(one.trigger.phase for one in taken[:wanted])
    scales = tuple(round(one.trigger.pulse_scale, 4) for one in taken[:wanted])
    update = {"clip": folder.name, "phases": phases, "pulse_scale": scales if set(scales) != {1.0} else ()}
    write_clip(folder, frames, meta.model_copy(update=update), "npy")
    return folder


def _reds(frames: list[PhaseFrame]) -> int:
    return sum(one.trigger.phase == "R" for one in frames)


def sign_recording(
    folder: Path,
    signer: Signer,
    *,
    bench: str,
    declared_by: tuple[str, str],
    camera_serial: str,
    calibration: str | None,
    recorded: datetime,
) -> Path:
    """Write `recording.json` into a clip folder: what it is, by whom, and the hash of every file, signed as `demo`."""
    files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}
    statement = {
        "v": 1,
        "source": "demo",
        "bench": bench,
        "declared_by": list(declared_by),
        "camera_serial": camera_serial,
        "calibration": calibration,
        "recorded": recorded.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "files": files,
    }
    payload = json.dumps(statement, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    target = folder / RECORDING_NAME
    target.write_text(json.dumps(signer.sign(RECORDING_TYPE, payload).to_json()) + "\n", encoding="utf-8")
    return target


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
    eye: Eye = "probe",
    is_triggered: bool = True,
    name: str | None = None,
    beside: Callable[[Path], None] | None = None,
    control: Control | None = None,
) -> Path:
    """Record a clip of `folder` and sign it; `lamps`: those that the probe has besides.  `name`: of the clip, which
    is new; None: the next running number.  `beside`: puts more into its folder before it is signed.  `control`: of
    this clip alone, where somebody may end it meanwhile and the two have declared before.

    Raises `ERRORS`; FileExistsError never: the name is new.
    """
    from filelock import FileLock, Timeout

    if control is None:
        control = Control()
        control.declare_empty(declared_by)
    permit = control.permit()
    laws = laws_of(None if calibration is None else read_calibration(calibration), on=datetime.now(UTC).date())
    settings = camera_settings(eye, exposure_s, is_triggered=is_triggered)
    meta = nominal_meta(settings, lamps, eye)
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
            opened = _Opened(lambda: open_full_size(permit, settings, device))
            clip = record_with(folder / (name or next_name(folder)), head, opened, meta, triples, permit, lamps)
    except Timeout:
        raise RecordError(Phrase("recorder_already_writing", folder=folder)) from None
    if beside is not None:
        beside(clip)
    sign_recording(
        clip,
        Signer.load_or_create(key),
        bench=bench,
        declared_by=declared_by,
        camera_serial=opened.serial,
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


class _Opened:
    """Opens a camera once, and knows whose frames they were."""

    def __init__(self, open_camera: Callable[[], Camera]) -> None:
        self._open = open_camera
        self.serial = ""

    def __call__(self) -> Camera:
        camera = self._open()
        self.serial = camera.serial
        return camera


def record_with(
    folder: Path,
    head: HeadLine,
    open_camera: Callable[[], Camera],
    meta: ClipMeta,
    triples: int,
    permit: RoomPermit,
    lamps: tuple[ExtraLamp, ...] = (),
) -> Path:
    """Flash and record into the new folder `folder`, while a visible light of the head shines; lights and camera are
    off afterwards, whatever happened, and as soon as the permit ends. The camera is opened once the head's clock is
    known well enough for a trigger. Every fourth round is short; with red a burst of it is in the clip.
    """
    ask = replace(strobe_for(meta, LONGEST_S, lamps), is_shown=True)
    head.say(ask)
    try:
        begun = _first_triggers(head, permit)

        def triggers() -> list[Trigger]:
            found = [*begun, *_triggers(head, permit)]
            begun.clear()
            return found

        return record_clip(
            folder, open_camera(), triggers, meta, triples, round_length=round_of(ask.order), burst=red_of(ask)
        )
    finally:
        head.say(StopStrobe())


def _first_triggers(head: HeadLine, permit: RoomPermit) -> list[Trigger]:
    """Wait for them. Raises what no more come for."""
    until_s = time.monotonic() + BEGIN_S
    while True:
        found = _triggers(head, permit)
        if found:
            return found
        if time.monotonic() > until_s:
            raise RecordError(Phrase("no_lamp_trigger_in_time", seconds=BEGIN_S))
        time.sleep(LOOK_S)


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

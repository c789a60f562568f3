"""Bench recordings of strobed clips: the one place where frames of a camera go to disk.

Job: take triples from a camera and write them in the clip format, with a statement of where and by whom, signed by a
key that is made for demonstration. Input: an opened camera, its triggers, the numbers of its frames; output: a clip
folder and `recording.json`. Refuses to exist outside the `lab` extra, on a probe that belongs to a server (it is in
service, and any room it stands in may be live), and without two persons who declared the bench free of people.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from sweep.entry.dsse import Signer
from sweep.lens.clip.bursts import PARTNERS
from sweep.lens.clip.clips import ClipMeta, Frame, write_clip
from sweep.lens.clip.frames import Camera, PhaseFrame, next_frame
from sweep.lens.clip.pairing import PhasePairer
from sweep.modality.strobe import Phase, Trigger
from sweep.phrases import Phrase

RECORDING_TYPE = "application/vnd.ansim.lens-recording.v1+json"
RECORDING_NAME = "recording.json"
LAB_PACKAGE = "filelock"
"""What the `lab` extra brings and nothing else does."""
MAX_TRIPLES = 60
MAX_LOST_SHARE = 0.5
"""A recording of which more than half of the frames are lost is none."""


class RecordError(ValueError):
    """Nothing was recorded; one line says why."""


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

"""A room that is filmed: frames with a mark that would be known anywhere, a stand-in camera, and a sweep around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from sweep.lens.camera.pi import PiCamera
from sweep.lens.clip.clips import ClipMeta, Frame
from sweep.lens.clip.frames import CameraSettings, RawFrame
from sweep.lens.words import WORDS
from sweep.modality.control import Control
from sweep.modality.evidence import Weigher
from sweep.modality.looks import CloseLook, Look
from sweep.modality.measurement import Measurement
from sweep.modality.messages import Line
from sweep.modality.protocol import Measure
from sweep.modality.strobe import Trigger
from sweep.modality.task import Task
from sweep.modality.words import Words
from sweep.report import Modality, Position, RecordedPosition, RecordedSweep
from sweep.run.modalities import WEIGHERS
from sweep.run.sweep_sources import read_manifest
from tests.lens.clip_factory import meta_for, strobed_frames
from tests.lens.live_triples import PHASES
from tests.lens.picamera2_stand_in import Module

SIZE = (364, 272)
GLINT = (200.0, 130.0)
COUNT = 24
MARK_ROW, MARK_COLUMN, MARK_WIDTH = 236, 20, 24
"""Where the mark lies in every frame, far from the glint and its crop."""


def mark() -> Frame:
    """Values that occur nowhere by chance: 24 pixels between 400 and 1000."""
    return np.random.default_rng(0xE7E).integers(400, 1000, MARK_WIDTH).astype(np.uint16)


def frames() -> list[Frame]:
    """A wall with a lens, and the mark in each frame."""
    made = strobed_frames(3, phases=PHASES * COUNT, glint=GLINT, glint_e=30_000.0, drift_px=(0.6, 0.3))
    for frame in made:
        frame[MARK_ROW, MARK_COLUMN : MARK_COLUMN + MARK_WIDTH] = mark()
    return made


class Counting:
    """A camera that counts what it gave."""

    def __init__(self, camera: PiCamera) -> None:
        self._camera = camera
        self.serial = camera.serial
        self.taken = 0

    def read(self) -> RawFrame | None:
        frame = self._camera.read()
        self.taken += frame is not None
        return frame

    def close(self) -> None:
        self._camera.close()


def open_camera(home: Path, control: Control) -> tuple[Counting, ClipMeta, int]:
    """The stand-in camera with its frames, their numbers, and how many there are."""
    (home / "trigger_mode").write_text("1\n", encoding="ascii")
    made = frames()
    stamps: list[dict[str, Any]] = [
        {"SensorTimestamp": 10**12 + n * 16_666_667 + 1_050_000, "AnalogueGain": 1.0} for n in range(len(made))
    ]
    module = Module(list(zip(made, stamps, strict=True)))
    settings = CameraSettings(width=SIZE[0], height=SIZE[1])
    camera = PiCamera(control.permit(), settings, trigger_mode=home / "trigger_mode", module=module)
    return Counting(camera), meta_for((SIZE[1], SIZE[0]), PHASES), len(made)


def triggers_of(camera: Counting) -> Iterator[list[Trigger]]:
    """Triggers that came since it was last asked."""
    number = 0
    while True:
        due = []
        while number < camera.taken:
            due.append(Trigger(number, 10**12 + number * 16_666_667, PHASES[number % 3], True))
            number += 1
        yield due


class RoomSource:
    """A sweep of one position, nothing of it recorded."""

    is_live = True

    def __init__(self, folder: Path, manifest: Path) -> None:
        self.folder = folder
        whole = read_manifest(manifest)
        bare = {"lens": None, "wifi": None, "ble": None, "rf": None, "stimulus": None, "own": None}
        first = whole.positions[0].model_copy(update=bare)
        self.manifest: RecordedSweep = whole.model_copy(update={"positions": (first,), "baseline_rf": None})

    def position(self) -> Position:
        recorded = self.manifest.positions[0]
        return Position(
            position_id=recorded.id, zone_id=recorded.zone, x_m=recorded.x_m, y_m=recorded.y_m,
            facing_deg=recorded.facing_deg, start_ns=0, end_ns=5_000_000_000,
        )  # fmt: skip

    def positions(self) -> Iterator[RecordedPosition]:
        yield from self.manifest.positions

    def again(self, look: Look) -> tuple[RecordedPosition, ...]:
        del look
        return ()

    def close(self, look: CloseLook) -> tuple[RecordedPosition, ...]:
        del look
        return ()

    def sources(self, recorded: RecordedPosition, position: Position) -> dict[Modality, object]:
        del recorded, position
        return {}

    def recorded_rf(self, recorded: RecordedPosition, position: Position) -> None:
        del recorded, position

    def ended(self, done: Sequence[Position]) -> datetime:
        del done
        return self.manifest.ended


@dataclass(frozen=True)
class Premade:
    """A measurement that was made before, for a runner whose workers are other processes."""

    measurement: Measurement

    name: ClassVar[Modality] = "lens"
    calibration: ClassVar[None] = None
    weigher: ClassVar[Weigher] = WEIGHERS["lens"]
    words: ClassVar[Words] = WORDS
    parts: ClassVar[tuple[()]] = ()

    def open(self) -> Measure:
        return self.measure

    def measure(self, task: Task[object], line: Line) -> Measurement:
        return replace(self.measurement, position_id=task.position.position_id)

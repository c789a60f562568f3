"""Live triples made from the frames of the clip factory."""

from __future__ import annotations

from typing import Any

from sweep.lens.clip.clips import ClipMeta, Frame
from sweep.lens.clip.frames import LiveTriple, PhaseFrame
from sweep.lens.live import session
from sweep.lens.live.live import LiveScan
from sweep.modality.measurement import Measurement
from sweep.modality.strobe import Phase, Trigger
from sweep.modality.task import Task
from tests.lens.clip_factory import meta_for, strobed_frames

PERIOD_NS = 16_666_667
PHASES: tuple[Phase, ...] = ("A", "B", "C")


def triples_of(frames: list[Frame], first: int = 0) -> list[LiveTriple]:
    """Frames in the order A, B, C as live triples, numbered from `first`."""
    made = []
    for start in range(0, len(frames) - 2, 3):
        parts = []
        for offset, phase in enumerate(PHASES):
            number = 3 * first + start + offset
            trigger = Trigger(number, number * PERIOD_NS, phase, True)
            parts.append(PhaseFrame(frames[start + offset], trigger, number * PERIOD_NS + 1_000_000))
        on_axis, off_axis, dark = parts
        made.append(LiveTriple(first + start // 3, on_axis, off_axis, dark))
    return made


def walk(
    count: int,
    *,
    seed: int = 3,
    glint: tuple[float, float] | None = (200.0, 130.0),
    drift_px: tuple[float, float] = (0.6, 0.3),
) -> tuple[list[LiveTriple], ClipMeta]:
    """Triples of a wall that drifts by, and the numbers of its frames; the glint's place is that of the last one."""
    frames = strobed_frames(seed, phases=PHASES * count, glint=glint, drift_px=drift_px)
    return triples_of(frames), meta_for((272, 364), PHASES)


def film(task: Task[Any], camera: Any, triggers: Any, scan: LiveScan, meta: ClipMeta, **how: Any) -> Measurement:
    """What a position amounts to that was filmed as `session.film` does it."""
    run = session.film(camera, triggers, scan, meta, **how)
    return session.measurement_of(task, scan.finish(), meta, run.lost, run.stopped, run.ended_ns)

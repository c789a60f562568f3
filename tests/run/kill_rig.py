"""A live sweep whose modalities sense ten samples a second and note each where no kill reaches it.

Run as `python -m tests.run.kill_rig FOLDER [PORT]`.  Runner, workers, coordinator, journal and outbox are the real
ones, and with PORT the sensor head's process and RF, too; lens, Wi-Fi and BLE are paced here.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from sweep.deliver.journal import JournalFile
from sweep.deliver.outbox import Outbox
from sweep.modality.addresses import AddressKey
from sweep.modality.control import Control
from sweep.modality.measurement import Measurement
from sweep.modality.messages import Leave, Line
from sweep.modality.next_position import NextPosition
from sweep.modality.partial_results import PartialResultSender
from sweep.modality.protocol import Measure, SensingModality
from sweep.modality.task import Task
from sweep.report import Modality
from sweep.rf.modality import RfModality
from sweep.run.modalities import SENSING_MODALITIES
from sweep.run.reporting.recovery import close_interrupted
from sweep.run.runner import Runner
from sweep.run.sweep_sources import LiveSource, middle_of
from sweep.run.watch.probe_parts import ProbeParts
from sweep.sim.source import default_room
from tests.entry_factory import signer
from tests.report_factory import make_glint

SAMPLE_S: Final = 0.1
DWELL_S: Final = 4.0
POSITIONS: Final = 3
PACED: Final[tuple[Modality, ...]] = ("lens", "wifi", "ble")
SEEN_AFTER: Final = 8
"""Samples until the lens modality has confirmed a candidate."""


class PacedModality:
    """Senses so many samples at each position; the rest is the real modality's."""

    calibration = None

    def __init__(self, real: SensingModality, folder: Path) -> None:
        self.name = real.name
        self.weigher = real.weigher
        self.parts = real.parts
        self.words = real.words
        self._folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return paced, (self.name, self._folder)

    def open(self) -> Measure:
        """Tells which process it is."""
        (self._folder / f"pid-{self.name}").write_text(str(os.getpid()))
        return self.measure

    def measure(self, task: Task[Any], line: Line) -> Measurement:
        """Sample after sample; each is noted before it counts."""
        teller = PartialResultSender(line)
        truth = os.open(self._folder / f"truth-{self.name}", os.O_WRONLY | os.O_CREAT)
        samples = 0
        while samples * SAMPLE_S < task.dwell_s:
            due_s = time.monotonic() + SAMPLE_S
            while (left_s := due_s - time.monotonic()) > 0.0:
                if any(isinstance(message, Leave) for message in line.hear(left_s)):
                    return self._made(task, samples)
            samples += 1
            os.pwrite(truth, f"{task.position.position_id} {samples:6}\n".encode().ljust(80), 0)
            teller.offer(partial(self._made, task, samples))
        return self._made(task, samples)

    def _made(self, task: Task[Any], samples: int) -> Measurement:
        one = Measurement(
            zone_id=task.position.zone_id,
            position_id=task.position.position_id,
            modality=self.name,
            dwell_s=samples * SAMPLE_S,
            samples=samples,
            dropped=0,
            quality=1.0,
            blind_reason=None if samples else "too_short",
        )
        if self.name != "lens" or samples < SEEN_AFTER:
            return one
        place = {"zone_id": task.position.zone_id, "position_id": task.position.position_id}
        glint = make_glint(task.observation_id("lens", 0), task.middle_ns).model_copy(update=place)
        return replace(one, observations=(glint,), crops={str(glint.observation_id): b"\x89PNG crop"})


def paced(name: Modality, folder: Path) -> PacedModality:
    """A modality, paced."""
    return PacedModality({modality.name: modality for modality in SENSING_MODALITIES}[name], folder)


def modalities_in(folder: Path) -> tuple[SensingModality, ...]:
    """The paced modalities, and RF as it is."""
    return (*(paced(name, folder) for name in PACED), RfModality())


def box(folder: Path) -> Outbox:
    return Outbox(folder / "outbox", signer(), tenant="demo-gu", subject="probe-demo-1")


def positions() -> Iterator[NextPosition]:
    for zone in default_room().plan.zones[:POSITIONS]:
        yield middle_of(zone)


def main(folder: Path, port: str | None) -> None:
    """Close what was interrupted, then sweep."""
    room = default_room()
    control = Control()
    control.declare_empty(("A-1", "A-2"))
    modalities = modalities_in(folder)
    source = LiveSource(
        room,
        inspectors=("A-1", "A-2"),
        probe_id="probe-demo-1",
        dwell_s=DWELL_S,
        positions=positions(),
        sources={modality.name: "paced" for modality in modalities},
    )
    with box(folder) as outbox:
        list(close_interrupted(folder / "journal", outbox, lambda _: modalities))
        (folder / "begins").touch()
        Runner(
            source,
            outbox,
            room_key=AddressKey("room", b"r" * 32),
            control=control,
            on_event=lambda _: None,
            modalities=modalities,
            live=ProbeParts(head_port=port),
            journal=JournalFile(folder / "journal" / str(source.manifest.sweep_id)),
        ).run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)

"""A live sweep that films: real firmware in the emulator, its pins' exposures rendered, the real runner and processes.

Head, sensor, lens process and runner are four processes, and what passes between them is what passes on a probe: bytes
of a serial line, frames with the sensor's time stamps, words.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from sweep.cli.config import Config
from sweep.cli.running import runner_of
from sweep.deliver.outbox import Outbox
from sweep.modality.control import Control
from sweep.modality.next_position import NextPosition
from sweep.modality.own_transmissions import OwnTransmissions
from sweep.report import GuidanceEvent, LensObservation, LiveEvent, SweepReport, ZoneCoverage, ZoneEvent
from sweep.run.sweep_sources import LiveSource
from sweep.sim.head.emulated import EmulatedHead, RfScene
from sweep.sim.head.pads import Assembly
from sweep.sim.scene.wall import PlantedLens
from sweep.sim.source import default_room
from tests.entry_factory import signer
from tests.sim.head_kit import built_elf
from tests.simulators.film import FilmSet
from tests.simulators.rendered_sensor import EmulatedSensor
from tests.waiting import descendants, wait_until

ROOM = default_room()
HALF_SIZE = (728, 544)
QUARTER_SIZE = (364, 272)


def plain_lens(size: tuple[int, int], *, visible_share: float = 1.0, aperture_mm: float = 1.4) -> PlantedLens:
    """A lens at 1 m, a little off the middle."""
    return PlantedLens(aperture_mm, 1.0, 0.6 * size[0], 0.4 * size[1], visible_share=visible_share)


@dataclass
class FilmRig:
    """A sweep of some zones, from entering to leaving the context."""

    folder: Path
    made: FilmSet
    dwell_s: float = 6.0
    zones: int = 1
    assembly: Assembly | None = None
    events: list[LiveEvent] = field(default_factory=list)
    control: Control = field(default_factory=Control)
    reports: list[SweepReport] = field(default_factory=list)
    gate: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """How many positions the inspector may still begin."""
    finished: int = 0
    """Positions that are over."""

    def __enter__(self) -> Self:
        built_elf()
        exposures = self.folder / "exposures.sock"
        self.head = EmulatedHead(RfScene(assembly=self.assembly), paced=True, exposures=exposures)
        self.head.__enter__()
        self.sensor = EmulatedSensor(self.made, exposures, self.folder)
        self.sensor.__enter__()
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)
        self.control.declare_empty(("A-1", "A-2"))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.control.abort()
        self._thread.join(60.0)
        self.sensor.__exit__(None, None, None)
        self.head.__exit__(None, None, None)

    def _positions(self) -> Iterator[NextPosition]:
        for zone in ROOM.plan.zones[: self.zones]:
            while not self.gate.acquire(timeout=0.05):
                if self.control.is_over:
                    return
            yield NextPosition(zone.zone_id, 1.0, 1.0, 0.0)
            self.finished += 1

    def _run(self) -> None:
        source = LiveSource(
            ROOM,
            inspectors=("A-1", "A-2"),
            probe_id="probe-demo-1",
            dwell_s=self.dwell_s,
            positions=self._positions(),
            sources={"lens": self.sensor.source},
        )
        settings = Config(port=self.head.port, stimulus="never", state=str(self.folder))
        with Outbox(self.folder / "outbox", signer(), tenant="demo-gu", subject="probe-demo-1") as outbox:
            runner = runner_of(
                source, outbox, settings, control=self.control, on_event=self.events.append,
                sweep_id=source.manifest.sweep_id,
                own_transmissions=OwnTransmissions(lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME)),
            )  # fmt: skip
            self.reports.append(runner.run().report)

    def sweep(self) -> SweepReport:
        """Measure at all positions and wait for the report."""
        self.gate.release(self.zones)
        wait_until(lambda: self.reports, "the report", 30.0 * self.zones + 4.0 * self.dwell_s, 0.05)
        return self.reports[0]

    def wait_for_frames(self) -> None:
        """Until the page has heard how much was seen."""
        wait_until(lambda: any(isinstance(e, ZoneEvent) for e in self.events), "the first word", 60.0, 0.02)

    def ended(self, zone: int) -> bool:
        """Whether everything was measured at this position."""
        return self.finished > zone

    def candidates_told(self) -> list[str]:
        """Zones of which the page heard a candidate."""
        return [e.zone_id for e in self.events if isinstance(e, ZoneEvent) and e.verdict == "candidate"]

    def guidance(self) -> list[str]:
        return [e.text.en for e in self.events if isinstance(e, GuidanceEvent)]


def lens_of(report: SweepReport, zone: int = 0) -> tuple[ZoneCoverage, list[LensObservation]]:
    """Coverage by the lens of a zone, and what was seen there."""
    zone_id = ROOM.plan.zones[zone].zone_id
    (cover,) = [c for c in report.coverage if (c.zone_id, c.modality) == (zone_id, "lens")]
    return cover, [o for o in report.observations if isinstance(o, LensObservation) and o.zone_id == zone_id]


@dataclass(frozen=True)
class Load:
    """What a process used."""

    cpu_s: float
    peak_mib: float


def loads() -> dict[str, Load]:
    """Of this process and all that descend from it, by what they are."""
    found = {}
    for pid in descendants(os.getpid()):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            status = Path(f"/proc/{pid}/status").read_text()
            name = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        peak = next((float(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)
        found[f"{pid} {name[:200]}"] = Load((int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK"), peak)
    return found

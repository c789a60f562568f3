"""Sweeps with a thermometer: recorded, simulated, kept and replayed, live.  The package has to have its record and row.

`python -m tests.modality.thermometer.sweeps FOLDER` writes the reports there, as `recorded.json` and so on.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from sweep.deliver.outbox import Outbox
from sweep.modality.addresses import AddressKey
from sweep.modality.control import Control
from sweep.modality.next_position import NextPosition
from sweep.modality.protocol import SensingModality
from sweep.report import MANIFEST_NAME, Modality, Position, RecordedPosition, SweepReport, to_json
from sweep.run.modalities import SENSING_MODALITIES
from sweep.run.reporting.sweep_recorder import SweepRecorder
from sweep.run.runner import Runner
from sweep.run.sweep_sources import LiveSource, RecordedSource, SweepSource, middle_of, read_manifest
from sweep.sim.source import SimulatedSource, default_room
from tests.entry_factory import signer
from tests.modality.thermometer.modality import NAME, Sensor, SimulatedSensor
from tests.run.same_report import told
from tests.run.test_sweep import DEMO

COLD_C, WARM_C = 21.0, 27.5
INSPECTORS = ("A-1", "A-2")


class SimulatedRoom(SimulatedSource):
    """The simulated room, which a thermometer senses, too."""

    def sources(self, recorded: RecordedPosition, position: Position) -> dict[Modality, object]:
        warmth = SimulatedSensor(WARM_C if recorded.zone == "stall-2" else COLD_C)
        return super().sources(recorded, position) | {NAME: warmth}


def recorded(folder: Path) -> SweepSource:
    """The demonstration's recording, and beside it what a thermometer wrote down."""
    shutil.copytree(DEMO, folder)
    manifest = read_manifest(folder)
    positions = []
    for one in manifest.positions[1:3]:  # where the camera is, and one more zone to compare with
        (folder / f"{one.id}.txt").write_text(f"{WARM_C if one.zone == 'stall-2' else COLD_C}\n" * 3)
        positions.append(one.model_copy(update={"more": {NAME: f"{one.id}.txt"}}))
    (folder / MANIFEST_NAME).write_bytes(to_json(manifest.model_copy(update={"positions": tuple(positions)})))
    return RecordedSource(folder)


def live(folder: Path) -> SweepSource:
    """The room itself, of which this probe has a thermometer only."""
    room = default_room()
    (folder / "temp1_input").write_text("27500\n")
    zones = {zone.zone_id: zone for zone in room.plan.zones}

    def positions() -> Iterator[NextPosition]:
        yield middle_of(zones["stall-2"])

    return LiveSource(
        room, inspectors=INSPECTORS, probe_id="probe-demo-1", dwell_s=0.1, positions=positions(),
        sources={NAME: Sensor(folder / "temp1_input")},
    )  # fmt: skip


def run(
    source: SweepSource,
    outbox_folder: Path,
    *,
    modalities: Sequence[SensingModality] = SENSING_MODALITIES,
    keeping: SweepRecorder | None = None,
) -> SweepReport:
    """The report of a sweep, with every modality of the package by default."""
    control = Control()
    control.declare_empty(INSPECTORS)
    with Outbox(outbox_folder, signer("demo"), tenant="demo-gu", subject="probe-demo-1") as outbox:
        runner = Runner(
            source, outbox, room_key=AddressKey.random("room"), control=control, on_event=lambda _: None,
            modalities=modalities,
            keeping=keeping,
        )  # fmt: skip
        return runner.run().report


def main(folder: Path) -> None:
    alone = tuple(modality for modality in SENSING_MODALITIES if modality.name == NAME)
    room = SimulatedRoom(default_room(), seed=1, camera_zone=None, probe_id="probe-demo-1")
    reports = {
        "recorded": run(recorded(folder / "recorded"), folder / "outbox-recorded"),
        "simulated": run(room, folder / "outbox-simulated", modalities=alone, keeping=SweepRecorder(folder / "kept")),
        "replayed": run(RecordedSource(folder / "kept"), folder / "outbox-replayed", modalities=alone),
        "live": run(live(folder), folder / "outbox-live"),
    }
    for name, report in reports.items():
        (folder / f"{name}.json").write_bytes(to_json(report))
        (folder / f"{name}-told.json").write_text(json.dumps(told(report)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

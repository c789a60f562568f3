"""`sweep simulate`: record a sweep of a simulated room."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.cli.output import CameraKind, fail, one_line, out, print_words
from sweep.report import LiveEvent, ProgressEvent
from sweep.report.language import spoken

if TYPE_CHECKING:
    from sweep.sim.source import SimulatedSource


def simulate(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="New folder for the recorded sweep.")],
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Seed of the simulation.")] = 1,
    camera_in: Annotated[
        str, typer.Option("--camera-in", metavar="ZONE", help="Zone of the hidden camera; none: no camera.")
    ] = "stall-2",
    camera_kind: Annotated[
        CameraKind, typer.Option("--camera-kind", help="How the hidden camera transmits.")
    ] = CameraKind.WIFI,
    started: Annotated[
        datetime | None,
        typer.Option("--started", formats=["%Y-%m-%dT%H:%M:%SZ"], help="When it begins, in UTC (default: now)."),
    ] = None,
) -> None:
    """Record a sweep of a simulated room: rendered frames, made-up air, the real firmware in the emulator."""
    from sweep.sim.source import SimulatedSource, default_room, recording_id

    if folder.exists():
        fail("folder_exists", folder=folder)
    room, zone, kind = default_room(), None if camera_in == "none" else camera_in, camera_kind.hidden_kind
    begin = datetime.now(UTC).replace(microsecond=0) if started is None else started.replace(tzinfo=UTC)
    with one_line(ValueError, RuntimeError):
        source = SimulatedSource(
            room,
            seed=seed,
            camera_zone=zone,
            camera_kind=kind,
            probe_id="probe-demo-1",
            sweep_id=recording_id(room, begin, seed=seed, camera_zone=zone, camera_kind=kind),
            started=begin,
            turns=False,  # or a recording is as large as a film
        )
        again = _record(source, folder, seed)
    count = len(source.manifest.positions)
    print_words("sweep_recorded", count=count, times=count + again, folder=folder)


def _record(source: SimulatedSource, folder: Path, seed: int) -> int:
    """Run the sweep for what it samples, which is kept in `folder` (created); nobody gets its report.  Returns how many
    measurements were made once more, for second looks.
    """
    from sweep.cli.config import Config
    from sweep.cli.running import runner_of
    from sweep.cli.watching import PositionCount
    from sweep.deliver.outbox import Outbox
    from sweep.entry.dsse import Signer
    from sweep.modality.control import Control
    from sweep.modality.liveness import boottime_ns
    from sweep.modality.own_transmissions import OwnTransmissions
    from sweep.run.reporting.sweep_recorder import SweepRecorder

    made = source.manifest
    counted = PositionCount()
    names = {zone.zone_id: spoken(zone.name) for zone in made.plan.zones}

    def say(event: LiveEvent) -> None:
        if isinstance(event, ProgressEvent) and event.zone_id is not None and event.modality is None:
            out.print(f"{counted.said(event)} {names[event.zone_id]}")

    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".simulate-") as scratch:
        settings = Config(state=f"{scratch}/state")
        signer = Signer.load_or_create(settings.state_folder / "demo.key")
        with Outbox(settings.state_folder / "outbox", signer, tenant=settings.tenant, subject=made.probe_id) as outbox:
            runner_of(
                source,
                outbox,
                settings,
                control=Control(needs_persons=False),
                on_event=say,
                sweep_id=made.sweep_id,
                own_transmissions=OwnTransmissions(boottime_ns),
                keeping=SweepRecorder(Path(scratch) / "kept"),
                has_journal=False,
                eye=source.eye(seed),
            ).run()
        (Path(scratch) / "kept").rename(folder)
    return counted.again

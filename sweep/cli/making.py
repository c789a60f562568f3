"""Commands that make recorded sweeps: from a simulated room, or assembled from captures that somebody has."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from sweep.cli.output import CameraKind, existing, fail, one_line, out


def simulate(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="New folder for the recorded sweep.")],
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**31 - 1, help="Seed of the simulation.")] = 1,
    camera_in: Annotated[
        str, typer.Option("--camera-in", metavar="ZONE", help="Zone in which a camera hides; none: no camera.")
    ] = "stall-2",
    camera_kind: Annotated[CameraKind, typer.Option("--camera-kind", help="How that camera sends.")] = CameraKind.WIFI,
    started: Annotated[
        datetime | None,
        typer.Option("--started", formats=["%Y-%m-%dT%H:%M:%SZ"], help="When it begins, in UTC (default: now)."),
    ] = None,
) -> None:
    """Record a sweep of a simulated room: rendered frames, made-up air, the real firmware in the emulator."""
    from sweep.sim.source import default_room, record_sweep

    if folder.exists():
        fail(f"{folder} exists already; give a new folder")
    with one_line(ValueError, RuntimeError):
        manifest = record_sweep(
            folder,
            default_room(),
            seed=seed,
            camera_zone=None if camera_in == "none" else camera_in,
            camera_kind=camera_kind.hidden_kind,
            say=out.print,
            started=None if started is None else started.replace(tzinfo=UTC),
        )
    out.print(f"{len(manifest.positions)} positions recorded in {folder}; sweep replay {folder} runs it")


def assemble(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="New folder for the recorded sweep.")],
    wifi: Annotated[list[Path] | None, typer.Option("--wifi", help="Wi-Fi capture, one for each position.")] = None,
    ble: Annotated[list[Path] | None, typer.Option("--ble", help="Bluetooth capture, one for each position.")] = None,
    photos: Annotated[
        list[Path] | None, typer.Option("--photo", help="Ordinary photographs, shown as what they are: not strobed.")
    ] = None,
    rf: Annotated[
        bool, typer.Option("--emulated-head", help="Serial bytes of the emulated sensor head in a quiet room.")
    ] = False,
) -> None:
    """Assemble a recorded sweep from captures that exist, to see what the pipeline says of them."""
    from sweep.sim.assembly import assemble_sweep
    from sweep.sim.source import default_room

    if folder.exists():
        fail(f"{folder} exists already; give a new folder")
    files = {"wifi": wifi or [], "ble": ble or [], "photos": photos or []}
    for paths in files.values():
        for path in paths:
            existing(path)
    with one_line(ValueError, RuntimeError):
        manifest = assemble_sweep(folder, default_room(), **files, with_head=rf, say=out.print)
    out.print(f"{len(manifest.positions)} positions assembled in {folder}; sweep replay {folder} runs it")

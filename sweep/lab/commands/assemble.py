"""`sweep assemble`: put a recorded sweep together from captures that somebody has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sweep.cli.output import existing, fail, one_line, out, print_words


def assemble(
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="New folder for the recorded sweep.")],
    wifi: Annotated[list[Path] | None, typer.Option("--wifi", help="Wi-Fi capture, one for each position.")] = None,
    ble: Annotated[list[Path] | None, typer.Option("--ble", help="Bluetooth capture, one for each position.")] = None,
    photos: Annotated[
        list[Path] | None, typer.Option("--photo", help="Ordinary photographs, marked as not strobed.")
    ] = None,
    rf: Annotated[
        bool, typer.Option("--emulated-head", help="Serial bytes of the emulated sensor head in a quiet room.")
    ] = False,
) -> None:
    """Assemble a recorded sweep from existing captures, to run the pipeline on them."""
    from sweep.lab.assembly import assemble_sweep
    from sweep.sim.source import default_room

    if folder.exists():
        fail("folder_exists", folder=folder)
    files = {"wifi": wifi or [], "ble": ble or [], "photos": photos or []}
    for paths in files.values():
        for path in paths:
            existing(path)
    with one_line(ValueError, RuntimeError):
        manifest = assemble_sweep(folder, default_room(), **files, with_head=rf, say=out.print)
    print_words("sweep_recorded", count=len(manifest.positions), times=len(manifest.positions), folder=folder)

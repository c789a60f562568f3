"""`sweep guessed`: what nobody measured, by room, with what it decides."""

from __future__ import annotations

import dataclasses
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from sweep.cli.options import JsonOut
from sweep.cli.output import fail, out, write_json
from sweep.lab.guesses.found import find_guesses


def guessed(
    room: Annotated[
        str, typer.Argument(metavar="ROOM", help="List this folder only, such as sweep/judge.", show_default=False)
    ] = "",
    json_out: JsonOut = None,
) -> None:
    """List by room the constants that are guessed: value, unit, where they stand, and what they decide."""
    inside = room.strip("/")
    found = find_guesses()
    guesses = [one for one in found if not inside or f"{one.room}/".startswith((f"{inside}/", f"sweep/{inside}/"))]
    if not guesses:
        fail(
            "nothing_guessed_in",
            room=room,
            rooms=", ".join(
                sorted({"/".join(one.room.split("/")[:2]) for one in found if one.room.startswith("sweep")})
            ),
        )
    write_json(json_out, {"v": 1, "guessed": [dataclasses.asdict(one) for one in guesses]})
    if json_out is not None and str(json_out) == "-":
        return
    for name, ones in groupby(guesses, key=lambda one: one.room):
        table = Table(box=SIMPLE_HEAD, title=name, title_justify="left", padding=(0, 1, 0, 0), pad_edge=False)
        for heading in ("상수 / constant", "값 / value", "단위 / unit", "행 / line", "정하는 것 / decides"):
            table.add_column(heading, overflow="fold")
        for one in ones:
            line = f"{Path(one.file).name}:{one.line}"
            table.add_row(one.name, one.value, one.unit.replace("_per_", "/"), line, one.decides)
        out.print(table)
    values = sum(bool(one.value) for one in guesses)
    out.print(f"{values} 값 / values, {len(guesses) - values} 본문 / passages")

"""`sweep guessed`: what nobody measured, by room, with what it decides."""

from __future__ import annotations

import dataclasses
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from sweep.cli.options import JsonOut
from sweep.cli.output import fail, out, print_words, write_json
from sweep.cli.tables import show_table
from sweep.lab.guesses.found import find_guesses
from sweep.phrases import Phrase


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
        rows = [
            (one.name, one.value, one.unit.replace("_per_", "/"), f"{Path(one.file).name}:{one.line}", one.decides)
            for one in ones
        ]
        names = (Phrase("column_constant"), Phrase("column_value"), Phrase("column_unit"), Phrase("column_where"))
        show_table((*names, Phrase("column_decides")), rows, title=name)
        out.print()
    values = sum(bool(one.value) for one in guesses)
    print_words("guesses_counted", values=values, passages=len(guesses) - values)

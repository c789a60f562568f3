"""`sweep lens-benchmark`: any detector on the fixed rendered set."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sweep.cli.output import guide, one_line, print_words, write_json, written_to
from sweep.cli.tables import show_table
from sweep.phrases import Phrase
from sweep.report.language import spoken


class World(StrEnum):
    """The worlds of the set."""

    TUNED = "tuning"
    HELD_OUT = "held_out"
    UNSEEN = "unseen"


def lens_benchmark(
    command: Annotated[
        str,
        typer.Option("--cmd", metavar="COMMAND", help="Detector to score; {clips} and {json} stand for its paths."),
    ] = "sweep lens {clips} --json {json}",
    world: Annotated[list[World] | None, typer.Option("--world", help="Only this world; may be repeated.")] = None,
    clips: Annotated[int, typer.Option("--clips", min=1, max=5000, help="Clips of each world.")] = 320,
    triples: Annotated[int, typer.Option("--triples", min=3, max=60, help="Lamp rounds of each clip.")] = 8,
    json_out: Annotated[
        Path | None,
        typer.Option(
            "--json", callback=written_to, help="Write the result as JSON to this file; - is standard output."
        ),
    ] = None,
) -> None:
    """Score any detector that reads the clip format on a fixed set of rendered clips."""
    from sweep.lab.lens.benchmark import VERSION, BenchmarkError, run_benchmark
    from sweep.lab.scoring.report import rows, to_json

    with one_line(BenchmarkError):
        results = run_benchmark(
            command,
            worlds=[one.value for one in (world or list(World))],
            clips=clips,
            triples=triples,
            tell=guide,
        )
    about = {"set": VERSION, "clips": clips, "triples": triples, "command": command}
    worlds = {
        one.world: to_json(one.score) | {"digest": one.digest, "ms_per_triple": round(one.ms_per_triple, 3)}
        for one in results
    }
    write_json(json_out, about | {"worlds": worlds})
    if json_out is None:
        for one in results:
            names = (Phrase("column_figure"), Phrase("column_value"), Phrase("column_interval"), Phrase("column_count"))
            show_table(names, rows(one.score), title=spoken(Phrase("rendered_world", world=one.world)))
            print_words("benchmark_set", version=VERSION, clips=clips, triples=triples, digest=one.digest)

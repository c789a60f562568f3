"""`sweep demo`: a camera that is found, from a recording that comes with the program, and the picture of why.

Input is nothing; output is a sweep on the terminal as anybody would see his own, and a page that explains the
reflection.  It needs no probe, no server and no rights, and it leaves one file.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import typer

from sweep.cli.options import read_settings
from sweep.cli.output import fail, guide, one_line, write_text
from sweep.cli.quick import check_place
from sweep.cli.report_view import show_report
from sweep.cli.sweeps import few_rounds_of, play
from sweep.phrases import Phrase

STALL: Final = "p2"
"""The position of the recording from which the lens shows."""


def _page_place(page: Path) -> Path:
    """Callback: where no page can be written is refused before anything is played, with what to do."""
    try:
        check_place(page)
    except OSError as error:
        fail("demo_page_unwritable", file=page, why=error)
    return page


def demo(
    page: Annotated[
        Path,
        typer.Option(
            "--html", callback=_page_place, metavar="OUT", help="Where to write the page that explains the reflection."
        ),
    ] = Path("ansim-demo.html"),
) -> None:
    """Play a recorded sweep in which a camera is found, and write the picture of why."""
    from sweep.lens import ClipError, scan_clips
    from sweep.sim.source import RECORDED_SWEEP

    if not RECORDED_SWEEP.is_dir():
        fail("demo_without_recording", folder=RECORDED_SWEEP)
    guide(Phrase("demo_begins"), indent=0)
    clips = RECORDED_SWEEP / STALL / "lens"
    with TemporaryDirectory(prefix="ansim-demo-") as state:
        nothing_set = Path(state) / "sweep.toml"
        nothing_set.touch()
        report = play(RECORDED_SWEEP, read_settings(nothing_set, None, Path(state)))
        show_report(report, few_rounds=few_rounds_of(RECORDED_SWEEP))
    pages = import_module("sweep.lab.clip_page.page")
    with one_line(ClipError, pages.PageError):
        write_text(page, pages.make_page(clips, scan_clips(clips)))
    guide(Phrase("demo_ends", page=page), indent=0)

"""`sweep lens`: look for lenses in recorded clips."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from sweep.cli.output import count_up, existing, one_line, out, write_json, write_text
from sweep.phrases import Phrase

if TYPE_CHECKING:
    from sweep.lens import LensScan

JsonOut = Annotated[
    Path | None, typer.Option("--json", help="Write the result as JSON to this file; - is standard output.")
]
MAX_ROWS = 40
FEW = 10
"""Clips that are judged before anybody wonders."""


def lens(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of recorded clips.")],
    json_out: JsonOut = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="OUT", help="Write a page that explains each candidate.")
    ] = None,
    second: Annotated[
        Path | None,
        typer.Option(
            "--second", metavar="DIR2", help="Second-look clips: same names, same spots, 3-30 cm to the side."
        ),
    ] = None,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="X,Y", help="Explain why this pixel is or is not a candidate.")
    ] = None,
    frame: Annotated[
        int | None, typer.Option("--frame", help="On_axis frame of the pixel for --explain; without it, the last one.")
    ] = None,
    forest: Annotated[
        Path | None,
        typer.Option(
            "--forest", metavar="FILE", help="Judge by the forest that sweep bench fit wrote, not yet signed."
        ),
    ] = None,
) -> None:
    """Find lens candidates in recorded strobed infrared clips."""
    from sweep import lens as modality
    from sweep.lens.live.second_look import scan_pairs

    if forest is not None:
        _judge_by(forest)
    if explain is not None:
        _explain(folder, explain, frame, json_out)
        return
    # Clips are recorded in laboratories; nothing else of this command needs what a probe's package does not hold.
    page = None if html is None else import_module("sweep.lab.clip_page.page")
    with one_line(modality.ClipError):
        clips = existing(folder)
        scan = modality.scan_clips(clips, tell=_count_many) if second is None else scan_pairs(clips, existing(second))
    write_json(json_out, scan.to_json())
    if html is not None and page is not None:
        with one_line(page.PageError):
            write_text(html, page.make_page(folder, scan))
    if json_out is None:
        _show_scan(scan)


def _count_many(at: int, of: int) -> None:
    if of > FEW:
        count_up(at, of)


def _judge_by(file: Path) -> None:
    """The forest of a model file, or of what is to be signed with it."""
    from sweep.lens.evidence.judge import judge_by
    from sweep.modality.weights import WeightsError
    from sweep.run.field_weights import read_forest

    with one_line(WeightsError):
        judge_by(read_forest(existing(file)))


def _explain(folder: Path, point: str, frame: int | None, json_out: Path | None) -> None:
    """Why a point of each clip of a folder was or was not called."""
    from dataclasses import asdict

    from sweep.lens.clip.clips import ClipError, find_clips, read_clip
    from sweep.lens.explain import explain_point

    parts = point.split(",")
    with one_line(ClipError, ValueError):
        if len(parts) != 2:
            raise ValueError(Phrase("not_a_pixel", given=point))
        x, y = (float(part) for part in parts)
        told = [explain_point(read_clip(path), x, y, frame) for path in find_clips(existing(folder))]
    write_json(json_out, {"explanations": [asdict(one) for one in told]})
    if json_out is not None:
        return
    for one in told:
        out.print(f"{one.clip}: {one.said.ko}\n{one.said.en}", markup=False, highlight=False)
        table = Table("frame", "what it shows", "x", "y", "SNR", "z")
        for look in one.looks[:MAX_ROWS]:
            numbers = (f"{value:.1f}" for value in (look.x, look.y, look.snr, look.z))
            table.add_row(str(look.frame), look.state, *numbers)
        out.print(table)
        for reason in () if one.detection is None else one.detection.reasons:
            out.print(f"  {reason.weight:+.2f}  {reason.text}", markup=False, highlight=False)


def _show_scan(scan: LensScan) -> None:
    table = Table("clip", "verdict", "reason", "candidates", "best score", "seen")
    for clip in scan.clips[:MAX_ROWS]:
        best = max((d.score for d in clip.detections), default=None)
        table.add_row(
            clip.clip,
            "error" if clip.error else clip.verdict,
            clip.error or clip.reason,
            str(len(clip.candidates)),
            "–" if best is None else f"{best:.2f}",
            "–" if clip.coverage is None else f"{clip.coverage.seen_share:.0%}",
        )
    out.print(table)
    if len(scan.clips) > MAX_ROWS:
        out.print(f"… and {len(scan.clips) - MAX_ROWS} more; --json has them all")

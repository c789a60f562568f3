"""`sweep lens-score`: lens detections against truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.cli.lens import JsonOut
from sweep.cli.output import existing, one_line, print_words, spare, write_json
from sweep.cli.tables import show_table
from sweep.phrases import Phrase

if TYPE_CHECKING:
    from sweep.lab.scoring.report import ScanDocument
    from sweep.lab.scoring.score import Score
    from sweep.lens.clip.clips import Clip


def lens_score(
    clips: Annotated[
        Path, typer.Argument(metavar="CLIPS", help="What sweep lens --json wrote, or a folder of clips to run on.")
    ],
    truth: Annotated[Path, typer.Argument(metavar="TRUTH", help="Folder of truth files, one <clip>.json a clip.")],
    json_out: JsonOut = None,
) -> None:
    """Score lens detections against truth: recall, false alarms, AUC, with 90 % intervals."""
    from sweep.lab.scoring import report as score_report
    from sweep.lab.scoring.marks import carried
    from sweep.lab.scoring.score import score_clips
    from sweep.lab.scoring.truth import TruthError, read_truths
    from sweep.lens.clip.clips import ClipError

    spare(json_out, clips)
    with one_line(TruthError, ClipError):
        document, recorded = _detections(existing(clips))
        truths = read_truths(existing(truth), {name: clip.meta.width for name, clip in recorded.items()})
        truths = tuple(carried(one, recorded[one.clip]) if one.clip in recorded else one for one in truths)
        outcomes, without_truth = score_report.match_scan(document, truths)
    score = score_clips(outcomes)
    write_json(json_out, score_report.to_json(score, without_truth))
    if json_out is None:
        _show_score(score, without_truth)


def _detections(clips: Path) -> tuple[ScanDocument, dict[str, Clip]]:
    """The detections of a JSON file, or of the clips of a folder together with those that can be read."""
    from sweep.lab.scoring import report as score_report

    if not clips.is_dir():
        return score_report.read_scan(clips), {}
    from sweep import lens as modality
    from sweep.lens.clip.clips import ClipError, find_clips, read_clip

    recorded = {}
    for path in find_clips(clips):
        try:
            clip = read_clip(path)
        except ClipError:
            continue  # the scan names it and the score counts it as missed
        recorded[clip.name] = clip
    return score_report.parse_scan(modality.scan_clips(clips).to_json()), recorded


def _show_score(score: Score, without_truth: tuple[str, ...]) -> None:
    from sweep.lab.scoring.report import rows

    names = (Phrase("column_figure"), Phrase("column_value"), Phrase("column_interval"), Phrase("column_count"))
    show_table(names, rows(score))
    print_words(
        "score_counted",
        clips=score.clips,
        groups=score.groups,
        unprocessed=score.clips_unprocessed,
        lenses=score.lenses,
        weak=score.lenses_too_weak,
        on_weak=score.detections_on_weak,
    )
    if without_truth:
        print_words(
            "left_out_without_truth", clips=f"{', '.join(without_truth[:10])}{' …' if len(without_truth) > 10 else ''}"
        )

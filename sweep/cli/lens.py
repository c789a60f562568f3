"""`sweep lens`: look for lenses in recorded clips."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sweep.cli.capture_words import show_limits
from sweep.cli.output import (
    count_up,
    existing,
    fail,
    one_line,
    out,
    print_below,
    print_words,
    speak,
    tell,
    write_json,
    write_text,
    written_to,
)
from sweep.cli.tables import show_table
from sweep.phrases import Phrase
from sweep.report.language import Said, spoken
from sweep.report.sentences import Sentences
from sweep.report.words import METHOD_WORDS, SHORT_METHOD_WORDS

if TYPE_CHECKING:
    from sweep.lens import LensScan
    from sweep.lens.records import ClipResult

JsonOut = Annotated[
    Path | None,
    typer.Option("--json", callback=written_to, help="Write the result as JSON to this file; - is standard output."),
]
MAX_ROWS = 40
LOOK_STATES: Final = Sentences("lens.look_states", "outside unusable no_peak shown_by_both crowded_out followed")
"""What a triple shows at a point."""
MAX_TOLD = 3
"""Clips of which it is said why they cannot be read."""
FEW = 10
"""Clips that are judged before anybody wonders."""


def lens(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Folder of clips, each a folder of meta.json and frames by lamp; no video file."
        ),
    ],
    json_out: JsonOut = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", callback=written_to, metavar="OUT", help="Write a page that explains each candidate."),
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
        int | None, typer.Option("--frame", help="On-axis frame of the pixel for --explain; without it, the last one.")
    ] = None,
    example: Annotated[
        bool,
        typer.Option(
            "--example", help="Write a simulated clip into the new folder DIR, to see what a clip is made of."
        ),
    ] = False,
    forest: Annotated[
        Path | None,
        typer.Option(
            "--forest", metavar="FILE", help="Judge by the forest that sweep bench fit wrote, not yet signed."
        ),
    ] = None,
) -> None:
    """Find lens candidates in recorded strobed infrared clips."""
    from sweep import lens as modality
    from sweep.lens.clip.clips import find_clips
    from sweep.lens.live.second_look import scan_pairs

    if example:
        _write_example(folder)
        return
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
    unread = [clip for clip in scan.clips if clip.error is not None]
    if unread:
        for clip in unread[:MAX_TOLD]:
            _tell_why(next(path for path in find_clips(folder) if path.name == clip.clip))
        fail("clips_not_read", count=len(unread), of=len(scan.clips))


def _tell_why(clip: Path) -> None:
    """What is wrong with a clip's folder, by its field or file."""
    from sweep.lens.clip.clips import ClipError, read_clip

    try:
        read_clip(clip)
    except ClipError as error:
        speak(Phrase("of_file", file=clip.name, why=error))


def _write_example(folder: Path) -> None:
    """A clip of the recorded simulated sweep as pictures: one lens, each lamp's frames by their letters."""
    from sweep.lens.clip.clips import ClipError, find_clips, read_clip, write_clip
    from sweep.sim.source import RECORDED_SWEEP

    clips = RECORDED_SWEEP / "p2" / "lens"
    if not clips.is_dir():
        fail("demo_without_recording", folder=RECORDED_SWEEP)
    with one_line(ClipError):
        clip = read_clip(find_clips(clips)[0])
        frames = [clip.frame(at) for at in range(len(clip.meta.phases))]
        write_clip(folder / "example", frames, clip.meta, "png")
    print_words("example_clip_written", folder=folder)


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
    from sweep.lens.reasons import sentence
    from sweep.lens.words import clip_name

    parts = point.split(",")
    with one_line(ClipError, ValueError):
        if len(parts) != 2:
            raise ValueError(Phrase("not_a_pixel", given=point))
        x, y = (float(part) for part in parts)
        told = [explain_point(read_clip(path), x, y, frame) for path in find_clips(existing(folder))]
    write_json(json_out, {"explanations": [asdict(one) for one in told]})
    if json_out is not None:
        return
    _mark_simulated(one.is_simulated for one in told)
    for one in told:
        out.print(f"{spoken(clip_name(one.clip, is_simulated=one.is_simulated))}: {spoken(one.said)}")
        rows: list[tuple[Said, ...]] = [
            (
                str(look.frame),
                LOOK_STATES[look.state],
                *(f"{value:.1f}" for value in (look.x, look.y, look.snr, look.z)),
            )
            for look in one.looks[:MAX_ROWS]
        ]
        show_table((Phrase("column_frame"), Phrase("column_shows"), "x", "y", "SNR", "z"), rows)
        print_words("explain_columns_told")
        if one.detection is not None:
            print_words("explain_reasons_told")
        for reason in () if one.detection is None else one.detection.reasons:
            print_below(out, f"  {reason.weight:+.2f}  ", spoken(sentence(reason.name, reason.value)))


def _mark_simulated(clips: Iterable[bool]) -> None:
    if any(clips):
        print_words("clips_are_simulated")


def _show_scan(scan: LensScan) -> None:
    from sweep.lens.evidence.judge import candidate_score
    from sweep.lens.words import WORDS, clip_name

    _mark_simulated(clip.is_simulated for clip in scan.clips)
    rows: list[tuple[Said, ...]] = []
    for clip in scan.clips[:MAX_ROWS]:
        best = max(clip.detections, key=lambda one: one.score, default=None)
        rows.append(
            (
                clip_name(clip.clip, is_simulated=clip.is_simulated),
                *_judged(clip),
                str(len(clip.candidates)),
                *(
                    ("–", "–", "–")
                    if best is None
                    else (f"{best.score:.2f}", f"{best.x:.0f}, {best.y:.0f}", str(best.frame))
                ),
                "–" if clip.coverage is None else f"{clip.coverage.seen_share:.0%}",
            )
        )
    names = (
        Phrase("column_clip"), Phrase("column_verdict"), Phrase("column_reason"), Phrase("column_candidates"),
        Phrase("column_best_score"), Phrase("column_pixel"), Phrase("column_frame"), Phrase("column_seen"),
    )  # fmt: skip
    without_reason = 2 if all(row[2] == "–" for row in rows) else None
    kept = [at for at in range(len(names)) if at != without_reason]
    show_table([names[at] for at in kept], [[row[at] for at in kept] for row in rows])
    if len(scan.clips) > MAX_ROWS:
        print_words("more_rows", count=len(scan.clips) - MAX_ROWS)
    if any(clip.verdict == "nothing_detected" for clip in scan.clips):
        tell(METHOD_WORDS["nothing_detected"])
    if scan.detections:
        print_words("lens_place_told", needed=f"{candidate_score():.2f}")
    if any(clip.coverage is not None for clip in scan.clips):
        print_words("clip_tells_no_chance")
    show_limits(WORDS.limits.values())


def _judged(clip: ClipResult) -> tuple[Said, Said]:
    """Verdict and why."""
    from sweep.lens.words import WORDS

    if clip.error:
        return Phrase("state_unreadable"), WORDS.reasons.get(clip.error, clip.error)
    why = WORDS.reasons.get(clip.reason, clip.reason) if clip.verdict == "not_assessable" else "–"
    return SHORT_METHOD_WORDS[clip.verdict], why

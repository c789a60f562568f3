"""What `sweep lens --json` wrote, read back for scoring, and the score as JSON and as rows of a table.

Job: parse a detections document strictly, pair it with truths and lay the score out. Input: JSON anybody may have
written; output: outcomes, a JSON table, rows of text. Refuses with `TruthError` a document whose detections are no
numbers or name clips that it does not list.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sweep.lab.scoring.score import RATES, TABLE_RATE, Claim, ClipOutcome, Figure, Score, match_clip
from sweep.lab.scoring.truth import ClipTruth, TruthError
from sweep.phrases import Phrase
from sweep.report.files import read_bounded
from sweep.report.language import spoken
from sweep.report.problems import problem

MAX_DOCUMENT_BYTES = 256 * 1024 * 1024


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    clip: str
    x: float
    y: float
    score: float
    frame: int | None = None


class _Refusal(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    clip: str


class ScanDocument(BaseModel):
    """The part of a detections document that scoring reads."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    clips: tuple[str, ...]
    detections: tuple[_Row, ...]
    errors: tuple[_Refusal, ...] = ()
    ms_per_triple: float = Field(default=0.0, ge=0.0)


def read_scan(path: Path) -> ScanDocument:
    """The document in a file. Raises `TruthError`."""
    data = read_bounded(path, MAX_DOCUMENT_BYTES, TruthError)
    try:
        return parse_scan(json.loads(data))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TruthError(Phrase("file_not_json", file=path.name, why=error)) from error


def parse_scan(table: Any) -> ScanDocument:
    """The document as parsed JSON. Raises `TruthError`."""
    try:
        document = ScanDocument.model_validate_json(json.dumps(table))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "document"
        raise TruthError(Phrase("detections_invalid", where=where, why=problem(first))) from error
    named = {*document.clips, *(refusal.clip for refusal in document.errors)}
    stray = next((row.clip for row in document.detections if row.clip not in named), None)
    if stray is not None:
        raise TruthError(Phrase("detections_of_unknown_clip", clip=stray))
    return document


def match_scan(document: ScanDocument, truths: Sequence[ClipTruth]) -> tuple[tuple[ClipOutcome, ...], tuple[str, ...]]:
    """Outcome of every clip that has a truth, and the processed clips that have none. Raises `TruthError`."""
    claims: dict[str, list[Claim]] = {name: [] for name in document.clips}
    for row in document.detections:
        claims.setdefault(row.clip, []).append(Claim(row.x, row.y, row.score, row.frame))
    processed = set(document.clips)
    outcomes = tuple(match_clip(t, claims.get(t.clip, ()), was_processed=t.clip in processed) for t in truths)
    if not processed & {truth.clip for truth in truths}:
        raise TruthError(Phrase("no_truth_for_detections"))
    return outcomes, tuple(sorted(processed - {truth.clip for truth in truths}))


def to_json(score: Score, without_truth: Sequence[str] = ()) -> dict[str, Any]:
    """The score as plain JSON; rates become keys, infinite thresholds null."""
    table = asdict(score)
    table["recall"] = {f"{rate:g}": asdict(score.recall[rate]) for rate in RATES}
    table["threshold"] = {
        f"{rate:g}": None if value is None or value == float("inf") else value
        for rate, value in score.threshold.items()
    }
    table["tiers"] = {str(tier): asdict(figure) for tier, figure in score.tiers.items()}
    table["confusers"] = {
        f"{rate:g}": {kind: asdict(figure) for kind, figure in figures.items()}
        for rate, figures in score.confusers.items()
    }
    table["clips_without_truth"] = list(without_truth)
    table["interval_level"] = 0.90
    return table


def rows(score: Score) -> list[tuple[str, str, str, str]]:
    """Name, value, 90 % interval, count of each line of the table."""
    lines = [_line(Phrase("score_recall", rate=f"{rate:g}"), score.recall[rate]) for rate in RATES]
    lines.append(_line(Phrase("score_clip_auc"), score.auc))
    lines += [
        _line(Phrase("score_tier", tier=tier, rate=f"{TABLE_RATE:g}"), figure) for tier, figure in score.tiers.items()
    ]
    lines += [
        _line(Phrase("score_kind", kind=kind, rate=f"{TABLE_RATE:g}"), figure) for kind, figure in score.kinds.items()
    ]
    lines.append(_line(Phrase("score_position_error"), score.position_px))
    for rate, figures in score.confusers.items():
        lines += [
            _line(Phrase("score_false_alarms", kind=kind, rate=f"{rate:g}"), figure) for kind, figure in figures.items()
        ]
    return lines


def _line(name: Phrase, figure: Figure) -> tuple[str, str, str, str]:
    value = "–" if figure.value is None else f"{figure.value:.3f}"
    between = "–" if figure.interval is None else f"{figure.interval[0]:.3f}–{figure.interval[1]:.3f}"
    return spoken(name), value, between, f"{figure.count}/{figure.total}"

"""What is really in a clip: the truth files beside recorded or rendered clips.

Job: read `TRUTH/<clip>.json` strictly. Input: a folder that a renderer or the person who set up a field test wrote;
output: `ClipTruth`s. Unknown keys are ignored, so that renderers may say more. Refuses with `TruthError`, which names
the file and the key, what would make a score meaningless: no width, a track without frames, a number that is none.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sweep.phrases import Phrase
from sweep.report.files import read_bounded
from sweep.report.problems import problem

SNR_FLOOR = 5.0
"""LENS-CLIPS: a lens counts when its signal-to-noise ratio in one on_axis frame reaches this."""
FULL_WIDTH_PX = 1092
"""Between the usual widths 728 and 1456: from here on a clip counts as full size."""
MAX_TRUTH_BYTES = 64 * 1024 * 1024


class TruthError(ValueError):
    """A truth file that cannot be scored against; one line."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


class Place(_Record):
    """Where a lens shows in one on_axis frame, pixels, centres at integers, origin top left."""

    frame: int = Field(ge=0)
    x: float
    y: float
    inside: bool = True
    snr: float | None = None
    """Signal-to-noise ratio in this frame."""
    rad: float = Field(default=0.0, ge=0.0)
    """Radius of the blur, pixels."""


class TrueLens(_Record):
    """One lens of the clip."""

    kind: str = Field(default="clear", max_length=64)
    """`clear`, or how its IR-cut filter acts."""
    snr: float | None = None
    """Median over on_axis frames; None where nobody knows it, as in a field test."""
    detectable: bool | None = None
    """Whether it counts; None: derived from `snr` and the track."""
    aperture_mm: float | None = Field(default=None, gt=0.0, le=50.0)
    """None where nobody has measured it."""
    range_m: float | None = Field(default=None, gt=0.0, le=100.0)
    off_angle_deg: float = Field(default=0.0, ge=0.0, le=180.0)
    """Between its axis and the way to the camera."""
    track: tuple[Place, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _decidable(self) -> Self:
        if self.detectable is None and self.snr is None:
            raise ValueError(Phrase("lens_needs_detectable_or_snr"))
        return self

    @property
    def counts(self) -> bool:
        """Strong enough in one on_axis frame and in view in most frames."""
        if self.detectable is not None:
            return self.detectable
        in_view = sum(place.inside for place in self.track) * 2 > len(self.track)
        return in_view and self.snr is not None and self.snr >= SNR_FLOOR


class Spark(_Record):
    """One glint of an object that is no lens, in one on_axis frame."""

    frame: int
    kind: str = Field(max_length=64)
    x: float
    y: float
    e: float = 0.0
    """Electrons; the strongest glint near a false alarm names it."""
    rad: float = 0.0


class ClipTruth(_Record):
    """What is in one clip."""

    clip: str = Field(min_length=1, max_length=128)
    tier: int = Field(default=0, ge=0, le=99)
    """1 sanity, 2 normal, 3 hard, 4 extreme; 0 where tiers mean nothing."""
    group: str = Field(default="", max_length=128)
    """Clips of one group (one camera, one confuser, one day) are resampled together; empty: a group of its own."""
    width: int = Field(ge=1)
    last_on_axis: int | None = Field(default=None, alias="last_A")
    lenses: tuple[TrueLens, ...] = ()
    confuser_counts: dict[str, int] = Field(default={}, alias="conf_counts")
    """Instances by type."""
    confusers: tuple[Spark, ...] = ()

    @property
    def thing(self) -> str:
        """The camera or thing that was filmed; a clip without a group is one of its own."""
        return self.group or f"clip {self.clip}"

    @property
    def is_full_size(self) -> bool:
        """Full size of the sensor, not half."""
        return self.width >= FULL_WIDTH_PX

    @property
    def last_frame(self) -> int:
        """The frame that a detection without one lies in: the last on_axis frame; -1 when nothing tells it."""
        if self.last_on_axis is not None:
            return self.last_on_axis
        return max((place.frame for lens in self.lenses for place in lens.track), default=-1)

    @property
    def is_negative(self) -> bool:
        """Holds no lens at all, not even one too weak to count."""
        return not self.lenses

    @property
    def is_positive(self) -> bool:
        """Holds a lens that counts."""
        return any(lens.counts for lens in self.lenses)


def read_truths(folder: Path, widths: dict[str, int] | None = None) -> tuple[ClipTruth, ...]:
    """All truth files of a folder, sorted by clip. `widths`: by clip, for files that do not say it.

    Raises `TruthError`.
    """
    if not folder.is_dir():
        raise TruthError(Phrase("truth_not_a_folder", folder=folder))
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise TruthError(Phrase("folder_without_truth", folder=folder))
    truths: dict[str, ClipTruth] = {}
    for path in paths:
        truth = read_truth(path, widths)
        if truth.clip in truths:
            raise TruthError(Phrase("truth_file_twice", file=path.name, clip=truth.clip))
        truths[truth.clip] = truth
    return tuple(truths.values())


def read_truth(path: Path, widths: dict[str, int] | None = None) -> ClipTruth:
    """One truth file. Raises `TruthError`."""
    data = read_bounded(path, MAX_TRUTH_BYTES, TruthError)
    try:
        table = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise TruthError(Phrase("file_not_json", file=path.name, why=error)) from error
    if not isinstance(table, dict):
        raise TruthError(Phrase("file_not_an_object", file=path.name))
    return parse_truth(table, widths, path.name)


def parse_truth(table: dict[str, Any], widths: dict[str, int] | None = None, name: str = "truth") -> ClipTruth:
    """The truth as parsed JSON; `name` is what an error calls it. Raises `TruthError`."""
    try:
        return ClipTruth.model_validate_json(json.dumps(_plain(table, widths or {})))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "truth"
        raise TruthError(Phrase("field_of_file", file=name, where=where, why=problem(first))) from error


def _plain(table: dict[str, Any], widths: dict[str, int]) -> dict[str, Any]:
    """The table with rows of confusers named, and with the width that the clip states when the truth does not."""
    result = dict(table)
    if "width" not in result and result.get("clip") in widths:
        result["width"] = widths[result["clip"]]
    if isinstance(result.get("objects"), dict):
        result.setdefault("conf_counts", result["objects"])
    rows = result.get("confusers")
    if isinstance(rows, list):
        result["confusers"] = [spark for row in rows for spark in _sparks(row)]
    return result


def _sparks(row: Any) -> list[Any]:
    """One confuser as sparks: a row of numbers, a spark, or an instance with its track over the frames."""
    if isinstance(row, list):
        return [dict(zip(("frame", "kind", "x", "y", "e", "rad"), row, strict=False))]
    if isinstance(row, dict) and isinstance(row.get("track"), list):
        places = [place for place in row["track"] if isinstance(place, dict)]
        return [{"kind": row.get("type"), "e": place.get("electrons", 0.0), **place} for place in places]
    return [row]

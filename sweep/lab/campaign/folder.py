"""The folder of a field test: what was drawn, what is recorded, what is left; it goes on where it was left.

    campaign.json   the seed, how many set-ups, the bench           clips/f001/   a clip and its picture, look.png
    sheet.csv       what stands where: the setter's, not opened     tries.jsonl   a line a clip: set-up, wall, why again
                    by the one who records                          truth/f001.json

Job: read and write these.  Input is the folder; output are records.  Refuses with `CampaignError` a folder that is
none, one that holds another test already, and lines that cannot be read.  A clip of which no
line is there, because the power went, is set aside in `torn/` and recorded again; nothing is deleted.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sweep.lab.campaign.setups import Background, LevelSetup, S, Setup, draw, read_sheet, sheet_text
from sweep.lens.clip.clips import ON_AXIS, Clip, read_clip
from sweep.phrases import Phrase
from sweep.report import Modality
from sweep.report.files import read_bounded
from sweep.report.problems import problem

CAMPAIGN, SHEET, TRIES, CLIPS, TORN, TRUTH, LOOK = (
    "campaign.json", "sheet.csv", "tries.jsonl", "clips", "torn", "truth", "look.png",
)  # fmt: skip
MAX_BYTES: Final = 4 * 1024 * 1024
CLIP_MB: Final = 500
"""Free before a clip: four of eight rounds and a burst of red, at 3.2 MB a frame (derived)."""


class CampaignError(ValueError):
    """A folder that is no field test, or cannot go on; one line."""


class Drawn(BaseModel):
    """What was settled before anything was recorded."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    v: int = Field(ge=1, le=1)
    seed: int
    setups: int = Field(ge=1, le=9999)
    of: Modality = "lens"
    """What is tested: by clips the lens finder, by levels a radio."""
    sender_dbm: float = 0.0
    """Of a radio: level of the sender at the antenna's connector behind no attenuation."""
    sender: str = ""
    """Its address, where the radio has addresses."""
    mhz: int | None = None
    """Its channel, where the radio is tuned to one."""


class Reading(BaseModel):
    """What was heard of the sender in one set-up of a radio."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    level_dbm: float | None
    """None: not heard."""
    count: int = Field(ge=0)
    """Packets of it, or windows that were taken."""


class Try(BaseModel):
    """A clip that was recorded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clip: str = Field(min_length=1, max_length=64)
    setup: int = Field(ge=1)
    background: Background | None = None
    is_light_on: bool = False
    recorded: datetime
    because: str = Field(default="", max_length=200)
    """Why it was recorded again; the earlier clip is kept and counted."""
    reading: Reading | None = None
    """Of a radio, instead of a clip."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A field test as it lies on the disk."""

    folder: Path
    drawn: Drawn
    tries: tuple[Try, ...]

    @property
    def clips(self) -> Path:
        """Where its clips are."""
        return self.folder / CLIPS

    @property
    def truth(self) -> Path:
        """Where what was in them is written."""
        return self.folder / TRUTH

    @property
    def left(self) -> tuple[int, ...]:
        """The set-ups that no clip was recorded of, in their order."""
        done = {one.setup for one in self.tries}
        return tuple(number for number in range(1, self.drawn.setups + 1) if number not in done)

    @property
    def last_of_each(self) -> tuple[Try, ...]:
        """The clip of each set-up that counts: the last one."""
        return tuple({one.setup: one for one in self.tries}.values())

    def setups(self) -> dict[int, Setup]:
        """The setter's sheet, by number. Raises CampaignError, SheetError."""
        return self._sheet(Setup)

    def level_setups(self) -> dict[int, LevelSetup]:
        """That of the test of a radio. Raises CampaignError, SheetError."""
        return self._sheet(LevelSetup)

    def _sheet(self, line_of: type[S]) -> dict[int, S]:
        path = self.folder / SHEET
        text = read_bounded(path, MAX_BYTES, CampaignError).decode("utf-8", errors="replace")
        return {one.number: one for one in read_sheet(text, path.name, line_of)}

    def name_for(self, setup: int) -> str:
        """The next clip of a set-up: its running number, and which try it is."""
        before = sum(one.setup == setup for one in self.tries)
        return f"f{setup:03d}" if before == 0 else f"f{setup:03d}-{before + 1}"

    def seconds_left(self) -> float | None:
        """How long the rest takes at the pace so far, longer breaks apart; None: nobody knows."""
        times = sorted(one.recorded for one in self.tries)
        steps = [(after - before).total_seconds() for before, after in pairwise(times)]
        steps = [one for one in steps if one < 3600.0]
        return None if len(steps) < 3 else float(np.mean(steps)) * len(self.left)


def new_campaign(folder: Path, seed: int) -> Campaign:
    """Draw the set-ups of the lens finder's test into a new folder. Raises CampaignError where there is one already."""
    setups = draw(seed)
    return _begun(folder, Drawn(v=1, seed=seed, setups=len(setups)), sheet_text(setups))


def new_level_test(folder: Path, drawn: Drawn, setups: Sequence[LevelSetup]) -> Campaign:
    """The same for a radio's. Raises CampaignError."""
    return _begun(folder, drawn, sheet_text(setups))


def _begun(folder: Path, drawn: Drawn, sheet: str) -> Campaign:
    if (folder / CAMPAIGN).exists():
        raise CampaignError(Phrase("campaign_exists", folder=folder))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CLIPS).mkdir(exist_ok=True)
    (folder / SHEET).write_text(sheet, encoding="utf-8")
    (folder / CAMPAIGN).write_text(drawn.model_dump_json() + "\n", encoding="utf-8")  # last: it makes the folder one
    return Campaign(folder, drawn, ())


def open_campaign(folder: Path) -> Campaign:
    """The field test of a folder. Raises CampaignError."""
    path = folder / CAMPAIGN
    data = read_bounded(path, MAX_BYTES, CampaignError, advice=Phrase("campaign_plan_first"))
    try:
        drawn = Drawn.model_validate_json(data)
    except ValidationError as error:
        raise CampaignError(
            Phrase("place_and_reason", place=path, why=problem(error.errors(include_url=False)[0]))
        ) from error
    return Campaign(folder, drawn, _tries(folder / TRIES))


def set_aside(campaign: Campaign) -> None:
    """Put clips of which no line is there into `torn/`, so that their names are free; for the one who records alone."""
    campaign.clips.mkdir(exist_ok=True)
    torn, known = campaign.folder / TORN, {one.clip for one in campaign.tries}
    for clip in sorted(campaign.clips.iterdir()):
        if clip.is_dir() and clip.name not in known and not clip.name.startswith("."):
            torn.mkdir(exist_ok=True)
            clip.rename(_free(torn / clip.name))


def _free(path: Path) -> Path:
    others = (path.with_name(f"{path.name}-{number}") for number in range(2, 10_000))
    return path if not path.exists() else next(one for one in others if not one.exists())


def _tries(path: Path) -> tuple[Try, ...]:
    if not path.exists():
        return ()
    found = []
    lines = read_bounded(path, MAX_BYTES, CampaignError).decode("utf-8", errors="replace").split("\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, 1):
        try:
            found.append(Try.model_validate_json(line))
        except ValidationError as error:
            if number == len(lines):
                break  # the power went while it was written; its clip is set aside and recorded again
            why = problem(error.errors(include_url=False)[0])
            raise CampaignError(Phrase("campaign_line", file=path, line=number, why=why)) from error
    return tuple(found)


def check_space(campaign: Campaign) -> None:
    """Whether a clip finds a place on the disk. Raises CampaignError."""
    if shutil.disk_usage(campaign.folder).free < CLIP_MB * 1_000_000:
        raise CampaignError(Phrase("no_space_for_clip", folder=campaign.folder, mb=CLIP_MB))


def note(campaign: Campaign, one: Try) -> Campaign:
    """The field test with a clip more, written so that a power cut loses this line at most."""
    lines = "".join(f"{each.model_dump_json()}\n" for each in (*campaign.tries, one))
    path = campaign.folder / TRIES
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return Campaign(campaign.folder, campaign.drawn, (*campaign.tries, one))


def picture(clip: Clip, frame: int) -> bytes:
    """A frame for the eye as PNG of 8 bits: square root of the light, the brightest thousandth white."""
    electrons = np.asarray(clip.frame(frame), np.float32) - clip.meta.black_level
    white = max(1.0, float(np.percentile(electrons[::2, ::2], 99.9)))
    shown = np.asarray(255.0 * np.sqrt(np.clip(electrons / white, 0.0, 1.0)), np.uint8)
    _, coded = cv2.imencode(".png", shown)
    return bytes(coded.tobytes())


def on_axis_frames(clip: Clip) -> tuple[int, ...]:
    """The frames that show enough to mark a lens in: those of the whole pulse."""
    short = clip.meta.short_frames
    return tuple(i for i, phase in enumerate(clip.meta.phases) if phase == ON_AXIS and i not in short)


def write_look(folder: Path) -> None:
    """Put a picture of the last on_axis frame beside a clip's frames. Raises `ClipError`."""
    clip = read_clip(folder)
    frames = on_axis_frames(clip)
    if frames:
        (folder / LOOK).write_bytes(picture(clip, frames[-1]))


def write_truth(campaign: Campaign, name: str, truth: dict[str, object]) -> Path:
    """Write what is in a clip, whole or not at all."""
    campaign.truth.mkdir(exist_ok=True)
    path = campaign.truth / f"{name}.json"
    part = path.with_suffix(".part")
    part.write_text(json.dumps(truth, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)
    return path


def now() -> datetime:
    """The time of a recording."""
    return datetime.now(UTC).replace(microsecond=0)

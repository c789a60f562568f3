"""The set-ups of a field test in the order that a seed draws, and the sheet of the person who places things.

Pure.  Input is a seed; output are `Setup`s numbered in the order in which they are recorded, so that a number tells
nobody what stands behind the curtain.  The design is FIELD-TEST.md's.  Refuses with `SheetError` a sheet in which
somebody has left a cell that cannot be read; it names the line and the column.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Sequence
from typing import Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sweep.phrases import Phrase
from sweep.report.problems import problem

Background = Literal["glossy tile", "matt tile", "painted board"]
BACKGROUNDS: Final[tuple[Background, ...]] = ("glossy tile", "matt tile", "painted board")
CAMERAS: Final = 12
CONFUSERS: Final = (
    "tape", "reflector", "glasses", "eyes", "chrome_cyl", "chrome_sphere", "screw", "drops", "glitter", "ind_led",
)  # fmt: skip
RANGES_M: Final = (0.3, 1.0, 2.0, 3.0)
ANGLES_DEG: Final = (0, 15, 30)
LEFT_OUT: Final = ((0.3, 30), (3.0, 30))
"""Distance and angle of a camera: ten clips of twelve cameras tell more than twelve of ten."""
OBJECTS_OF_A_KIND: Final = 2
"""Two screws of different makers are two things, which are judged apart."""
HARD_CAMERAS: Final = (1, 2, 7)
"""Pinholes and the absorptive filter: tier 4 at any place."""
LIT_ONE_IN: Final = 3
LEVEL_REPETITIONS, LEVELS_OFF = 8, 24
"""8 of 8 at a level leave .69 to 1, 0 of 24 with the sender off 0 to .12 (Clopper-Pearson, 90 %)."""


class SheetError(ValueError):
    """A sheet that nobody can go by; one line."""


class Setup(BaseModel):
    """What stands behind the curtain for one clip; a line of the setter's sheet."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    number: int = Field(ge=1, le=9999)
    """In the order of recording."""
    thing: str = Field(min_length=1, max_length=64)
    """`camera-04`, or type and number of a confuser: `screw-2`."""
    is_lens: bool
    kind: Literal["", "clear", "absorptive", "reflective"] = ""
    """Of a camera's infrared filter."""
    aperture_mm: float | None = Field(default=None, gt=0.0, le=50.0)
    range_m: float = Field(gt=0.0, le=20.0)
    angle_deg: int = Field(default=0, ge=0, le=90)
    tier: int = Field(ge=1, le=4)
    background: Background
    is_light_on: bool

    @property
    def clip(self) -> str:
        """The clip's name: a running number, which tells nothing."""
        return f"f{self.number:03d}"

    @property
    def kind_of_thing(self) -> str:
        """What a confuser is, whichever of its kind."""
        name, _, number = self.thing.rpartition("-")
        return name if number.isdigit() else self.thing

    @property
    def group(self) -> str:
        """Clips of one thing are judged together."""
        return self.thing if self.is_lens else f"confuser-{self.thing}"


def draw(seed: int) -> tuple[Setup, ...]:
    """The 200 set-ups of the field test in the order that the seed draws."""
    things = list(_things())
    random.Random(seed).shuffle(things)  # noqa: S311  anybody may draw it again
    return tuple(
        Setup(
            number=number,
            thing=thing,
            is_lens=is_lens,
            kind="clear" if is_lens else "",
            range_m=range_m,
            angle_deg=angle_deg,
            tier=_tier(thing, is_lens=is_lens, range_m=range_m, angle_deg=angle_deg),
            background=BACKGROUNDS[number % len(BACKGROUNDS)],
            is_light_on=number // len(BACKGROUNDS) % LIT_ONE_IN == 0,
        )
        for number, (thing, is_lens, range_m, angle_deg) in enumerate(things, 1)
    )


def _things() -> Iterator[tuple[str, bool, float, int]]:
    for number in range(1, CAMERAS + 1):
        for range_m in RANGES_M:
            angles = (one for one in ANGLES_DEG if (range_m, one) not in LEFT_OUT)
            yield from ((f"camera-{number:02d}", True, range_m, angle) for angle in angles)
    for kind in CONFUSERS:
        for number in range(1, OBJECTS_OF_A_KIND + 1):
            yield from ((f"{kind}-{number}", False, range_m, 0) for range_m in RANGES_M)


def _tier(thing: str, *, is_lens: bool, range_m: float, angle_deg: int) -> int:
    if is_lens and int(thing.rpartition("-")[2]) in HARD_CAMERAS:
        return 4
    return 2 if angle_deg <= 15 and range_m <= 1.0 else 3


class LevelSetup(BaseModel):
    """What the setter turns the step attenuator to for one reading of a radio; a line of his sheet."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    number: int = Field(ge=1, le=9999)
    attenuation_db: float = Field(ge=0.0, le=200.0)
    is_on: bool
    """False: the sender is off, at whatever attenuation."""


def draw_levels(seed: int, attenuations_db: Sequence[float]) -> tuple[LevelSetup, ...]:
    """Each attenuation as often as `LEVEL_REPETITIONS`, and `LEVELS_OFF` with the sender off, in the order that the
    seed draws.
    """
    every = [(db, True) for db in attenuations_db for _ in range(LEVEL_REPETITIONS)]
    every += [(attenuations_db[0], False)] * LEVELS_OFF
    random.Random(seed).shuffle(every)  # noqa: S311  anybody may draw it again
    return tuple(LevelSetup(number=n, attenuation_db=db, is_on=is_on) for n, (db, is_on) in enumerate(every, 1))


S = TypeVar("S", Setup, LevelSetup)


def sheet_text(setups: Sequence[S]) -> str:
    """The sheet as CSV; kind and aperture of each camera are what the setter has measured."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(type(setups[0]).model_fields), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: "" if value is None else value for key, value in one.model_dump().items()} for one in setups)
    return out.getvalue()


def read_sheet(text: str, name: str, line_of: type[S]) -> tuple[S, ...]:
    """The set-ups of a sheet that somebody has filled in; `name` is what an error calls it. Raises SheetError."""
    found: dict[int, S] = {}
    for line, row in enumerate(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))), 2):
        given = {str(key).strip(): (value or "").strip() for key, value in row.items() if key is not None}
        try:
            one = line_of.model_validate({key: value for key, value in given.items() if value})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise SheetError(Phrase("sheet_cell", file=name, line=line, column=where, why=problem(first))) from error
        if one.number in found:
            raise SheetError(Phrase("sheet_number_twice", file=name, line=line, number=one.number))
        found[one.number] = one
    if not found:
        raise SheetError(Phrase("sheet_empty", file=name))
    return tuple(found[number] for number in sorted(found))

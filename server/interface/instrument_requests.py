"""What comes in about a district's instruments: new ones, who holds them, their checks, and those out of use."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from server.interface.fields import DistrictId, Reason, Username, clean, no_link
from sweep.phrases import Phrase
from sweep.report import Record
from sweep.report.inspection_records import InstrumentKind

FIRST_CHECK_DAY = date(2010, 1, 1)
CheckDay = Annotated[date, Field(ge=FIRST_CHECK_DAY, le=date(2100, 12, 31))]
LONGEST_GOOD_D = 366  # guessed: an instrument that nobody looked at for a year is not known to work
Serial = Annotated[
    str, StringConstraints(max_length=100, strip_whitespace=True), AfterValidator(clean), AfterValidator(no_link)
]


class InstrumentRequest(Record):
    """An instrument as it stands in the register; again for one that was written down wrongly."""

    kind: InstrumentKind
    maker: Reason
    model: Reason
    serial: Serial
    """Empty for a torch or loupe alone, which has none."""
    holder: Username | None = None
    """Who holds it now; null: it lies in the office."""
    district_id: DistrictId | None = None
    """Of a new one, for people of the whole city; those of a district add to their own."""

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> Self:
        if not self.serial and self.kind != "by_eye":
            raise ValueError(Phrase("serial_needed"))
        return self


class InstrumentCheckRequest(Record):
    """A check of an instrument: does it do what it is for?"""

    what: Literal["function", "calibration"]
    """Tried on a known target; or measured by a laboratory."""
    day: CheckDay
    good_until: CheckDay
    """Korean days, both included."""
    has_passed: bool
    checked_by: Reason
    """An office or a laboratory: no names."""

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> Self:
        if not 0 <= (self.good_until - self.day).days <= LONGEST_GOOD_D:
            raise ValueError(Phrase("check_days_disagree", days=LONGEST_GOOD_D))
        return self


class RetiredRequest(Record):
    """Is an instrument out of use?"""

    is_retired: bool

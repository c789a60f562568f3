"""Weights as data: what an evidence code says for or against a camera, by what was measured.

Input is the text of a weights file (`sweep/judge/README.md` tells of it), output is `Weights` that every weigher
reads.  A weight is log10 of P(this | a camera watches this zone) over P(this | none), never more than the counts behind
it can support.  It refuses a file with a table that does not rise through its measure, with an interval that does not
hold its weight, or without its counts.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from sweep.phrases import Phrase
from sweep.report.base import Code, Count, Finite, Log10, Record, Slug, Text, UtcTime
from sweep.report.findings import WeightSource
from sweep.report.observations import Modality
from sweep.report.problems import problem

FORMAT: Final = 1
Origin = Annotated[str, StringConstraints(min_length=1, max_length=600)]


class WeightsError(ValueError):
    """A weights file that cannot be used; one line."""


class Weight(Record):
    """One log10 likelihood ratio with its 90 % interval and the counts behind it."""

    log10: Log10
    low: Log10
    high: Log10
    counts: tuple[Count, Count]
    """Readings like this one with a camera in view, and without."""
    of: tuple[Count, Count]
    """All readings with a camera in view, and all without (zones, things or tests; the table says which)."""
    source: WeightSource
    is_capped: bool = False
    """The counts support no more, so that the weight is the nearer end of the interval."""

    @model_validator(mode="after")
    def _interval_holds(self) -> Self:
        if not self.low <= self.log10 <= self.high:
            raise ValueError(Phrase("weight_outside_interval"))
        return self


LEAST_FIRST: Final[tuple[WeightSource, ...]] = ("guessed", "derived", "rendered", "simulated", "measured", "field")
"""Sources by what can rest on them."""
HINT: Final = 0.3
"""A weight that nobody has counted is no more than a hint: twice as likely with a camera as without. Guessed."""


def guess(log10: float) -> Weight:
    """A weight without a table, for a modality of which nothing has been counted: held at a hint."""
    held = min(max(log10, -HINT), HINT)
    return Weight(
        log10=held, low=held - 0.5, high=held + 0.5, counts=(0, 0), of=(0, 0), source="guessed",
        is_capped=held != log10,
    )  # fmt: skip


class WeightTable(Record):
    """The weights of one evidence code over what was measured."""

    measure: Text
    """What the table runs over, with its unit; `once` where there is one weight only."""
    edges: Annotated[tuple[Finite, ...], Field(max_length=40)]
    """Ascending; below the first is the first weight, from the last on the last."""
    weights: Annotated[tuple[Weight, ...], Field(min_length=1, max_length=41)]
    made_from: Origin
    """The runs that were counted, and which build measured them."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.weights) != len(self.edges) + 1 or list(self.edges) != sorted(set(self.edges)):
            raise ValueError(Phrase("weight_table_shape"))
        return self

    def at(self, value: float) -> Weight:
        """The weight of a measured value."""
        return self.weights[bisect_right(self.edges, value)]

    def between(self, value: float) -> float:
        """The log10 of a measured value, on a line from the middle of each step to that of the next: only for putting
        in order what one step holds alike.
        """
        edges = self.edges
        if len(edges) < 2:
            return self.at(value).log10
        first, last = (edges[1] - edges[0]) / 2.0, (edges[-1] - edges[-2]) / 2.0
        middles = [edges[0] - first, *((a + b) / 2.0 for a, b in pairwise(edges)), edges[-1] + last]
        after = bisect_right(middles, value)
        if after in {0, len(middles)}:
            return self.at(value).log10
        share = (value - middles[after - 1]) / (middles[after] - middles[after - 1])
        below, above = self.weights[after - 1].log10, self.weights[after].log10
        return below + share * (above - below)


class Rate(Record):
    """A share of detections among cameras that could have been seen; what the absence of a reading is worth."""

    hits: Count
    of: Count
    share: Annotated[float, Field(ge=0, le=1)]
    low: Annotated[float, Field(ge=0, le=1)]
    high: Annotated[float, Field(ge=0, le=1)]
    """90 % interval."""
    source: WeightSource
    made_from: Origin

    def absence(self, seen_share: float) -> Weight:
        """The weight of seeing nothing where `seen_share` of what could be seen was seen."""
        seen = min(max(seen_share, 0.0), 1.0)
        at, high, low = (math.log10(max(1.0 - seen * share, 1e-3)) for share in (self.share, self.low, self.high))
        counts = (self.of - self.hits, 0)
        return Weight(log10=at, low=low, high=high, counts=counts, of=(self.of, 0), source=self.source)


MOST_SILENT: Final = 0.05
"""Share of readings with the sender off in which a radio surely hears it, above which its test says nothing: it hears
something else (a convention: 4 of 24 leave .06 to .34).
"""


class LevelTable(Record):
    """How often a known sender was heard by the level that reached the antenna, counted on a bench."""

    levels_dbm: Annotated[tuple[Finite, ...], Field(min_length=1, max_length=40)]
    """Rising."""
    rates: Annotated[tuple[Rate, ...], Field(min_length=1, max_length=40)]
    silent: Rate
    """How often it was called heard while it was off."""
    mhz: int | None = None
    """Frequency of the sender; None: nobody said."""
    made_from: Origin

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.rates) != len(self.levels_dbm) or list(self.levels_dbm) != sorted(set(self.levels_dbm)):
            raise ValueError(Phrase("weight_table_shape"))
        return self

    def at(self, level_dbm: float) -> Rate | None:
        """The counts of the strongest level that is no stronger; share and interval are what was heard beyond what is
        called heard without a sender.  None: nobody measured one so weak, or the radio hears something else.
        """
        known = bisect_right(self.levels_dbm, level_dbm)
        if not known or self.silent.low > MOST_SILENT:
            return None
        rate, silent = self.rates[known - 1], self.silent
        beyond = {
            "low": _beyond(rate.low, silent.high), "share": _beyond(rate.share, silent.share),
            "high": _beyond(rate.high, silent.low),
        }  # fmt: skip
        return rate.model_copy(update=beyond)


def _beyond(share: float, silent: float) -> float:
    """A share without the part that is there anyway."""
    return max(0.0, (share - silent) / (1.0 - silent)) if silent < 1.0 else 0.0


BUILD: Final = re.compile(r"judge_model\.json sha256 [0-9a-f]{12}")
"""How what was measured with a lens forest names it."""


def other_forest(one: WeightTable | Rate, forest: str) -> str | None:
    """The forest that a table or a rate was measured with, where it is another one."""
    return next((build for build in BUILD.findall(one.made_from) if build != forest), None)


class Weights(Record):
    """All tables of one file."""

    v: Annotated[int, Field(ge=FORMAT, le=FORMAT)]
    version: Text
    """As reports cite it."""
    made_by: Text
    """The command that made the file."""
    tables: dict[Code, WeightTable]
    rates: dict[Code, Rate]

    def source_of(self, codes: Collection[str]) -> WeightSource:
        """Where the weights of these codes were measured: the least that any of them rests on; `guessed` for a code
        that has neither table nor rate, and where there are none.
        """
        found: set[WeightSource] = set()
        for code in codes:
            tables, rates = self.tables.get(code), self.rates.get(code)
            found |= {weight.source for weight in tables.weights} if tables is not None else set()
            found |= {rates.source} if rates is not None else set()
            found |= {"guessed"} if tables is None and rates is None else set()
        return min(found, key=LEAST_FIRST.index, default="guessed")

    def at(self, code: str, value: float = 0.0) -> Weight:
        """The weight of an evidence code at a measured value; raises WeightsError for a code without a table."""
        table: Mapping[str, WeightTable] = self.tables
        if code not in table:
            raise WeightsError(Phrase("weights_lack_table", version=self.version, code=code))
        return table[code].at(value)

    def within_step(self, code: str, value: float) -> float:
        """By how much `between` of an evidence code at a measured value is more than its weight there."""
        step = self.at(code, value).log10
        return self.tables[code].between(value) - step

    def absence(self, code: str, seen_share: float) -> Weight:
        """The weight of what was not seen; raises WeightsError for a code without a rate."""
        if code not in self.rates:
            raise WeightsError(Phrase("weights_lack_rate", version=self.version, code=code))
        return self.rates[code].absence(seen_share)


class FieldWeights(Record):
    """What a field test measured, as its district signs it."""

    v: Literal[1]
    tenant: Slug
    """The district whose probes may weigh by it."""
    measured: UtcTime
    """When the field test ended."""
    weights: Weights
    forest: dict[str, Any] | None = None
    """Content of the model file of a lens judge that was fitted to recorded clips."""
    detection: dict[str, Any] | None = None
    """By kind of lens: the table of `detection.json`, counted on recorded clips."""
    levels: dict[Modality, LevelTable] | None = None
    """By radio: how often a sender of known level was heard."""


MAX_AGE: Final = timedelta(days=365)
"""How long the weights of a field test ground a clear verdict (a convention)."""


@dataclass(frozen=True, slots=True)
class WeightsInForce:
    """The tables that a sweep is judged by."""

    weights: Weights
    measured: datetime | None = None
    """When the field test behind them ended; None: those that ship with the package."""
    forest: str | None = None
    """Build of the lens judge; None: nobody said."""
    held_back: Mapping[str, Phrase] = field(default_factory=dict)
    """Tables that were measured with another lens judge, and what is said of each: they are no more than a hint."""

    def are_stale(self, at: datetime) -> bool:
        """Whether the field test was too long ago at that time."""
        return self.measured is not None and at - self.measured > MAX_AGE


def read_weights(text: str) -> Weights:
    """The tables of a weights file.  Raises WeightsError with one line."""
    try:
        return Weights.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "file"
        raise WeightsError(Phrase("weights_file_invalid", where=place, why=problem(first))) from None


@dataclass(frozen=True, slots=True)
class Sum:
    """Weights added up, with the interval of the sum."""

    log10: float
    low: float
    high: float


def add_up(parts: list[tuple[float, float, float]]) -> Sum:
    """The sum of (weight, low, high); half-widths of independent intervals add by their squares."""
    at = sum(part[0] for part in parts)
    below = math.sqrt(sum((part[0] - part[1]) ** 2 for part in parts))
    above = math.sqrt(sum((part[2] - part[0]) ** 2 for part in parts))
    return Sum(at, at - below, at + above)

"""The prior and the operating points of fusion, and the weights it adds up: both are files of this folder.

Input is the packaged `thresholds.json` and `weights.json`, or a weights file that a district installs; output is
records. It refuses operating points out of order.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Self

from pydantic import Field, model_validator

from sweep.modality.weights import Weights, read_weights
from sweep.report.base import Log10, Record, Text


class Thresholds(Record):
    """Operating points, all of them posterior log10 odds."""

    v: Annotated[int, Field(ge=1, le=1)]
    version: Text
    """As reports cite it."""
    made_by: Text
    chosen_on: Annotated[str, Field(max_length=600)]
    """The simulated city, its seed, and what was held."""
    prior: Log10
    """Of a zone: guessed, nobody has counted cameras by the stall."""
    first_look: Log10
    """From here on a zone is looked at again."""
    second_look: Log10
    """From here on a zone that was looked at again is a finding."""
    strong: Log10
    """From here on a finding is strong, where also"""
    strong_low: Log10
    """the lower end of its 90 % interval is not below this."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.prior <= self.first_look <= self.second_look <= self.strong or self.strong_low > self.strong:
            raise ValueError("prior, first look, second look and strong rise")
        return self


@cache
def load_thresholds() -> Thresholds:
    """Those that ship with the package."""
    return Thresholds.model_validate_json(files("sweep.judge").joinpath("thresholds.json").read_text(encoding="utf-8"))


@cache
def load_weights() -> Weights:
    """Those that ship with the package.  Raises WeightsError."""
    return read_weights(files("sweep.judge").joinpath("weights.json").read_text(encoding="utf-8"))

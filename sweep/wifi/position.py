"""What is wished for at one position, and what it came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sweep.modality.messages import ResponseTestKind
from sweep.report import StimulusJudgement
from sweep.wifi.listen import Heard
from sweep.wifi.stimulus.response_test import ResponseTestResult

Stimulus = Literal["auto", "always", "never"]
"""The light: where something sends like a camera, wherever anything uploads, or not at all."""


@dataclass(frozen=True, slots=True)
class WifiRequest:
    """What is wished for at one position."""

    dwell_s: float
    """Listen so long before any test."""
    kind: ResponseTestKind | None = None
    """What sends like a camera is tested by the lamp, or by a person who walks; None: not at all."""
    test_longest_s: float = 114.0
    """How long the lamp may play for one test."""
    tests_longest_s: float | None = None
    """The same for all tests of the position together; None: no bound."""
    open_tests_longest_s: float | None = None
    """The same for those of them in which nothing is called video."""
    is_any_uplink: bool = False
    """Every thick uplink is tested, not only what may be a camera."""
    no_test_because: str | None = None
    """Code that says why nothing can be played now; None when it can."""
    decided: frozenset[int] = frozenset()
    """Addresses whose answer is known in this zone already."""
    elsewhere_dbm: Mapping[int, float] = field(default_factory=dict)
    """How loud transmitters were outside the door, or at an earlier position in another zone: what is much weaker here
    is not tested here."""
    only: frozenset[int] | None = None
    """Addresses that are tested by light here and no others; None: whatever may be a camera."""
    own_addresses: frozenset[int] = frozenset()
    """The probe's own radios, which are no transmitters of the room."""
    surveys_first: bool = False
    """Come to each channel first, in a time of its own, where no earlier position did."""


@dataclass(frozen=True, slots=True)
class PositionResult:
    """What a position came to."""

    heard: Heard
    follows: dict[int, StimulusJudgement]
    """Answers to light or walk, by address."""
    troubles: Counter[str]
    """What kept a test from being made or finished, and `left_…`: why everything had to stop."""
    is_settled: bool
    """Every test that was to be made came to its end."""
    light_s: float = 0.0
    """How long the light tests took."""
    light_open_s: float = 0.0
    """Of it, what was only for transmitters that their traffic leaves open."""

    @property
    def lefts(self) -> tuple[str, ...]:
        """Codes that say why everything had to stop before it was over."""
        return tuple(name.removeprefix("left_") for name in self.troubles if name.startswith("left_"))


def light_time(results: Iterable[ResponseTestResult]) -> tuple[float, float]:
    """How long light tests took, and what of it was only for open transmitters."""
    light = [one for one in results if one.kind == "light"]
    return round(sum(one.took_s for one in light), 3), round(sum(one.open_s for one in light), 3)

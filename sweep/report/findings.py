"""What fusion claims of a zone: evidence for and against, the finding it adds up to, and what a second look made of it.

Input of this module is records, output is records.  A finding is a reason for a person to look, never a verdict on one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from .base import Code, Count, LocalText, Log10, Metres, Record, Seconds, Slug
from .observations import Modality

WeightSource = Literal["field", "rendered", "simulated", "derived", "guessed", "measured"]
"""Where a weight or a curve was measured: on real rooms, on rendered scenes, in the simulated city; `measured` is the
word of format v1."""


LookKind = Literal["lens", "transmitter"]
"""What a second look is made for: a glint, or something that sends."""
LookOutcome = Literal["stands", "gone", "explained", "nothing_seen_by_eye", "not_done"]
SeenAs = Literal["screw", "fitting", "indicator", "drop", "reflection", "other"]
"""What a person who looked at a candidate by eye says it is; all of them are no camera."""


class ExplainedByEye(Record):
    """A candidate that a person looked at by eye and could name: listed last, neither scored lower nor hidden."""

    zone_id: Slug
    seen_as: SeenAs


class Evidence(Record):
    """One weighed reason for or against a finding."""

    observation_id: UUID | None
    modality: Modality
    code: Code
    text: LocalText
    weight_log10: Log10
    """log10 of the likelihood ratio; positive speaks for a camera, negative against."""
    is_capped: bool
    weight_source: WeightSource
    low_log10: Log10 | None = None
    high_log10: Log10 | None = None
    """90 % interval of the weight; null where nobody counted."""
    counts: tuple[Count, Count] | None = None
    """On how many readings with a camera in view, and how many without, the weight was measured."""
    about: UUID | None = None
    """Readings that share it are of one device or one spot, and so depend on each other."""


def are_measured(evidence: Iterable[Evidence]) -> bool:
    """Whether every weight was measured in the field, so that their sum may be read as odds; without, it is a score."""
    sources = {one.weight_source for one in evidence}
    return bool(sources) and sources <= {"field", "measured"}


class Finding(Record):
    """A fused claim about a zone: something there should be inspected by eye."""

    finding_id: UUID
    zone_id: Slug
    x_m: Metres
    y_m: Metres
    radius_m: Annotated[float, Field(ge=0, le=100)]
    """Circle that the evidence allows; the zone's own size when nothing is more precise."""
    strength: Literal["weak", "strong"]
    """`strong` where the posterior and the lower end of its interval are high."""
    stage: Literal["first_look", "second_look"] | None = None
    """`first_look`: a candidate that asks for a second look, no finding yet; `second_look`: looked at again, and it
    still stands.  Null: made without stages, and a finding."""
    prior_log10_odds: Log10
    posterior_log10_odds: Log10
    posterior_low_log10_odds: Log10 | None = None
    posterior_high_log10_odds: Log10 | None = None
    """90 % interval of the posterior; null where the weights have none."""
    strong_from_log10_odds: Log10 | None = None
    """From here on its evidence is called strong; null in reports that do not tell."""
    summary: LocalText | None = None
    """What speaks for it and what against, in one sentence."""
    would_change: Annotated[tuple[LocalText, ...], Field(max_length=16)] = ()
    """What would change the answer, and what was not looked at."""
    explained: LocalText | None = None
    """What earlier visits, or whoever looked by eye, found it to be: it is listed last, but neither scored lower nor
    hidden."""
    evidence_for: Annotated[tuple[Evidence, ...], Field(min_length=1, max_length=64)]
    evidence_against: Annotated[tuple[Evidence, ...], Field(max_length=64)]
    advice: LocalText

    @property
    def is_candidate(self) -> bool:
        """Whether it only asks for a second look: it counts as no finding and makes no case."""
        return self.stage == "first_look"


class LookedAgain(Record):
    """What a second look at a candidate came to."""

    finding_id: UUID
    """The candidate's; it need not stand in the report any more."""
    zone_id: Slug
    kind: LookKind
    outcome: LookOutcome
    reason: Code | None
    """Why it was not done, or what the person who looked by eye says it is (`SeenAs`); null otherwise."""
    seconds: Seconds
    text: LocalText

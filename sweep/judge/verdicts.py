"""Verdicts: what each modality may say of a zone by what was found, what was looked at and on what grounds.

Input is coverage, the probability of each target, the findings and the grounds of today; output is one `ZoneVerdict`
per zone and modality.  `clear` is said of named targets only, and only on grounds from the field; what looked and saw
nothing without them says `nothing_detected`, which is no ground to call anything clear; `not_assessable` is left to
what was blind.  It never turns one into another for want of a better word.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sweep.modality.words import Vocabulary
from sweep.report import (
    CheckStatus,
    Finding,
    Modality,
    ReferenceCheck,
    Target,
    TargetCoverage,
    VerdictName,
    WeightSource,
    ZoneCoverage,
    ZoneVerdict,
)
from sweep.report.reference import ReferencePartName
from sweep.report.words import names_of

LEAST_CHANCE: Final = 0.9
"""The lower bound of a target's probability from which a zone may be called clear of it (agreed with the city: what is
missed once in ten times is no ground for more)."""
CHECK_LASTS: Final = timedelta(hours=24)
"""A check of the day before says nothing of a probe that was carried home since."""
CALIBRATED: Final[Collection[Modality]] = ("lens", "rf")
"""Modalities that a calibration file makes comparable; the others' sensitivity is measured by the reference check."""
PARTS: Final[Mapping[Modality, Collection[ReferencePartName]]] = {"lens": ("lens", "lamp")}
"""Parts of the probe that a modality rests on where that is not its own alone."""
NOT_PASSED: Final[Mapping[CheckStatus, str]] = {"out_of_control": "check_out_of_control", "failed": "check_failed"}
"""What is said of a probe or a part of it that did not pass, the worse first."""
NOT_DONE: Final = ReferenceCheck(status="not_done", checked=None)


@dataclass(frozen=True, slots=True)
class ClearanceBasis:
    """On what a clear verdict of this sweep could rest."""

    started: datetime | None = None
    check: ReferenceCheck = NOT_DONE
    calibrated: Collection[Modality] = ()
    """Modalities whose calibration is in force and valid."""
    weights: Mapping[Modality, WeightSource] = field(default_factory=dict)
    """Where each modality's weights were measured; guessed where it says nothing."""
    are_weights_stale: bool = False
    """The field test behind them was too long ago."""
    ended: datetime | None = None
    """A check between start and end was made in the sweep itself, before its first zone; None: there is none."""

    def why_not(self, modality: Modality) -> str | None:
        """Why nothing of this modality may be called clear; None: it may."""
        if modality in CALIBRATED and modality not in self.calibrated:
            return "not_calibrated"
        unchecked = self._why_unchecked(modality)
        if unchecked is not None:
            return unchecked
        return self.why_not_by_weights(modality)

    def why_not_by_weights(self, modality: Modality) -> str | None:
        """Why its weights let nothing of this modality be called clear; None: they do."""
        if self.weights.get(modality, "guessed") != "field":
            return "weights_not_field"
        return "weights_stale" if self.are_weights_stale else None

    def _why_unchecked(self, modality: Modality) -> str | None:
        """What is wrong with today's reference check: the probe as a whole first, then its age, then this part."""
        check = self.check
        if check.status in NOT_PASSED:
            return NOT_PASSED[check.status]
        if check.checked is None or self.started is None:
            return "check_not_done"
        if check.checked.utc > (self.ended or self.started):
            return "check_not_done"
        if check.status == "not_done" or self.started - check.checked.utc > CHECK_LASTS:
            return "check_stale"
        wanted: Collection[ReferencePartName] = PARTS.get(modality, (modality,))
        statuses = {part.part: part.status for part in check.parts}
        found = {
            statuses.get(part, "not_done") for part in wanted
        }  # a part that the check does not tell of was not read
        unread = "check_not_done" if found != {"passed"} else None
        return next((said for status, said in NOT_PASSED.items() if status in found), unread)


NO_GROUNDS: Final = ClearanceBasis()


def verdict_of(
    cover: ZoneCoverage,
    finding: Finding | None,
    targets: Sequence[TargetCoverage],
    grounds: ClearanceBasis,
    words: Vocabulary,
) -> ZoneVerdict:
    """What one modality says of one zone; `targets`: those of this zone and modality, `finding`: the zone's."""
    everything = tuple(target.target for target in targets)
    is_cited = finding is not None and any(e.modality == cover.modality for e in finding.evidence_for)
    if is_cited:
        return _say(cover, "candidate", "candidate", words, not_clear_of=everything)
    if cover.blind_reason is not None or cover.status == "not_looked":
        return _say(cover, "not_assessable", cover.blind_reason or "not_looked", words, not_clear_of=everything)
    why_not = grounds.why_not(cover.modality)
    if why_not is not None:
        return _say(cover, "nothing_detected", why_not, words, not_clear_of=everything)
    clear = tuple(
        one.target for one in targets if one.low is not None and one.low >= LEAST_CHANCE and one.source == "field"
    )
    if not clear:
        reason = "chance_too_low" if any(one.low is not None for one in targets) else "targets_unknown"
        return _say(cover, "nothing_detected", reason, words, not_clear_of=everything)
    others = tuple(target for target in everything if target not in clear)
    return _say(cover, "clear", "clear", words, clear_of=clear, not_clear_of=others)


def _say(
    cover: ZoneCoverage,
    verdict: VerdictName,
    reason: str,
    words: Vocabulary,
    *,
    clear_of: tuple[Target, ...] = (),
    not_clear_of: tuple[Target, ...] = (),
) -> ZoneVerdict:
    return ZoneVerdict(
        zone_id=cover.zone_id,
        modality=cover.modality,
        verdict=verdict,
        reason=reason,
        text=words.reason(reason),
        target=names_of(clear_of) if clear_of else None,
        clear_of=clear_of,
        not_clear_of=not_clear_of,
    )

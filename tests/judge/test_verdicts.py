"""What may be called clear, and of what; what saw nothing without proof; what was blind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sweep import report as r
from sweep.judge.verdicts import LEAST_CHANCE, NO_GROUNDS, ClearanceBasis, verdict_of
from sweep.report.reference import ReferencePartName
from sweep.run.modalities import SENSING_MODALITIES, vocabulary_of
from tests.report_factory import clock, make_report

WORDS = vocabulary_of(SENSING_MODALITIES)

NAMES: tuple[ReferencePartName, ...] = (*r.MODALITIES, "lamp")
READ = tuple(
    r.ReferencePart(part=name, status="passed", value=1.0, expected=1.0, unit=None, cusum=None) for name in NAMES
)
PASSED = r.ReferenceCheck(status="passed", checked=clock(-60), parts=READ)
RF_ONLY: tuple[r.Modality, ...] = ("rf",)
GOOD = ClearanceBasis(clock(0).utc, PASSED, ("lens", "rf"), dict.fromkeys(r.MODALITIES, "field"))
REPORT = make_report()
COVER = REPORT.coverage[0]


def target(name: r.Target, low: float | None, **changes: Any) -> r.TargetCoverage:
    share = None if low is None else min(1.0, low + 0.02)
    fields: dict[str, Any] = {
        "zone_id": "stall-1", "target": name, "modality": "lens", "probability": share, "low": low,
        "high": None if share is None else 1.0, "source": "field", "reason": "not_measured" if low is None else None,
        "text": r.LocalText(ko="-", en="-"),
    }  # fmt: skip
    return r.TargetCoverage(**fields | changes)


SEEN = (target("pinhole_1mm", 0.85), target("lens_2mm", LEAST_CHANCE), target("recorder", None))


def say(cover: r.ZoneCoverage = COVER, grounds: ClearanceBasis = GOOD, **changes: Any) -> r.ZoneVerdict:
    return verdict_of(cover, changes.get("finding"), changes.get("targets", SEEN), grounds, WORDS)


def test_a_clear_zone_names_what_it_is_clear_of_and_what_not() -> None:
    said = say()
    assert (said.verdict, said.clear_of, said.not_clear_of) == ("clear", ("lens_2mm",), ("pinhole_1mm", "recorder"))
    assert said.target == r.LocalText(ko="2 mm 렌즈", en="2 mm lens")


YESTERDAY = r.ReferenceCheck(status="passed", checked=clock(-25 * 60))
DIM = READ[-1].model_copy(update={"status": "failed", "value": 0.7})
UNREAD = DIM.model_copy(update={"status": "not_done"})
NOT_ENOUGH: dict[str, tuple[ClearanceBasis, str]] = {
    "nothing at all": (NO_GROUNDS, "not_calibrated"),
    "no calibration": (replace(GOOD, calibrated=RF_ONLY), "not_calibrated"),
    "no check": (replace(GOOD, check=NO_GROUNDS.check), "check_not_done"),
    "a check of the day before": (replace(GOOD, check=YESTERDAY), "check_stale"),
    "a check that holds no longer": (
        replace(GOOD, check=PASSED.model_copy(update={"status": "not_done"})), "check_stale",
    ),
    "a check after the sweep": (replace(GOOD, started=clock(-90).utc, ended=clock(-61).utc), "check_not_done"),
    "a lamp that failed": (replace(GOOD, check=PASSED.model_copy(update={"parts": (*READ[:-1], DIM)})), "check_failed"),
    "a lamp that nobody measured": (
        replace(GOOD, check=PASSED.model_copy(update={"parts": (*READ[:-1], UNREAD)})), "check_not_done",
    ),
    "a check that tells nothing of the lamp": (
        replace(GOOD, check=PASSED.model_copy(update={"parts": READ[:-1]})), "check_not_done",
    ),
    "a check that tells of no part": (replace(GOOD, check=PASSED.model_copy(update={"parts": ()})), "check_not_done"),
    "out of control": (
        replace(GOOD, check=PASSED.model_copy(update={"status": "out_of_control"})), "check_out_of_control",
    ),
    "a check that failed": (
        replace(GOOD, check=PASSED.model_copy(update={"status": "failed"})), "check_failed",
    ),
    "guessed weights": (replace(GOOD, weights={}), "weights_not_field"),
    "weights from pictures": (replace(GOOD, weights={"lens": "rendered"}), "weights_not_field"),
    "weights of a simulation": (replace(GOOD, weights={"lens": "simulated"}), "weights_not_field"),
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_ENOUGH)
def test_without_grounds_nothing_detected_is_no_clear(case: str) -> None:
    grounds, reason = NOT_ENOUGH[case]
    said = say(grounds=grounds)
    assert (said.verdict, said.reason, said.clear_of) == ("nothing_detected", reason, ())
    assert said.not_clear_of == ("pinhole_1mm", "lens_2mm", "recorder")
    assert said.target is None


def test_a_probability_below_the_floor_or_from_pictures_clears_nothing() -> None:
    low = (target("lens_2mm", LEAST_CHANCE - 0.01),)
    rendered = (target("lens_2mm", 0.99, source="rendered"),)
    assert (say(targets=low).verdict, say(targets=low).reason) == ("nothing_detected", "chance_too_low")
    assert say(targets=rendered).verdict == "nothing_detected"
    assert say(targets=SEEN[2:]).reason == say(targets=()).reason == "targets_unknown"


def test_what_was_blind_is_not_assessable_and_what_was_found_a_candidate() -> None:
    blind = say(COVER.model_copy(update={"blind_reason": "too_fast"}))
    assert (blind.verdict, blind.reason, blind.clear_of) == ("not_assessable", "too_fast", ())
    assert say(REPORT.coverage[2]).verdict == "not_assessable"
    assert say(finding=REPORT.findings[0]).verdict == "candidate"


def test_a_check_lasts_a_day() -> None:
    check = PASSED.model_copy(update={"checked": clock(-24 * 60)})
    assert say(grounds=replace(GOOD, check=check)).verdict == "clear"
    within = replace(GOOD, started=clock(-61).utc, ended=clock(-30).utc)
    assert say(grounds=within).verdict == "clear", "made at the start of the sweep itself"
    later = clock(0).utc + timedelta(seconds=1)
    assert say(grounds=replace(GOOD, check=check, started=later)).verdict == "nothing_detected"

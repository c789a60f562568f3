"""Findings that earlier visits explained, or who looked by eye: marked with what it is, and put last.

Input is findings, observations, what the district knows of the room and what persons said; output is the same
findings.  Scores, stages and strengths stay what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sweep.report import SEEN_AS, Finding, KnownThing, LocalText, Observation, SeenAs, devices_of, sameness, thing_of
from sweep.report.base import KOREA
from sweep.report.sentences import Sentence

NO_CAMERA: Final = LocalText(ko="카메라 아님", en="no camera")
NAMED: Final = Sentence(
    "이번 점검에서 눈으로 확인한 것: {ko}. 점수는 낮추지 않았습니다",
    "Looked at by eye in this sweep it is {en}; its score is no lower for it",
)
EXPLAINED: Final = Sentence(
    "이전 점검({day})에서 확인한 것: {ko}. 이번에도 눈으로 다시 확인하십시오",
    "An earlier visit ({day}) found it to be: {en}. Look again by eye all the same",
)


def mark_known(
    findings: Sequence[Finding], observations: Iterable[Observation], known: Sequence[KnownThing]
) -> tuple[Finding, ...]:
    """Those that are the same as what is known say so and come last, each as grave as ever."""
    seen = tuple(observations)
    marked = [_marked(finding, seen, known) for finding in findings]
    return tuple(sorted(marked, key=lambda finding: finding.explained is not None))


def mark_named(findings: Sequence[Finding], named: Mapping[str, SeenAs]) -> tuple[Finding, ...]:
    """Those whose zone's candidate a person looked at by eye and could name say so and come last, each as grave as
    ever.
    """
    marked = []
    for one in findings:
        what = SEEN_AS.get(named[one.zone_id]) if one.zone_id in named else None
        text = one.explained if what is None else NAMED.text(ko=what.ko, en=what.en)
        marked.append(one.model_copy(update={"explained": text}))
    return tuple(sorted(marked, key=lambda finding: finding.explained is not None))


def _marked(finding: Finding, observations: Sequence[Observation], known: Sequence[KnownThing]) -> Finding:
    ours = thing_of(finding, devices_of(finding, observations))
    same = [one for one in known if not one.is_look and sameness(ours, thing_of(one, one.devices)) is not None]
    if not same:
        return finding
    last = max(same, key=lambda one: one.decided)
    what = last.what or NO_CAMERA
    text = EXPLAINED.text(day=last.decided.astimezone(KOREA).date().isoformat(), ko=what.ko, en=what.en)
    return finding.model_copy(update={"explained": text})

"""What stands of a finding: each person's last word, the gravest among persons, and what its case came to."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from server.interface.fields import CaseState, FindingState
from server.interface.voice import Voice
from server.standing.cases import FOUND, NEW, Case, Verdict, after_all
from server.standing.findings import GRAVEST_FIRST, OF_VERDICT, OPEN, gravest, state_of_finding

from .steps import happened

VERDICTS = ("camera_found", "cannot_exclude", "recheck", "no_camera")
STATES: tuple[CaseState, ...] = get_args(CaseState)


def state_after(*what: Verdict) -> FindingState:
    case = after_all(what, NEW)
    assert case is not None
    return state_of_finding(case)


def test_every_state_has_its_place_in_the_order_and_every_verdict_its_state() -> None:
    assert sorted(GRAVEST_FIRST) == sorted(get_args(FindingState))
    assert set(OF_VERDICT) == set(VERDICTS)
    assert set(GRAVEST_FIRST) - OPEN == {"confirmed", "defect", "no_camera"}
    assert gravest(()) is None


@pytest.mark.parametrize("state", STATES)
def test_a_case_that_came_to_something_outweighs_single_words_but_a_doubt_of_a_defect(state: CaseState) -> None:
    told = {state_of_finding(Case(state, words=(Verdict(Voice("A"), one),))) for one in ("cannot_exclude", "no_camera")}
    if state in FOUND:
        assert told == {"confirmed" if state == "police_camera" else "found"}
    elif state in {"candidate", "looked_at", "not_reached"}:
        assert told == {"suspected", "no_camera" if state == "candidate" else "to_inspect"}
    elif state in {"not_camera", "police_none"}:
        assert told == {"no_camera"}
    else:
        assert told == {"suspected", "defect"}


def test_two_persons_words_weigh_the_same_in_either_order() -> None:
    for one, other in itertools.product(VERDICTS, repeat=2):
        words = (Verdict(Voice("A"), one), Verdict(Voice("B"), other))
        told = {state_after(*order) for order in itertools.permutations(words)}
        expected = "no_camera" if {one, other} == {"no_camera"} else gravest({OF_VERDICT[one], OF_VERDICT[other]})
        assert told == {expected}, (one, other)


def test_of_one_person_the_last_word_counts_but_a_find_stands() -> None:
    for first, last in itertools.product(VERDICTS, repeat=2):
        told = state_after(Verdict(Voice("A"), first), Verdict(Voice("A"), last))
        assert told == ("found" if first == "camera_found" else OF_VERDICT[last]), (first, last)


def test_a_name_from_before_accounts_had_ids_is_the_same_person() -> None:
    before, after = Voice("A"), Voice("A", "p-aaaaaaaaaa")
    assert state_after(Verdict(before, "cannot_exclude"), Verdict(after, "no_camera")) == "no_camera"


def test_what_was_said_before_a_case_was_answered_does_not_come_back() -> None:
    for words in ("A found, looked, not a camera, reopened", "A doubt, looked, not a camera, reopened"):
        case = after_all(happened(words), NEW)
        assert case is not None
        assert state_of_finding(case) == "to_inspect", words

"""Sentences of a case: every state says what comes first, and none hurts anybody or leads to footage."""

from __future__ import annotations

from datetime import date
from typing import get_args

from server.cases import words
from server.interface.fields import CaseState
from server.interface.plain_text import has_link
from server.interface.words import AFTERWARDS, DISPOSITIONS, FINDINGS, PERSONS, STEP_WORDS
from server.standing.cases import CLOSED, Case, may_follow
from tests.server.standing.steps import STEP_NAMES

TODAY = date(2026, 11, 27)
STATES: tuple[CaseState, ...] = get_args(CaseState)


def test_every_wrong_turn_has_a_sentence_that_says_what_comes_first() -> None:
    allowed = refused = 0
    for state in STATES:
        for step in sorted(STEP_NAMES):
            if may_follow(Case(state), step, TODAY):
                allowed += 1
            else:
                refused += 1
                assert words.NEXT[state].said.ko != words.NEXT[state].said.en
    assert set(words.NEXT) == {None, *STATES}
    sentences = {one.said.ko for one in (*words.NEXT.values(), words.DUE_AGAIN, words.DUE_FOR_ONE)}
    assert len(sentences) == len(STATES) + 3
    assert {state for state, one in words.NEXT.items() if one.whose == "nobody"} == CLOSED
    assert allowed + refused == len(STATES) * len(STEP_NAMES)
    print(f"{len(STATES)} states x {len(STEP_NAMES)} steps: {allowed} allowed, {refused} refused")


def test_no_sentence_of_a_case_hurts_or_leads_to_footage() -> None:
    texts = [words.NOT_NOW, *(one.said for one in (*words.NEXT.values(), words.DUE_AGAIN, words.DUE_FOR_ONE))]
    for text in texts:
        for one in (text.ko, text.en):
            assert words.hurtful_in(one) is None, one
            assert not has_link(one), one
    for instead in words.HURTFUL.values():
        assert words.hurtful_in(instead) is None, instead
    korean = " ".join(text.ko for text in texts)
    for wanted in ("손대지", "112", "인상착의", "보지 마십시오", "두 사람"):  # the handbook
        assert wanted in korean
    assert words.hurtful_in("몰카 발견") == ("몰카", "불법촬영 카메라")
    assert has_link("https://example.org/a") and has_link("see clips.tv") and not has_link("3.5 mm")
    assert not CLOSED & {"camera", "handed_over"}


def test_what_cannot_be_ruled_out_is_a_find_whoever_says_it_and_a_doubt_is_said_otherwise() -> None:
    assert STEP_WORDS["camera"] == DISPOSITIONS["camera_found"]
    assert STEP_WORDS["not_camera"] == DISPOSITIONS["no_camera"]
    doubt = DISPOSITIONS["cannot_exclude"]
    assert AFTERWARDS["not_explained"] == doubt == PERSONS["suspected"] == FINDINGS["suspected"]
    assert "배제" in DISPOSITIONS["camera_found"].ko and "배제" not in doubt.ko

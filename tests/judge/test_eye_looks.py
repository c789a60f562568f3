"""Looks by eye: what they may cost, in which order places are looked at, and what an eye's word weighs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep import report as r
from sweep.judge import fusion
from sweep.judge.eye_evidence import after, raised_by_eye
from sweep.judge.eye_looks import LookBudget, LookPlace, ZoneOdds, in_order, load_policy, odds_of
from sweep.judge.thresholds import load_thresholds, load_weights
from sweep.modality.weights import HINT
from sweep.run.modalities import WEIGHERS
from tests.judge.test_fusion import PLAN, POSITIONS, WORDS, lens, measured
from tests.report_factory import SWEEP_ID, text, uid

POLICY = load_policy()
ZONES = ("a", "b", "c", "d", "e")
SECONDS = st.sampled_from([3.0, 10.0, 17.0, 20.0, 45.0])
PLACES = st.lists(
    st.builds(
        LookPlace,
        zone_id=st.just(""),
        observation_id=st.integers(0, 50).map(uid),
        probability=st.floats(1e-8, 0.5),
        share=st.sampled_from([0.46, 0.8]),
        seconds=SECONDS,
        score=st.floats(0.0, 3.0),
        is_known=st.booleans(),
    ),
    max_size=6,
)
WALKS = st.lists(
    st.tuples(st.integers(0, 4), PLACES, st.lists(st.floats(0.0, 1.0), max_size=6)), min_size=1, max_size=9
)
"""Zone, what is seen there, and how much of its time each look takes."""


@given(WALKS)
def test_no_walk_through_a_room_costs_more_than_its_seconds(walk: list[Any]) -> None:
    budget, spent_s, visited = LookBudget(POLICY), 0.0, set[int]()
    looks = dict.fromkeys(ZONES, 0)
    begun: dict[str, float] = {}
    for number, seen, took in walk:
        zone, visited = ZONES[number], visited | {number}
        to_come = len(ZONES) - len(visited)
        begun.setdefault(zone, budget.left_s)
        budget.enter(zone, to_come)
        chosen = budget.choose([replace(one, zone_id=zone) for one in seen])
        looks[zone] += len(chosen)
        assert looks[zone] <= POLICY.most_a_zone
        if to_come and chosen:
            assert budget.left_s >= begun[zone] / 2.0 - 1e-6, "the later zones' half"
        shares = [*took, *([1.0] * len(chosen))][: len(chosen)]
        for place, share in zip(chosen, shares, strict=True):
            before_s = budget.left_s
            budget.settle(place.seconds, share * place.seconds)
            spent_s += share * place.seconds
            assert budget.left_s == pytest.approx(before_s + (1.0 - share) * place.seconds), "unused seconds pass on"
        assert spent_s <= POLICY.budget_s + 1e-6
        assert budget.left_s == pytest.approx(POLICY.budget_s - spent_s)


@given(PLACES)
def test_looks_are_worth_their_seconds_and_the_best_come_first(seen: list[LookPlace]) -> None:
    ordered = in_order(seen, POLICY)
    assert all(one.value >= POLICY.least_value for one in ordered)
    assert len(ordered) == sum(one.value >= POLICY.least_value for one in seen)
    keys = [(one.is_known, -round(math.log10(one.value), 3), -one.score) for one in ordered]
    assert keys == sorted(keys), "the known last, then by worth, equals by their score"


@given(st.floats(0.0, 200.0), st.floats(0.0, 200.0))
def test_whoever_takes_long_takes_it_from_what_is_left(first_s: float, second_s: float) -> None:
    budget = LookBudget(POLICY)
    budget.enter("a", 0)
    for took_s in (first_s, second_s):
        if budget.may_take(10.0):
            budget.take(10.0)
            budget.settle(10.0, took_s)
    assert 0.0 <= budget.left_s <= POLICY.budget_s


def test_a_zone_that_needs_nothing_leaves_its_seconds_to_the_next() -> None:
    budget = LookBudget(POLICY)
    for number, zone in enumerate(ZONES):
        budget.enter(zone, len(ZONES) - 1 - number)
    assert [budget.may_take(s) for s in (10.0, 17.0, 40.0, 41.0)] == [True, True, True, False]
    budget.enter("a", 1)
    assert budget.may_take(20.0)
    assert not budget.may_take(21.0), "while a zone is to come its half stays"


def test_what_no_zone_can_ask_for_any_more_is_the_lights() -> None:
    budget = LookBudget(POLICY)
    assert [budget.kept_s(to_come) for to_come in (5, 2, 1, 0)] == [40.0, 40.0, 20.0, 10.0]
    budget.enter("a", 0)
    for _ in range(POLICY.most_a_zone):
        budget.take(17.0)
    assert [budget.kept_s(to_come) for to_come in (1, 0)] == [pytest.approx(6.0)] * 2


def test_seconds_get_dearer_as_fewer_are_left() -> None:
    budget = LookBudget(POLICY)
    budget.enter("a", 0)
    worth = 10.0 * POLICY.glance_s * POLICY.least_value
    (first,) = budget.choose([LookPlace("a", uid(1), worth / 10.0, 1.0, 10.0, 2.0)])
    assert budget.least_value == pytest.approx(POLICY.least_value * (40.0 / 30.0) ** POLICY.dearer)
    assert budget.choose([replace(first, observation_id=uid(2))]) == []
    assert budget.choose([replace(first, observation_id=uid(3), probability=worth)]) != []


def test_what_is_known_waits_until_every_zone_was_visited() -> None:
    budget = LookBudget(POLICY)
    known = LookPlace("a", uid(1), 0.1, 0.8, 10.0, 2.0, is_known=True)
    new = replace(known, observation_id=uid(2), probability=0.01, is_known=False)
    budget.enter("a", 1)
    assert budget.choose([known, new]) == [new]
    budget.enter("a", 0)
    assert budget.choose([known]) == [known]


def test_a_faint_glint_is_worth_less_where_the_room_has_many() -> None:
    one = lens(1, "stall-2", score=1.5)
    faint = [lens(n, "stall-3", score=1.4) for n in range(2, 6)]
    alone, among = (odds(*seen, visited=2).places(POLICY)[0] for seen in ([one], [one, *faint]))
    expected = POLICY.faint_a_room * 2 / 3
    crowd = math.log10((POLICY.faint_shape + 4) / (POLICY.faint_shape + expected))
    assert (alone.score, among.score, alone.probability) == (1.5, 1.5, among.probability)
    assert among.finer == pytest.approx(alone.finer - crowd)
    clips = [lens(n, "stall-3", score=1.4, clip=f"c{n}") for n in range(2, 6)]
    (several,) = odds(one, *clips, visited=2).places(POLICY)
    assert several.finer > among.finer, "several clips show one spot"
    bright = lens(1, "stall-2", score=2.5)
    assert odds(bright, *faint, visited=2).places(POLICY)[0].finer == odds(bright).places(POLICY)[0].finer


def test_what_is_not_asked_for_after_all_costs_nothing() -> None:
    budget = LookBudget(POLICY)
    budget.enter("a", 0)
    (place,) = budget.choose([LookPlace("a", uid(1), 0.1, 0.8, 10.0, 2.0)])
    budget.give_back(place)
    assert budget.left_s == POLICY.budget_s
    assert len(budget.choose([LookPlace("a", uid(n), 0.1, 0.8, 10.0, 2.0) for n in range(3)])) == POLICY.most_a_zone


def odds(*observations: r.Observation, zone: str = "stall-2", visited: int = 3) -> ZoneOdds:
    covered = {one.modality: one for one in measured() if one.zone_id == zone}
    return odds_of(
        next(one for one in PLAN.zones if one.zone_id == zone), observations, covered,
        weighers=WEIGHERS, weights=load_weights(), prior=load_thresholds().prior, zones=3, visited=visited,
    )  # fmt: skip


def test_the_worth_of_a_glint_is_the_judges_posterior() -> None:
    found = odds(lens(1, "stall-2"))
    (finding,) = judge(lens(1, "stall-2")).findings
    assert math.log10(found.spots[uid(1)]) == pytest.approx(finding.posterior_log10_odds, abs=0.002)
    (place,) = found.places(POLICY)
    assert place.finer == load_weights().within_step("glint", place.score)
    assert place.value == pytest.approx(place.probability * 10.0**place.finer * POLICY.pointed_share / POLICY.glance_s)


def test_a_zone_is_a_place_only_where_something_but_the_lens_speaks_for_it() -> None:
    assert odds().places(POLICY) == []
    hint = r.BleObservation(
        observation_id=uid(9), zone_id="stall-2", position_id="p-stall-2", t_ns=1, modality="ble",
        addresses=(r.AddressToken(scheme="sweep", key_id="0" * 8, tag="0" * 16, oui=None,
                                  is_locally_administered=True),),
        kind="camera_hint", company=None, rssi_dbm=None, adverts=3,
    )  # fmt: skip
    (whole,) = odds(hint).places(POLICY)
    assert (whole.observation_id, whole.share) == (None, POLICY.unpointed_share)
    both = odds(hint, lens(1, "stall-2"))
    spot, rest = both.places(POLICY)
    assert spot.observation_id == uid(1)
    (left,) = both.places(POLICY, looked={uid(1)})
    assert left.probability == pytest.approx(rest.probability - POLICY.pointed_share * spot.probability)
    assert both.places(POLICY, looked={uid(1), None}) == []


def judge(*observations: r.Observation, looks: tuple[r.EyeLook, ...] = ()) -> fusion.Judgement:
    return fusion.judge(
        SWEEP_ID, PLAN, POSITIONS, observations, measured(), weighers=WEIGHERS, words=WORDS,
        source="simulated", eye_looks=looks,
    )  # fmt: skip


def look(answer: r.EyeOutcome, number: int = 1, *, before: float = -4.5, **changes: Any) -> r.EyeLook:
    fields: dict[str, Any] = {
        "look_id": uid(100 + number), "zone_id": "stall-2", "observation_id": uid(1), "is_close": False, "x_m": 1.0,
        "y_m": 1.0, "radius_m": 0.3, "where": text("자리"), "answer": answer, "asked_ns": 1, "answered_ns": 2,
        "planned_s": 10.0, "seconds": 5.0, "prior_log10_odds": before,
        "posterior_log10_odds": after(before, answer, 0.46), "posterior_pointed_log10_odds": after(before, answer, 0.8),
    }  # fmt: skip
    return r.EyeLook(**fields | changes)


def test_an_eye_that_sees_nothing_lowers_what_is_said_and_ends_no_candidate() -> None:
    glint = lens(1, "stall-2", score=2.65)
    (before,) = judge(glint).findings
    for answer in ("nothing", "screw_or_reflection"):
        (found,) = judge(glint, looks=(look(answer), look(answer, 2, is_close=True))).findings
        assert found.stage == "first_look"
        assert found.posterior_log10_odds == pytest.approx(before.posterior_log10_odds + math.log10(0.54), abs=0.002)
        assert [e.code for e in found.evidence_against if e.about == uid(1)].count(f"{answer}_by_eye") == 1, "once"
    other = judge(glint, looks=(look("nothing", observation_id=uid(2)),)).findings
    assert other == (before,), "of another spot it says nothing"


@pytest.mark.parametrize(
    ("said", "is_raised"),
    [
        (("nothing",), False),
        (("not_answered",), False),
        (("hole",), True),
        (("hole", "nothing"), True),
        (("hole", "bottom_seen"), False),
        (("hole", "screw_or_reflection"), False),
        (("hole", "unsure"), True),
        (("hole", "not_answered"), True),
        (("camera_like",), True),
        (("unsure",), True),
    ],
)
def test_what_a_person_says_raises_a_candidate(said: tuple[r.EyeOutcome, ...], is_raised: bool) -> None:
    faint = lens(1, "stall-2", score=1.35)
    assert judge(faint).findings == ()
    words = tuple(look(answer, n, before=POLICY.unsure_from, is_close=n > 0) for n, answer in enumerate(said))
    assert raised_by_eye(words, POLICY) == ({"stall-2"} if is_raised else set())
    found = judge(faint, looks=words).findings
    assert [(one.zone_id, one.stage) for one in found] == ([("stall-2", "first_look")] if is_raised else [])
    assert not any(one.strength == "strong" for one in found)


def test_nobody_could_tell_is_weighed_and_asks_for_little() -> None:
    unlikely = look("unsure", before=POLICY.unsure_from - 0.01)
    assert raised_by_eye([unlikely], POLICY) == set()
    assert after(-4.0, "unsure", 0.8) == pytest.approx(-4.0 + HINT)
    assert after(-4.0, "nothing", 0.8) == pytest.approx(-4.0 + math.log10(0.2))
    assert after(-4.0, "not_answered", 0.8) == -4.0


def test_looks_are_counted_by_place_in_one_line() -> None:
    assert r.eye_looks_line([]) is None
    four = [look("screw_or_reflection", n, observation_id=uid(n)) for n in range(1, 4)]
    hole = [look("hole", 5, observation_id=uid(5)), look("not_answered", 6, observation_id=uid(5), is_close=True)]
    line = r.eye_looks_line([*four, *hole, look("not_answered", 7, observation_id=uid(7))])
    assert line is not None
    assert line.ko == "육안 살핌 4곳: 나사·반사 3, 구멍 1 · 눈으로 살펴보지 않은 곳 1"
    assert line.en == "Looked at by eye, 4: screw or reflection 3, hole 1; not looked at by eye, 1"
    missed = r.eye_looks_line([look("not_answered")])
    assert missed is not None
    assert missed.ko == "눈으로 살펴보지 않은 곳 1"

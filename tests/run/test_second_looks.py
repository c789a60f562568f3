"""Second looks: where a candidate sends the inspector, what is said there, and what the report makes of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sweep.cli.asking import ask_to_look_again
from sweep.judge.known import mark_named
from sweep.modality.control import Control
from sweep.modality.looks import LENS_LOOK_S, TRANSMITTER_LOOK_S, VIEW_S, Look, Looks, is_again_of, modality_of
from sweep.modality.measurement import Measurement
from sweep.modality.next_position import NextPosition
from sweep.report import LiveEvent, LookedAgain, Position, SecondLookEvent, derived_id
from sweep.run.plan.budget import BUDGET_S, Budget, Durations
from sweep.run.reporting.second_look_progress import SecondLookProgress
from sweep.run.reporting.second_looks import first_of, looked_again_of, looks_of, recorded_of
from sweep.sim.source import SimulatedSource, default_room
from tests.report_factory import make_glint, make_report, uid
from tests.run.test_live_sweep import Typed

REPORT = make_report()
(CANDIDATE,) = REPORT.findings
FIRST = next(one for one in REPORT.positions if one.position_id == "p2")


def looks() -> tuple[Look, ...]:
    return looks_of([CANDIDATE], REPORT.plan, REPORT.positions, REPORT.observations, ())


def place(look: Look, number: int) -> Position:
    view = look.views[number]
    return Position(
        position_id=look.position_id(view), zone_id=view.zone_id, x_m=view.x_m, y_m=view.y_m,
        facing_deg=view.facing_deg, start_ns=(10 + 10 * number) * 10**9, end_ns=(14 + 10 * number) * 10**9,
    )  # fmt: skip


def measured(position: Position, *, sees: bool, blind: str | None = None) -> Measurement:
    glint = make_glint(derived_id(REPORT.sweep_id, position.position_id), 3).model_copy(
        update={"position_id": position.position_id}
    )
    return Measurement(
        position.zone_id, position.position_id, "lens", 4.0, 30, 0, 0.2, blind, (glint,) if sees else (),
        crops={str(glint.observation_id): b"png"} if sees else {},
    )  # fmt: skip


def test_a_glint_is_looked_at_from_nearer_and_from_30_cm_to_either_side_of_there() -> None:
    (look,) = looks()
    spot, near = (look.x_m, look.y_m), look.views[0]
    assert [view.name for view in look.views] == ["near", "left", "right"]
    assert math.dist(spot, (near.x_m, near.y_m)) < math.dist(spot, (FIRST.x_m, FIRST.y_m))
    for view in look.views:
        towards = math.radians(view.facing_deg)
        reached = (view.x_m + view.range_m * math.cos(towards), view.y_m + view.range_m * math.sin(towards))  # type: ignore[operator]  # a view of a spot has a range
        assert math.dist(reached, spot) < 0.02, "each faces the spot"
        assert 0.0 < view.x_m < REPORT.plan.width_m
        assert 0.0 < view.y_m < REPORT.plan.depth_m
    left, right = look.views[1:]
    assert math.dist((left.x_m, left.y_m), (near.x_m, near.y_m)) == pytest.approx(0.3, abs=0.01)
    assert math.dist((left.x_m, left.y_m), (right.x_m, right.y_m)) == pytest.approx(0.6, abs=0.02)
    assert look.longest_s == LENS_LOOK_S == 40.0
    assert TRANSMITTER_LOOK_S == 120.0


def test_a_spot_in_a_corner_sends_nobody_through_the_wall() -> None:
    corner = CANDIDATE.model_copy(update={"x_m": 0.02, "y_m": 0.02})
    (look,) = looks_of([corner], REPORT.plan, REPORT.positions, REPORT.observations, ())
    assert all(view.x_m >= 0.1 and view.y_m >= 0.1 for view in look.views)


@pytest.mark.parametrize(
    ("sees", "blind", "by_eye", "outcome"),
    [
        (True, None, (), "stands"),
        (False, None, (), "gone"),
        (False, "too_few_triples", (), "not_done"),
        (True, None, ("stall-2",), "nothing_seen_by_eye"),
    ],
    ids=["seen again", "gone", "blind", "by eye"],
)
def test_what_became_of_a_second_look_is_said(
    sees: bool, blind: str | None, by_eye: tuple[str, ...], outcome: str
) -> None:
    (look,) = looks()
    positions = [*REPORT.positions, *(place(look, number) for number in range(3))]
    again = [measured(position, sees=sees, blind=blind) for position in positions[-3:]]
    first = Measurement("stall-2", "p2", "lens", 30.0, 30, 0, 0.2, None, (make_glint(uid(0x101), 2),))
    assert first_of([first, *again]) == [first]
    left = [CANDIDATE] if sees or blind else []
    (told,) = looked_again_of([CANDIDATE], left, positions, [first, *again], by_eye=by_eye)
    assert told.outcome == outcome
    assert told.reason == ("finished_early" if outcome == "not_done" else None)
    assert told.seconds == 24.0


def test_a_look_that_was_not_made_says_so_and_takes_no_time() -> None:
    (told,) = looked_again_of([CANDIDATE], [CANDIDATE], REPORT.positions, [], why_not="short_of_time")
    assert (told.outcome, told.reason, told.seconds) == ("not_done", "short_of_time", 0.0)


def test_what_a_recording_does_not_hold_is_asked_of_nobody() -> None:
    (look,) = looks()
    assert recorded_of([look], {"p2", "again-stall-1-near", "again-stall-2-light"}) == ()
    assert recorded_of([look], {"again-stall-2-near"}) == (look,)
    (told,) = looked_again_of([CANDIDATE], [CANDIDATE], REPORT.positions, [], why_not="recorded")
    assert (told.outcome, told.reason) == ("not_done", "recorded")
    assert told.text.ko.startswith("다시 보지 않음(녹화")


def test_positions_of_second_looks_are_told_by_their_ids() -> None:
    assert is_again_of("again-stall-2-near-2", "stall-2", "lens")
    assert not is_again_of("again-stall-2-near", "stall", "lens")
    assert not is_again_of("again-stall-2-light", "stall-2", "lens")
    assert modality_of("again-a-light") == "wifi"
    assert modality_of("again-a-left") == "lens"
    assert modality_of("at-again-a-left") is None


def events_of(steer: Callable[[Looks, Look], None]) -> list[SecondLookEvent]:
    events: list[LiveEvent] = []
    known = Looks()
    told = SecondLookProgress(known, events.append)
    (look,) = looks()
    known.offer([look])
    told.judged([measured(place(look, 0), sees=True)], ())
    steer(known, look)
    told.judged((), [looked("stands")])
    return [event for event in events if isinstance(event, SecondLookEvent)]


def looked(outcome: str) -> LookedAgain:
    (told,) = looked_again_of([CANDIDATE], [CANDIDATE], REPORT.positions, [])
    return LookedAgain.model_validate(told.model_dump() | {"outcome": outcome, "reason": None})


def test_the_phone_hears_of_each_step_and_what_came_of_it() -> None:
    def look_from_everywhere(known: Looks, look: Look) -> None:
        for view in look.views:
            known.begin(look)
            known.viewed(look, view)

    told = events_of(look_from_everywhere)
    assert [event.state for event in told] == ["asked", "looking", "looking", "looking", "stands"]
    assert [sum(view.is_done for view in event.views) for event in told] == [0, 0, 1, 2, 3]
    assert (told[0].from_x_m, told[0].from_y_m) == (FIRST.x_m, FIRST.y_m)


def test_a_person_who_saw_nothing_ends_the_look_in_two_taps_and_what_speaks_against_it_later_does_too() -> None:
    told = events_of(lambda known, look: bool(known.nothing_seen(look.finding_id)))  # type: ignore[arg-type]  # what it gives is of no use here
    assert [event.state for event in told] == ["asked", "nothing_seen_by_eye"]
    assert [event.state for event in events_of(lambda known, _: known.offer([]))] == ["asked", "not_needed"]
    assert not Looks().nothing_seen(uid(9))


def test_who_looked_by_eye_may_say_what_it_is_and_no_score_falls_for_it() -> None:
    told = events_of(lambda known, look: bool(known.explained(look.finding_id, "screw")))  # type: ignore[arg-type]  # what it gives is of no use here
    assert [event.state for event in told] == ["asked", "explained"]
    assert "나사" in told[-1].text.ko
    assert not Looks().explained(uid(9), "screw")
    (named,) = mark_named([CANDIDATE], {"stall-2": "screw"})
    assert named.explained is not None
    assert named.model_copy(update={"explained": None}) == CANDIDATE
    other = CANDIDATE.model_copy(update={"finding_id": uid(9), "zone_id": "stall-1"})
    assert [one.zone_id for one in mark_named([CANDIDATE, other], {"stall-2": "screw"})] == ["stall-1", "stall-2"]
    (looked,) = looked_again_of([CANDIDATE], [CANDIDATE], REPORT.positions, [], named={"stall-2": "screw"})
    assert (looked.outcome, looked.reason) == ("explained", "screw")


def test_the_inspector_is_led_from_view_to_view_and_stands_nowhere_else_meanwhile() -> None:
    control = Control(needs_persons=False)
    (look,) = looks()
    control.looks.offer([look])
    assert not control.look_again(uid(9), "lens")
    went: list[str] = []
    for _ in look.views:
        assert control.look_again(look.finding_id, "lens")
        here = control.next_position()
        assert here is not None
        assert here.again is not None
        found = control.looks.at(here.again)
        assert found is not None
        went.append(here.again)
        control.looks.viewed(*found)
    assert went == ["again-stall-2-near", "again-stall-2-left", "again-stall-2-right"]
    assert control.looks.at("again-stall-2-left-2") == (look, look.views[1])
    assert not control.look_again(look.finding_id, "lens")
    assert control.looks.pending == ()
    assert not control.walk(), "nobody stood at a place of the first look"


@pytest.mark.parametrize(
    ("lines", "names", "by_eye"),
    [
        (("\n", "\n", "\n"), ["near", "left", "right"], False),
        (("\n", "n\n"), ["near"], True),
        (("s\n",), [], False),
        (("",), [], False),
    ],
    ids=["all views", "by eye", "skipped", "end of input"],
)
def test_at_a_terminal_each_view_is_asked_for(lines: tuple[str, ...], names: list[str], by_eye: bool) -> None:
    control = Control()
    control.declare_empty(("A-1", "A-2"))
    (look,) = looks()
    control.looks.offer([look])
    went: list[NextPosition] = []
    for here in ask_to_look_again(control, ("A-1", "A-2"), Typed(*lines)):
        assert here.again is not None
        found = control.looks.at(here.again)
        assert found is not None
        control.looks.viewed(*found)
        went.append(here)
    assert [str(here.again).rpartition("-")[2] for here in went] == names
    assert bool(control.looks.by_eye) is by_eye


def test_time_for_second_looks_is_kept_from_the_light_and_whether_there_is_enough_is_told() -> None:
    usual = Durations(listen_s=20.0, light_s=114.0, ble_s=10.0, film_s=20.0, outside_s=20.0)
    budget = Budget("full", usual, 3, lambda: 0.0)
    free = budget.plan_position(3, is_first=True).light_s
    budget.hold(LENS_LOOK_S + TRANSMITTER_LOOK_S)
    held = budget.plan_position(3, is_first=True).light_s
    assert free is not None
    assert held is not None
    assert held < free
    assert budget.left_s == BUDGET_S["full"]
    assert budget.has_time(LENS_LOOK_S + TRANSMITTER_LOOK_S, 3)
    assert not budget.has_time(BUDGET_S["full"], 3)
    light_s = budget.look().light_s
    assert light_s is not None
    assert 57.0 <= light_s <= TRANSMITTER_LOOK_S - usual.listen_s
    late = Budget("full", usual, 3, iter([0.0, *[470.0] * 9]).__next__)
    assert late.look().light_s == 0.0


def test_the_simulated_inspector_goes_where_the_phone_leads() -> None:
    source = SimulatedSource(
        default_room(), seed=6, camera_zone="stall-2", probe_id="p", started=datetime(2026, 1, 1, tzinfo=UTC)
    )
    (look,) = looks()
    zoned = replace(look, views=tuple(replace(view, zone_id="stall-2") for view in look.views))
    made = source.again(zoned)
    assert [one.id for one in made] == ["again-stall-2-near", "again-stall-2-left", "again-stall-2-right"]
    assert all((one.end - one.start).total_seconds() == VIEW_S for one in made)
    assert made[0].start > source.manifest.positions[-1].end
    position = Position(
        position_id=made[1].id, zone_id="stall-2", x_m=made[1].x_m, y_m=made[1].y_m, facing_deg=made[1].facing_deg,
        start_ns=0, end_ns=1,
    )  # fmt: skip
    lens_source = source.sources(made[1], position)["lens"]
    assert lens_source.looks_from == (made[1].id, made[1].x_m, made[1].y_m, made[1].facing_deg)  # type: ignore[attr-defined]  # a source is an object to whoever does not open it

"""Looks by eye while a sweep goes on: asked in the zone, answered by whoever stands there, and never dropped in
silence.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sweep import report as r
from sweep.cli import build_app
from sweep.cli.asking import ask_to_look
from sweep.judge.eye_evidence import eye_evidence, raised_by_eye
from sweep.judge.eye_looks import EyeLookPolicy, load_policy
from sweep.judge.thresholds import load_weights
from sweep.modality.control import Control
from sweep.modality.eye_looks import LEAST_S, AskedLook, EyeLooks
from sweep.modality.measurement import Measurement
from sweep.run.modalities import SENSING_MODALITIES
from sweep.run.plan.eye_look_planner import Eye, EyeLookPlanner
from sweep.run.reporting.recorded_eye_looks import taken_up
from sweep.sim.source import SimulatedSource, default_room
from tests.judge.test_fusion import lens
from tests.report_factory import SWEEP_ID, make_report, uid
from tests.run.test_live_sweep import Typed

pytestmark = pytest.mark.usefixtures("forked_processes")
POLICY = load_policy()
CLI = CliRunner()
MANIFEST = SimulatedSource(default_room(), seed=1, camera_zone=None, probe_id="probe-1").manifest
ZONES = [zone.zone_id for zone in MANIFEST.plan.zones]
ANSWERS: tuple[r.EyeAnswer, ...] = get_args(r.EyeAnswer)


def position(number: int) -> r.Position:
    made = MANIFEST.positions[number]
    return r.Position(
        position_id=made.id, zone_id=made.zone, x_m=made.x_m, y_m=made.y_m, facing_deg=made.facing_deg,
        start_ns=number * 40 * 10**9, end_ns=(number * 40 + 30) * 10**9,
    )  # fmt: skip


def filmed(number: int, scores: Sequence[float]) -> Measurement:
    at = position(number)
    seen = tuple(
        lens(100 * number + n, at.zone_id, score, position_id=at.position_id, bearing_deg=10.0 * n)
        for n, score in enumerate(scores, start=1)
    )
    return Measurement(at.zone_id, at.position_id, "lens", 15.0, 60, 0, 0.9, None, seen)


def walked(
    rooms: Sequence[Sequence[float]],
    eye: Eye | None,
    *,
    has_time: Callable[[float], bool] = lambda _: True,
    policy: EyeLookPolicy = POLICY,
) -> tuple[list[Any], tuple[r.EyeLook, ...], EyeLookPlanner]:
    """A walk through zones that glint so: what was told live, and what the report has."""
    told: list[Any] = []
    looks = EyeLooks()
    planner = EyeLookPlanner(
        looks, policy, told.append, SWEEP_ID, SENSING_MODALITIES, None, now_ns=None, eye=eye, has_time=has_time
    )
    positions: list[r.Position] = []
    measurements: list[Measurement] = []
    for number, scores in enumerate(rooms):
        planner.leave()
        positions.append(position(number))
        measurements.append(filmed(number, scores))
        planner.stood(MANIFEST, positions, measurements, (), len(ZONES) - number - 1)
    planner.leave()
    return told, looks.made, planner


SAID = st.one_of(st.none(), st.tuples(st.sampled_from(ANSWERS), st.floats(LEAST_S, 17.0)))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.floats(1.3, 2.9), max_size=4), min_size=1, max_size=5),
    st.lists(SAID, max_size=12),
    st.sampled_from([0.0, 0.5, 1.0]),
)
def test_nothing_that_was_said_live_is_withdrawn_in_silence(
    rooms: list[list[float]], said: list[tuple[r.EyeAnswer, float] | None], control_share: float
) -> None:
    left = iter(said)

    def eye(look: AskedLook, _: float) -> tuple[r.EyeAnswer, float] | None:
        answer = next(left, None)
        return None if answer is None else (answer[0], min(answer[1], look.planned_s))

    told, made, planner = walked(rooms, eye, policy=POLICY.model_copy(update={"control_share": control_share}))
    asked = [one for one in told if isinstance(one, r.LookAskedEvent)]
    answered = [one for one in told if isinstance(one, r.LookAnsweredEvent)]
    assert [one.look_id for one in asked] == [one.look_id for one in made], "each that was asked stands in the report"
    assert sorted(one.look_id for one in answered) == sorted(one.look_id for one in asked), "each is answered once"
    by_id = {one.look_id: one for one in made}
    for event in answered:
        assert (by_id[event.look_id].answer, by_id[event.look_id].seconds) == (event.answer, event.seconds)
    for one in asked:
        place = by_id[one.look_id]
        assert (place.zone_id, place.is_close, place.planned_s) == (one.zone_id, one.is_close, one.longest_s)
    promised = {one.zone_id for one in answered if one.leads_to in {"candidate", "guide"}}
    assert promised <= {one.zone_id for one in made}
    raised = raised_by_eye(made, POLICY)
    assert promised <= raised, "what was promised as a place to inspect stays one"
    closer = [one for one in answered if one.leads_to == "close_look"]
    assert len(closer) == sum(one.is_close for one in made)
    assert sum(one.seconds for one in made) <= POLICY.budget_s + 0.1
    assert 0.0 <= planner.kept_s(len(ZONES)) <= POLICY.budget_s
    for zone in ZONES:
        assert sum(one.zone_id == zone and not one.is_close for one in made) <= POLICY.most_a_zone


def test_a_look_is_asked_before_the_next_zone_is_named() -> None:
    told, made, _ = walked([[2.65], [2.65]], lambda _, _share: ("screw_or_reflection", 6.0))
    assert [one.type for one in told] == ["look_asked", "look_answered"] * 2
    assert [one.zone_id for one in made] == ZONES[:2]
    first = made[0]
    assert first.asked_ns == position(0).end_ns
    assert first.answered_ns == first.asked_ns + 6 * 10**9
    assert first.posterior_pointed_log10_odds < first.posterior_log10_odds < first.prior_log10_odds
    assert first.observation_id == uid(1)
    assert first.where.ko == "1번 칸 뒷벽, 높이 모름, 오른쪽 모서리 옆"


def test_a_hole_is_looked_at_from_close_by_and_stays_a_place_unless_its_bottom_is_seen() -> None:
    cases: list[tuple[r.EyeAnswer, str | None]] = [
        ("bottom_seen", None),
        ("nothing", "candidate"),
        ("hole", "candidate"),
    ]
    for second, leads_to in cases:
        answers: list[tuple[r.EyeAnswer, float]] = [(second, 9.0), ("hole", 6.0)]
        told, made, _ = walked([[2.65]], lambda _, _share, answers=answers: answers.pop())  # type: ignore[misc]  # of this turn
        led = [one.leads_to for one in told if isinstance(one, r.LookAnsweredEvent)]
        assert led == ["close_look", leads_to]
        assert [one.is_close for one in made] == [False, True]
        assert raised_by_eye(made, POLICY) == ({ZONES[0]} if leads_to else set())


def test_like_a_camera_calls_the_colleague_at_once() -> None:
    told, _, _ = walked([[2.65]], lambda _, _share: ("camera_like", 4.0))
    assert told[-1].leads_to == "guide"
    assert "손대지 말고" in told[-1].text.ko


def test_without_time_nobody_is_asked() -> None:
    told, made, planner = walked([[2.65]], None, has_time=lambda _: False)
    assert (told, made, planner.kept_s(len(ZONES))) == ([], (), POLICY.budget_s)


def test_what_an_earlier_visit_explained_comes_after_what_is_not_known() -> None:
    glints = filmed(0, [2.75, 2.7])
    aside = (-40.0, 40.0)
    apart = [one.model_copy(update={"bearing_deg": deg}) for one, deg in zip(glints.observations, aside, strict=True)]
    here = replace(glints, observations=tuple(apart))

    def told(known: tuple[r.KnownThing, ...] = ()) -> list[Any]:
        events: list[Any] = []
        planner = EyeLookPlanner(EyeLooks(), POLICY, events.append, SWEEP_ID, SENSING_MODALITIES, None, now_ns=None)
        planner.stood(MANIFEST.model_copy(update={"known": known}), [position(0)], [here], (), 0)
        return events

    first, second = told()
    assert (first.is_known, second.is_known) == (False, False)
    known = r.KnownThing(
        zone_id=first.zone_id, x_m=first.x_m, y_m=first.y_m, radius_m=0.01, what=None, decided=r.utc_now()
    )
    marked = told((known,))
    assert [one.x_m for one in marked] == [second.x_m, first.x_m], "back in the order, and asked for all the same"
    assert [one.is_known for one in marked] == [False, True]


def asked(number: int, at_s: float = 0.0) -> AskedLook:
    return AskedLook(
        uid(number), "stall-1", uid(90), False, 0.0, 0.0, 0.3, r.LocalText(ko="자리", en="there"), None, False, False,
        10.0, -4.5, round(at_s * 1e9),
    )  # fmt: skip


def test_an_answer_sooner_than_a_look_takes_is_none() -> None:
    looks = EyeLooks()
    looks.ask(asked(1, 10.0))
    looks.ask(asked(2, 10.0))
    assert looks.answer(uid(1), "nothing", round(11.9e9)) == "too_quick"
    assert looks.answer(uid(1), "nothing", round(12.1e9)) == "taken"
    assert looks.answer(uid(1), "hole", round(20e9)) == "unknown", "said once"
    assert looks.answer(uid(2), "nothing", round(13e9)) == "too_quick", "an eye makes one look after the other"
    assert looks.answer(uid(3), "nothing", round(13e9)) == "unknown"
    assert [one.look_id for one in looks.pending] == [uid(2)]


def test_answers_may_come_from_any_thread_while_somebody_goes_on() -> None:
    heard: list[str] = []
    looks = EyeLooks()
    EyeLookPlanner(looks, POLICY, lambda e: heard.append(e.type), SWEEP_ID, SENSING_MODALITIES, None, now_ns=None)
    for number in range(20):
        looks.ask(asked(number))
    threads = [threading.Thread(target=looks.answer, args=(uid(n), "nothing", round((n + 1) * 5e9))) for n in range(20)]
    threads.append(threading.Thread(target=looks.leave, args=(round(200e9),)))
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    looks.leave(round(300e9))
    assert heard == ["look_answered"] * 20
    assert len(looks.made) == 20


def test_at_a_terminal_a_number_answers_and_nothing_else_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    clock = [0.0]
    control = Control(clock=lambda: clock[0], needs_persons=False)
    EyeLookPlanner(control.eye_looks, POLICY, lambda _: None, SWEEP_ID, SENSING_MODALITIES, None, now_ns=None)
    control.eye_looks.ask(asked(1))
    control.eye_looks.ask(asked(2))

    class Slow(Typed):
        def read_line(self, control: Control) -> str:
            clock[0] += 5.0
            return super().read_line(control)

    ask_to_look(control, Slow("1\n", "y\n"))
    assert [one.look_id for one in control.eye_looks.pending] == [uid(2)]
    control.eye_looks.leave(round(60e9))
    assert [one.answer for one in control.eye_looks.made] == ["screw_or_reflection", "not_answered"]
    assert "나사·반사" in capsys.readouterr().err


def test_a_simulated_sweep_looks_says_so_and_its_replay_says_the_same(tmp_path: Path) -> None:
    kept, out = tmp_path / "kept", tmp_path / "report.json"
    arguments = ["run", "--sim", "--quick", "--seed", "1", "--camera-in", "stall-3", "--camera-kind", "recorder_1mm"]
    done = CLI.invoke(
        build_app(["run"]),
        [*arguments, "--keep", str(kept), "--state", str(tmp_path / "state"), "--json", str(out)],
    )
    assert done.exit_code == 0, done.output
    report = r.parse_json(r.SweepReport, out.read_bytes())
    assert report.eye_looks
    said = " ".join(done.stderr.split())
    for one in report.eye_looks:
        assert one.where.en in said
    assert {one.zone_id for one in report.eye_looks} <= {zone.zone_id for zone in report.plan.zones}
    CLI.invoke(
        build_app(["replay"]),
        ["replay", str(kept), "--quiet", "--state", str(tmp_path / "other"), "--json", str(tmp_path / "again.json")],
    )
    again = r.parse_json(r.SweepReport, (tmp_path / "again.json").read_bytes())
    bare = [one.model_dump(exclude={"observation_id"}) for one in report.eye_looks]
    assert [one.model_dump(exclude={"observation_id"}) for one in again.eye_looks] == bare
    by_id = {o.observation_id: o for o in again.observations}
    before = {o.observation_id: o for o in report.observations}
    for old, new in zip(report.eye_looks, again.eye_looks, strict=True):
        if old.observation_id is not None:
            assert new.observation_id is not None
            ours, theirs = before[old.observation_id], by_id[new.observation_id]
            assert isinstance(ours, r.LensObservation)
            assert isinstance(theirs, r.LensObservation)
            assert (ours.position_id, ours.score) == (theirs.position_id, theirs.score)


def test_a_report_from_before_looks_is_read_and_has_none() -> None:
    bare = json.loads(r.to_json(make_report()))
    del bare["eye_looks"]
    assert r.parse_json(r.SweepReport, json.dumps(bare).encode()).eye_looks == ()


def test_a_look_at_what_a_replay_has_not_seen_yet_is_not_judged() -> None:
    _, made, _ = walked([[2.65]], lambda _, _share: ("hole", 6.0))
    kept = MANIFEST.model_copy(update={"eye_looks": made[:1]})
    assert taken_up(kept, SWEEP_ID, (), is_sure=True) == ()
    assert [one.observation_id for one in taken_up(kept, SWEEP_ID, ())] == [None]
    ours = filmed(0, [2.65]).observations
    assert taken_up(kept, SWEEP_ID, ours, is_sure=True) == made[:1]


def controlled(answer: r.EyeAnswer = "nothing") -> tuple[list[Any], tuple[r.EyeLook, ...]]:
    told: list[Any] = []
    looks = EyeLooks()
    planner = EyeLookPlanner(
        looks, POLICY.model_copy(update={"control_share": 1.0}), told.append, SWEEP_ID, SENSING_MODALITIES, None,
        now_ns=None, eye=lambda look, _: (answer if look.is_control else "screw_or_reflection", 5.0),
    )  # fmt: skip
    planner.stood(MANIFEST, [position(0)], [filmed(0, [2.65])], (), 0)
    return told, looks.made


def test_now_and_then_an_eye_is_sent_where_nothing_shone_and_nobody_can_tell() -> None:
    told, made = controlled()
    real, control = (one for one in told if isinstance(one, r.LookAskedEvent))
    assert [one.is_control for one in made] == [False, True]
    assert set(real.model_dump()) == set(control.model_dump())
    assert (control.is_pointed, control.is_close, control.longest_s) == (True, False, real.longest_s)
    assert control.bearing_deg is not None and real.bearing_deg is not None
    assert abs(control.bearing_deg - real.bearing_deg) > 20.0
    assert control.where.ko.startswith("1번 칸 ") and "높이 모름" in control.where.ko, (
        "as little is known as of the other"
    )
    assert (control.range_m is None, control.elevation_deg) == (real.range_m is None, real.elevation_deg)
    assert controlled() == (told, made), "the same sweep asks the same"
    zone = MANIFEST.plan.zones[0]
    assert eye_evidence(made[1:], zone.zone_id, (), load_weights()) == [], "it speaks of the eye alone"
    assert raised_by_eye(controlled("unsure")[1], POLICY) == frozenset()
    assert raised_by_eye(controlled("camera_like")[1], POLICY) == {zone.zone_id}, "unless there is something"
    assert r.last_words(made) == list(made), "and is no word about the zone"


def test_without_a_share_nobody_is_sent_anywhere_else() -> None:
    _, made, _ = walked([[2.65]] * 3, lambda _, _share: ("nothing", 5.0))
    assert len(made) >= 3
    assert sum(one.is_control for one in made) <= 1, "one in twenty"

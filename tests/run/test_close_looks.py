"""Close looks of the probe: where an eye could not tell the spot is filmed from 20 to 40 cm, and `near` leads there."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from sweep import report as r
from sweep.cli.asking import look_here
from sweep.deliver.outbox import Outbox
from sweep.judge import fusion
from sweep.judge.eye_looks import load_policy
from sweep.judge.thresholds import load_weights
from sweep.lens.camera.exposure import exposure_at
from sweep.lens.clip.clips import ClipMeta
from sweep.lens.live.position_line import is_pointed_at
from sweep.lens.live.session import strobe_for
from sweep.modality.addresses import AddressKey
from sweep.modality.control import Control
from sweep.modality.eye_looks import AskedLook
from sweep.modality.looks import (
    CLOSE_M,
    CLOSE_S,
    POINTED_DEG,
    CloseLook,
    SeenFrom,
    close_id_of,
    is_again,
    is_again_of,
    is_close,
    modality_of,
)
from sweep.modality.next_position import NextPosition, closer_by
from sweep.modality.strobe import SHORT_EVERY, SHORTEST_S
from sweep.modality.weights import Weights
from sweep.run.modalities import SENSING_MODALITIES, vocabulary_of
from sweep.run.plan.budget import PositionPlan
from sweep.run.plan.eye_look_planner import EyeLookPlanner, close_look
from sweep.run.position.tasks import PositionTasks
from sweep.run.runner import Runner
from sweep.run.sweep_sources import LiveSource
from sweep.sim.source import SimulatedSource, default_room
from tests.entry_factory import signer
from tests.judge.test_fusion import PLAN, POSITIONS, lens, measured
from tests.report_factory import SWEEP_ID, uid
from tests.run.test_eye_looks import asked
from tests.run.test_live_sweep import Typed

LOOK_ID = UUID("01a22f58-9f92-7127-8fa1-39a05f43a26e")
STOOD = SeenFrom("p3", 2.5, 1.2, 270.0, (129.0, 104.0))
CLOSE = CloseLook("close-stall-3-39a05f43a26e", "stall-3", 2.5, 0.3, 270.0, STOOD)


@pytest.mark.parametrize("zone_id", ["stall-3", "close-by", "a" * 60])
def test_a_close_look_is_no_second_look_and_the_lens_alone_makes_it(zone_id: str) -> None:
    name = close_id_of(zone_id, LOOK_ID)
    assert is_close(name)
    assert is_again(name), "and none of the first"
    assert modality_of(name) == "lens"
    assert not is_again_of(name, zone_id, "lens")
    assert len(name) <= 60
    assert not is_close("at-stall-3")
    assert not is_close("again-stall-3-near")


def test_the_probe_is_held_on_the_way_to_the_spot() -> None:
    look = AskedLook(
        uid(1), "stall-3", uid(9), True, 2.5, 0.1, 0.3, r.LocalText(ko="자리", en="there"), None, False, False, 9.0,
        -4.5, 0, STOOD,
    )  # fmt: skip
    made = close_look(look, STOOD, LOOK_ID)
    assert math.dist((made.x_m, made.y_m), (look.x_m, look.y_m)) == pytest.approx(CLOSE_M)
    assert (made.x_m, made.facing_deg) == (2.5, 270.0)
    near = SeenFrom("p3", 2.5, 0.3, 90.0, None)
    stays = close_look(look, near, LOOK_ID)
    assert (stays.x_m, stays.y_m) == (near.x_m, near.y_m), "who stands nearer goes no farther"


def test_it_is_filmed_where_the_inspector_stands_and_not_after_going_on_or_a_pause() -> None:
    control = Control(needs_persons=False)
    control.look_closely(CLOSE)
    assert control.next_position() == closer_by(CLOSE)
    assert not control.walk(), "nobody stood at a place of the first look"
    elsewhere = NextPosition("stall-1", 0.5, 0.5, 0.0)
    for _ in range(2):
        control.look_closely(CLOSE)
    control.go_to(elsewhere)
    assert control.next_position() == elsewhere
    assert control.take_close_look() is None, "it belongs to where somebody stood"
    control.look_closely(CLOSE)
    assert control.is_to_look_closely
    control.pause()
    assert control.take_close_look() is None


def meta_of(exposure_s: float) -> ClipMeta:
    return ClipMeta.model_validate_json(
        (Path(__file__).parents[2] / "sweep/sim/recorded/p1/lens/p1-a/meta.json").read_text(encoding="utf-8")
    ).model_copy(update={"exposure_s": exposure_s})


def test_short_exposures_leave_no_group_out() -> None:
    assert strobe_for(meta_of(1e-3), CLOSE_S, ()).short_every == SHORT_EVERY
    assert strobe_for(meta_of(1.5 * SHORTEST_S), CLOSE_S, ()).short_every == 0


def test_only_what_is_pointed_at_counts() -> None:
    meta = meta_of(1e-4)
    x, y = meta.principal_point
    aside = meta.focal_px * math.tan(math.radians(POINTED_DEG))
    assert is_pointed_at(x, y, meta)
    assert is_pointed_at(x + 0.9 * aside, y, meta)
    assert not is_pointed_at(x, y - 1.2 * aside, meta)


def eye_look(number: int) -> r.EyeLook:
    one = asked(number)
    return r.EyeLook(
        look_id=LOOK_ID, zone_id="stall-2", observation_id=uid(1), is_close=True, x_m=one.x_m, y_m=one.y_m,
        radius_m=one.radius_m, where=one.where, answer="unsure", asked_ns=1, answered_ns=2, planned_s=7.0, seconds=5.0,
        prior_log10_odds=-4.5, posterior_log10_odds=-4.2, posterior_pointed_log10_odds=-4.2,
    )  # fmt: skip


def judged(weights: Weights, *, sees: bool = True) -> fusion.Judgement:
    name = close_id_of("stall-2", LOOK_ID)
    close = r.Position(
        position_id=name, zone_id="stall-2", x_m=2.0, y_m=0.6, facing_deg=270.0, start_ns=2, end_ns=3
    )  # fmt: skip
    seen = [lens(10, "stall-2", score=2.4, position_id=name)] if sees else []
    return fusion.judge(
        SWEEP_ID, PLAN, (*POSITIONS, close), [lens(1, "stall-2"), *seen], measured(),
        weighers={one.name: one.weigher for one in SENSING_MODALITIES}, words=vocabulary_of(SENSING_MODALITIES),
        source="simulated", again={("lens", name)}, eye_looks=[eye_look(1)], weights=weights,
    )  # fmt: skip


def weighing(log10: float) -> Weights:
    shipped = load_weights()
    table = shipped.tables["glint_close"]
    changed = tuple(one.model_copy(update={"log10": log10, "low": log10, "high": log10}) for one in table.weights)
    tables = shipped.tables | {"glint_close": table.model_copy(update={"weights": changed})}
    return shipped.model_copy(update={"tables": tables})


def test_what_was_not_shown_to_tell_anything_weighs_nothing_and_a_district_may_measure_it() -> None:
    shipped = load_weights()
    older = shipped.model_copy(update={"tables": {k: v for k, v in shipped.tables.items() if k != "glint_close"}})
    (before,) = judged(older).findings
    for weights in (shipped, weighing(0.0)):
        (plain,) = judged(weights).findings
        assert plain == before
        assert "glint_close" not in {e.code for e in (*plain.evidence_for, *plain.evidence_against)}
    (measured_,) = judged(weighing(0.4)).findings
    said = next(e for e in measured_.evidence_for if e.code == "glint_close")
    assert (said.observation_id, said.about, said.weight_log10) == (uid(10), uid(1), 0.4)
    assert measured_.stage == "first_look", "it is no second look"
    assert measured_.posterior_log10_odds == pytest.approx(before.posterior_log10_odds + 0.4)
    (silent,) = judged(weighing(0.4), sees=False).findings
    assert silent.posterior_log10_odds == before.posterior_log10_odds, "nobody knows what it pointed at"


def hole_first(look: AskedLook, _share: float) -> tuple[r.EyeAnswer, float]:
    if look.is_control:
        return "nothing", 7.0
    return ("unsure" if look.is_close else "hole"), 7.0


@pytest.fixture(scope="module")
def sweep_with_a_hole(tmp_path_factory: pytest.TempPathFactory) -> tuple[r.SweepReport, list[r.LiveEvent]]:
    events: list[r.LiveEvent] = []
    source = SimulatedSource(
        default_room(), seed=1, camera_zone="stall-3", camera_kind="recorder_1mm", probe_id="probe-1", mode="quick"
    )
    with Outbox(tmp_path_factory.mktemp("close"), signer("demo"), tenant="demo-gu", subject="probe-1") as outbox:
        result = Runner(
            source, outbox, room_key=AddressKey("room", b"r" * 32), control=Control(needs_persons=False),
            on_event=events.append, eye=hole_first,
        ).run()  # fmt: skip
    return result.report, events


def lens_leads(events: list[r.LiveEvent]) -> list[tuple[float, float]]:
    """Where the picture's candidate was told to lie: to the right and up, degrees."""
    near = (thing for one in events if isinstance(one, r.NearEvent) for thing in one.things)
    return [
        (thing.right_deg, thing.up_deg)
        for thing in near
        if thing.modality == "lens" and thing.right_deg is not None and thing.up_deg is not None
    ]


def test_near_leads_from_the_glint_to_the_middle_of_the_picture(
    sweep_with_a_hole: tuple[r.SweepReport, list[r.LiveEvent]],
) -> None:
    report, events = sweep_with_a_hole
    (close,) = (one for one in report.positions if is_close(one.position_id))
    look = next(one for one in report.eye_looks if one.is_close)
    assert close.position_id == close_id_of(look.zone_id, look.look_id)
    first = next(one for one in report.observations if one.observation_id == look.observation_id)
    assert isinstance(first, r.LensObservation)
    assert first.bearing_deg is not None
    assert [one for one in report.observations if one.position_id == close.position_id], "it shows from close by"
    asked_at = next(n for n, one in enumerate(events) if isinstance(one, r.LookAskedEvent) and one.is_close)
    over = next(
        n for n, one in enumerate(events) if n > asked_at and isinstance(one, r.ProgressEvent) and one.zone_id is None
    )
    begun = next(n for n, one in enumerate(events) if n > asked_at and isinstance(one, r.ProgressEvent))
    before, here = lens_leads(events[:asked_at]), lens_leads(events[begun:])
    assert over > asked_at
    assert before[-1][0] == pytest.approx(first.bearing_deg, abs=0.2), "from where it was seen first"
    assert math.hypot(*here[0]) < math.hypot(*before[-1]), "half the way there it is nearer the middle"
    assert any(math.hypot(*one) <= 1.0 for one in here), "and in the end in the middle"


def test_it_costs_what_a_close_look_costs_and_raises_nothing_by_itself(
    sweep_with_a_hole: tuple[r.SweepReport, list[r.LiveEvent]],
) -> None:
    report, events = sweep_with_a_hole
    glance, close = (one for one in report.eye_looks if one.observation_id is not None)
    assert glance.seconds + close.planned_s == pytest.approx(17.0)
    at = next(one for one in report.positions if is_close(one.position_id))
    assert (at.end_ns - at.start_ns) / 1e9 <= close.planned_s, "within the seconds of the look by eye"
    codes = {e.code for one in report.findings for e in (*one.evidence_for, *one.evidence_against)}
    assert "glint_close" not in codes
    told = [one for one in events if isinstance(one, r.ProgressEvent)]
    assert len({one.positions for one in told}) == 1, "no further position of the sweep"


def test_at_a_terminal_the_probe_films_before_the_eye_is_asked_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    control = Control(needs_persons=False)
    glance = asked(1)
    closer = replace(asked(2), look_id=LOOK_ID, zone_id="stall-3", is_close=True)
    EyeLookPlanner(control.eye_looks, load_policy(), lambda _: None, SWEEP_ID, SENSING_MODALITIES, None, now_ns=None)
    control.eye_looks.ask(glance)
    here = look_here(control, Typed("\n", "\n"))
    control.eye_looks.ask(closer)
    control.look_closely(CLOSE)
    assert next(here) == closer_by(CLOSE)
    said = capsys.readouterr().err
    assert "20~40 cm" in said
    assert "Enter" not in said, "nobody was asked anything yet"
    assert list(here) == []
    assert capsys.readouterr().err.count("Enter") == 2


def test_live_the_lens_alone_films_with_the_exposure_of_that_distance() -> None:
    source = LiveSource(
        default_room(), inspectors=("A-1", "A-2"), probe_id="probe-1", dwell_s=20.0, positions=[closer_by(CLOSE)] * 2,
        sources={"lens": "camera", "wifi": "adapter"},
    )  # fmt: skip
    recorded, once_more = source.positions()
    assert isinstance(recorded, r.RecordedPosition)
    assert isinstance(once_more, r.RecordedPosition)
    assert (recorded.id, once_more.id) == (CLOSE.position_id, f"{CLOSE.position_id}-2")
    assert is_close(once_more.id)
    assert (recorded.end - recorded.start).total_seconds() == CLOSE_S
    key = AddressKey("room", b"r" * 32)
    tasks = PositionTasks(source, SENSING_MODALITIES, SWEEP_ID, key, key, lambda: 0)
    made = tasks.inside(recorded, tasks.position(recorded), None, {}, PositionPlan(None))
    assert list(made) == ["lens"]
    assert (made["lens"].range_m, made["lens"].dwell_s) == (CLOSE_M, CLOSE_S)
    assert exposure_at(CLOSE_M, 1e-3) == pytest.approx(9e-5), "hardly longer than the head's shortest pulse"

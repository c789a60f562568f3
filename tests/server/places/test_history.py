"""What earlier visits found out: marked and never lowered, by device or by place, and only while it is the same."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from server.places.history import Visit, known_of, known_things, seen_by_eye
from sweep.judge.known import mark_known
from sweep.report import SEEN_AS, Disposition, EyeLook, KnownThing, LookedAgain, SweepReport
from sweep.report.case_records import CameraFound, CaseStep, NotCamera, Step
from tests.report_factory import START, clock, make_report, text, uid
from tests.server.conftest import Site
from tests.server.standing.steps import states_after
from tests.server.sweep_kit import DEMO_ROOM, Probe, desk

EARLIER = make_report(START - timedelta(days=90))
(BEFORE,) = EARLIER.findings
NOW = make_report()
(FINDING,) = NOW.findings


def decided(verdict: str) -> Disposition:
    return Disposition.model_validate(
        {
            "v": 1, "finding_id": BEFORE.finding_id, "sweep_id": EARLIER.sweep_id, "verdict": verdict,
            "note": text("소켓 나사", "A screw of the socket"), "decided": clock(start=START - timedelta(days=89)),
        }
    )  # fmt: skip


def visit(*dispositions: Disposition) -> Visit:
    return Visit(uid(7), EARLIER, dispositions, states=states_after(dispositions))


def moved(x_m: float) -> SweepReport:
    return NOW.model_copy(update={"findings": (FINDING.model_copy(update={"x_m": x_m, "radius_m": 0.3}),)})


def test_a_known_screw_is_named_with_who_said_so() -> None:
    (known,) = known_of(NOW, [visit(decided("no_camera"))])
    assert (known.finding_id, known.sweep_id, known.by) == (FINDING.finding_id, uid(7), "place")
    assert known.note == text("소켓 나사", "A screw of the socket")


@pytest.mark.parametrize("verdict", ["camera_found", "cannot_exclude", "recheck"])
def test_what_was_not_cleared_explains_nothing(verdict: str) -> None:
    assert known_of(NOW, [visit(decided(verdict))]) == []
    assert known_of(NOW, [visit(decided("no_camera"), decided(verdict))]) == [], "the last word counts"
    assert known_of(NOW, [visit(decided(verdict)), visit(decided("no_camera"))]) == [], "and the last visit"


def test_what_is_new_beside_it_stands_out() -> None:
    assert known_of(moved(FINDING.x_m + 0.6), [visit(decided("no_camera"))]) == []
    assert len(known_of(moved(FINDING.x_m + 0.2), [visit(decided("no_camera"))])) == 1


def step(what: Step, days: float) -> CaseStep:
    when = clock(start=START + timedelta(days=days))
    return CaseStep(v=1, case_id=uid(9), finding_id=BEFORE.finding_id, step=what, decided=when)


def explained(reopens: float) -> NotCamera:
    day = (START + timedelta(days=reopens)).date()
    return NotCamera(step="not_camera", second_person="점검자-02", what="매장 CCTV", reopens=day)


def test_what_two_persons_wrote_into_the_case_explains_it_until_that_opens_again() -> None:
    def known(*steps: CaseStep, verdicts: tuple[str, ...] = ()) -> list[str]:
        said = tuple(decided(verdict) for verdict in verdicts)
        earlier = Visit(uid(7), EARLIER, said, steps, states_after(said, steps))
        return [one.note.ko for one in known_of(NOW, [earlier]) if one.note is not None]

    said = step(explained(300), -80)
    assert known(said) == ["매장 CCTV"]
    assert known(said, verdicts=("cannot_exclude",)) == ["매장 CCTV"], "the later word counts"
    assert known(step(explained(300), -95), verdicts=("cannot_exclude",)) == []
    assert known(step(explained(0), -80)) == [], "the case is open again by now"
    camera = CameraFound(step="camera", second_person="점검자-02", was_touched=False)
    assert known(said, step(camera, -70)) == []


def test_what_was_named_by_eye_at_a_second_look_is_remembered_until_a_later_word() -> None:
    look = LookedAgain(
        finding_id=EARLIER.findings[0].finding_id, zone_id=EARLIER.findings[0].zone_id, kind="lens",
        outcome="explained", reason="screw", seconds=0.0, text=SEEN_AS["screw"],
    )  # fmt: skip
    earlier = EARLIER.model_copy(update={"looked_again": (look,)})
    (one,) = known_of(NOW, [Visit(uid(7), earlier, ())])
    assert one.note == SEEN_AS["screw"]
    assert known_of(NOW, [dataclasses.replace(visit(decided("cannot_exclude")), report=earlier)]) == []
    of_before = look.model_copy(update={"reason": None})
    assert known_of(NOW, [Visit(uid(7), EARLIER.model_copy(update={"looked_again": (of_before,)}), ())]) == []


def test_what_is_explained_is_as_grave_as_ever() -> None:
    before = NOW.model_dump_json()
    known_of(NOW, [visit(decided("no_camera"))])
    assert NOW.model_dump_json() == before


def test_a_probe_is_told_what_earlier_live_visits_explained(site: Site) -> None:
    probe, person = Probe("live probe", "live", probe_id="probe-1"), desk(source="live")
    site.admit(probe.signer, "probe", probe_id="probe-1")
    site.admit(person.signer, "server", probe_id=None)

    def known() -> tuple[KnownThing, ...]:
        with site.db.read() as connection:
            return known_things(connection, DEMO_ROOM, START + timedelta(days=400))

    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        assert site.send(wire).status_code == 200
    assert known() == (), "nobody decided anything"
    assert site.send(person.disposition(sweep_id, "no_camera")).status_code == 200
    (one,) = known()
    assert (one.zone_id, one.x_m, one.y_m) == (FINDING.zone_id, FINDING.x_m, FINDING.y_m)
    assert site.send(person.disposition(sweep_id, "cannot_exclude", 40)).status_code == 200
    assert known() == (), "the last word counts"
    other = desk("another", "live", "점검자-02")
    site.admit(other.signer, "server", probe_id=None)
    assert site.send(other.disposition(sweep_id, "no_camera", 50)).status_code == 200
    assert known() == (), "and one person's does not outvote another's doubt"
    assert site.send(person.disposition(sweep_id, "no_camera", 60)).status_code == 200
    assert len(known()) == 1


def looked(
    days: float, answer: str, *, inspectors: tuple[str, ...], is_known: bool = False, **spot: float
) -> SweepReport:
    look = EyeLook.model_validate(
        {
            "look_id": uid(400), "zone_id": "stall-2", "observation_id": uid(1), "is_close": False, "x_m": 1.0,
            "y_m": 0.1, "radius_m": 0.3, "where": text("자리", "there"), "is_known": is_known, "answer": answer,
            "asked_ns": 1, "answered_ns": 2, "planned_s": 10.0, "seconds": 5.0, "prior_log10_odds": -4.0,
            "posterior_log10_odds": -4.3,
            "posterior_pointed_log10_odds": -4.7,
            "spot": {"corner": 0, "along_m": 0.4, "width_m": 1.0, "height_m": 2.4, "up_m": spot.get("up_m")},
        }
    )  # fmt: skip
    made = make_report(START + timedelta(days=days))
    return made.model_copy(update={"eye_looks": (look,), "findings": (), "inspectors": inspectors})


def test_an_eye_that_saw_a_screw_is_remembered_for_half_a_year_which_repetition_makes_no_longer() -> None:
    two, others = ("점검자-01", "점검자-02"), ("점검자-03", "점검자-04")
    screw = "screw_or_reflection"

    def known(days: float, *reports: SweepReport) -> list[KnownThing]:
        return seen_by_eye(reports, (START + timedelta(days=days)).date())

    first = looked(0, screw, inspectors=two)
    (one,) = known(181, first)
    assert (one.is_look, one.x_m, one.decided) == (True, 1.0, first.started.utc)
    assert known(183, first) == []
    again = looked(150, screw, inspectors=two, is_known=True)
    assert known(183, first, again) == [], "repetition names nothing"
    assert known(160, again) == [], "and what was named before nobody knows when begins nothing"
    assert known(191, first, looked(190, screw, inspectors=two)) == [], "the same two say nothing new"
    assert len(known(191, first, looked(190, screw, inspectors=(two[0], others[0])))) == 1
    assert known(191, first, looked(150, screw, inspectors=others), looked(190, screw, inspectors=others)) == []
    for change in ("hole", "unsure", "nothing", "camera_like", "bottom_seen"):
        assert known(30, first, looked(20, change, inspectors=two)) == [], "any change ends it"
    assert len(known(30, first, looked(20, "not_answered", inspectors=two))) == 1, "nobody looked: nothing changed"
    assert len(known(30, first, looked(20, screw, inspectors=two, up_m=2.0))) == 1
    high, low = looked(0, screw, inspectors=two, up_m=0.4), looked(20, "hole", inspectors=two, up_m=1.9)
    assert len(known(30, high, low)) == 1, "what shines a metre and a half above it is something else"
    found = first.model_copy(update={"findings": (FINDING.model_copy(update={"x_m": 1.0, "y_m": 0.1}),)})
    assert known(30, first, found.model_copy(update={"eye_looks": ()})) == []


def test_what_one_eye_saw_explains_no_finding() -> None:
    here = {"zone_id": FINDING.zone_id, "x_m": FINDING.x_m, "y_m": FINDING.y_m, "radius_m": FINDING.radius_m}
    known = KnownThing.model_validate(here | {"what": None, "decided": START, "is_look": True})
    assert mark_known((FINDING,), (), (known,)) == (FINDING,)

"""Practice: what was hidden is told after the sweep only, counted honestly, and shown to nobody but who practised."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from server.interface.fields import Role
from server.interface.practice_requests import Hidden, PracticeLook
from server.places.practice import LENS_EVERY_MS, found_by_looks, found_of, seen_of
from server.places.sweeps import own_controls
from server.standing.periods import wilson
from server.store.clock import now_ms
from server.store.counting import CASE_COUNTS, SWEEP_COUNTS
from server.store.schema import audit, cases, entries, facilities, practice_runs, rooms, sweeps, users
from sweep.report import EyeAnswer, EyeLook, Finding, Source, SweepReport, eye_looks_line
from tests.report_factory import make_report, text, uid
from tests.server.conftest import Site
from tests.server.sweep_kit import DEMO_ROOM, Probe

REPORT = make_report()
(FINDING,) = REPORT.findings
LENS_2, LENS_1 = Hidden(zone_id="stall-2", kind="lens"), Hidden(zone_id="stall-1", kind="lens")
RADIO_2 = Hidden(zone_id="stall-2", kind="transmitter")
HIDDEN = [{"zone_id": "stall-2", "kind": "lens"}, {"zone_id": "stall-1", "kind": "transmitter"}]
RUN = "/api/practice"


def with_findings(*findings: Finding) -> SweepReport:
    return REPORT.model_copy(update={"findings": findings})


@pytest.mark.parametrize(
    ("hidden", "dismissed", "expected"),
    [
        ([LENS_2], [], ([True], 0)),
        ([LENS_1], [], ([False], 1)),
        ([LENS_2, RADIO_2], [], ([True, False], 0)),  # a glint is no transmitter
        ([LENS_2], [FINDING.finding_id], ([False], 0)),  # the inspector said that it is none
    ],
)
def test_what_counts_as_found(hidden: list[Hidden], dismissed: list[UUID], expected: tuple[list[bool], int]) -> None:
    assert found_of(hidden, REPORT, dismissed) == expected


def test_a_place_that_only_asks_for_a_second_look_is_not_found() -> None:
    candidate = FINDING.model_copy(update={"stage": "first_look"})
    assert found_of([LENS_2], with_findings(candidate), []) == ([False], 0)


def test_an_eye_saw_a_hidden_lens_where_it_said_that_something_is_there() -> None:
    def said(zone_id: str, *answers: EyeAnswer, is_control: bool = False) -> tuple[EyeLook, ...]:
        bare = {"observation_id": None, "is_close": False, "x_m": 1.0, "y_m": 1.0, "radius_m": 0.3,
                "where": text("자리", "there"), "asked_ns": 1, "answered_ns": 2, "planned_s": 10.0, "seconds": 5.0,
                "prior_log10_odds": -4.0, "posterior_log10_odds": -4.0,
                "posterior_pointed_log10_odds": -4.0}  # fmt: skip
        return tuple(
            EyeLook.model_validate(
                bare | {"look_id": uid(800 + n), "zone_id": zone_id, "answer": answer, "is_control": is_control}
            )
            for n, answer in enumerate(answers)
        )

    def seen(*looks: EyeLook) -> tuple[int, int]:
        return seen_of([LENS_1, LENS_2, RADIO_2], REPORT.model_copy(update={"eye_looks": looks}))

    assert seen() == (0, 0), "nobody was asked to look there"
    assert seen(*said("stall-2", "nothing")) == (1, 0)
    assert seen(*said("stall-2", "hole", "camera_like"), *said("stall-1", "screw_or_reflection")) == (2, 1)
    assert seen(*said("stall-2", "camera_like", is_control=True)) == (0, 0)


@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(0, 1, 0.0, 0.7301), (5, 10, 0.2693, 0.7307), (5, 5, 0.6489, 1.0)],  # z²/(n+z²) at the ends; worked out by hand
)
def test_the_interval_of_a_share(hits: int, total: int, low: float, high: float) -> None:
    assert wilson(hits, total) == pytest.approx((low, high), abs=5e-4)


def test_the_ends_are_where_the_score_test_turns() -> None:
    for share in wilson(9, 10):  # Wilson 1927: |0.9 - p| = z sqrt(p (1-p) / n)
        assert abs(0.9 - share) == pytest.approx(1.6448536 * math.sqrt(share * (1 - share) / 10))


def swept(site: Site, name: str = "practice", **probe: Any) -> UUID:
    """A sweep of the room, a simulation unless told otherwise, which finds its lens in stall 2; 점검자-01 and 점검자-02
    made it.
    """
    made = Probe(name, start=datetime.now(UTC), **probe)
    site.admit(made.signer, "probe" if made.source in {"live", "practice"} else "demo", probe_id=made.probe_id)
    sweep_id, *wires = made.whole_sweep()
    assert [site.send(wire).status_code for wire in wires] == [200, 200]
    return sweep_id


def hide(client: Any) -> str:
    answer = client.post(RUN, {"room_id": str(DEMO_ROOM), "hidden": HIDDEN})
    assert answer.status_code == 201, answer.text
    (run, *_) = answer.json()["runs"]
    assert (run["count"], run["things"], run["is_compared"]) == (2, [], False), "where it is stays untold"
    assert "stall" not in answer.text
    found: str = run["run_id"]
    return found


def test_a_practice_from_hiding_to_the_rate(site: Site) -> None:
    inspector = site.login("inspector", "점검자-01")
    run = hide(inspector)
    sweep_id = swept(site)
    told = inspector.post(f"{RUN}/{run}/sweep", {"sweep_id": str(sweep_id)})
    assert told.status_code == 200, told.text
    (made,) = told.json()["runs"]
    assert [(one["zone"]["en"], one["kind"], one["is_found"]) for one in made["things"]] == [
        ("Stall 2", "lens", True),
        ("Stall 1", "transmitter", False),
    ]
    assert results_of(told) == {"probe": ({"lens": (1, 1), "transmitter": (0, 1)}, 0, 1)}
    assert inspector.get(RUN).json() == told.json()
    again = inspector.post(f"{RUN}/{run}/sweep", {"sweep_id": str(sweep_id)})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "compared")
    gone = inspector.http.delete(f"{RUN}/{run}", headers={"X-CSRF-Token": inspector.csrf})
    assert (gone.status_code, gone.json()["runs"]) == (200, [])


def results_of(answer: Any) -> dict[str, tuple[dict[str, tuple[int, int]], int, int]]:
    """(found and hidden of each kind, false alarms, how many practices) by means."""
    return {
        result["means"]: (
            {one["kind"]: (one["found"], one["hidden"]) for one in result["rates"]},
            result["false_alarms"],
            result["runs"],
        )
        for result in answer.json()["results"]
    }


def test_practice_with_other_instruments_makes_no_entry_and_is_never_summed_with_a_probes(site: Site) -> None:
    inspector = site.login("inspector", "점검자-01")
    assert inspector.post(f"{RUN}/{hide(inspector)}/sweep", {"sweep_id": str(swept(site))}).status_code == 200
    with site.db.read() as connection:
        before = connection.scalar(select(func.count()).select_from(entries))
    run = hide(inspector)
    looks = [
        {"zone_id": "stall-2", "kind": "lens_finder", "saw": "nothing"},
        {"zone_id": "stall-1", "kind": "rf_finder", "saw": "signal"},
        {"zone_id": "entrance", "kind": "by_eye", "saw": "glint"},
    ]
    attic = [{**looks[0], "zone_id": "attic"}]
    assert inspector.post(f"{RUN}/{run}/looks", {"looks": attic}).status_code == 400
    told = inspector.post(f"{RUN}/{run}/looks", {"looks": looks})
    assert told.status_code == 200, told.text
    assert results_of(told) == {
        "probe": ({"lens": (1, 1), "transmitter": (0, 1)}, 0, 1),
        "instruments": ({"lens": (0, 1), "transmitter": (1, 1)}, 1, 1),
    }
    assert [one["is_found"] for one in told.json()["runs"][0]["things"]] == [False, True]
    again = inspector.post(f"{RUN}/{run}/looks", {"looks": looks})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "compared")
    with site.db.read() as connection:
        assert connection.scalar(select(func.count()).select_from(entries)) == before


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([("stall-2", "glint")], ([True, False], 0)),
        ([("stall-2", "warm_spot"), ("stall-2", "signal")], ([True, True], 0)),
        ([("stall-2", "cannot_tell")], ([False, False], 0)),
        ([("stall-1", "glint"), ("stall-1", "signal"), ("entrance", "cannot_tell")], ([False, False], 1)),
    ],
)
def test_what_instruments_found(looks: list[tuple[str, Any]], expected: tuple[list[bool], int]) -> None:
    made = [PracticeLook(zone_id=zone_id, kind="by_eye", saw=saw) for zone_id, saw in looks]
    assert found_by_looks([LENS_2, RADIO_2], made) == expected


def test_nothing_of_it_reaches_the_audit_trail(site: Site) -> None:
    hide(site.login("inspector", "점검자-01"))
    with site.db.read() as connection:
        assert not [action for action in connection.scalars(select(audit.c.action)) if "practice" in action]


@pytest.mark.parametrize("is_demo", [True, False])
def test_a_practice_of_a_real_probe_is_signed_as_one_and_counts_nowhere(site: Site, is_demo: bool) -> None:
    with site.db.write() as connection:
        connection.execute(update(facilities).values(is_demo=is_demo))
    inspector = site.login("inspector", "점검자-01")
    state = inspector.get(f"/api/rooms/{DEMO_ROOM}/state").json()
    run, sweep_id = hide(inspector), swept(site, source="practice")
    assert inspector.get(f"/api/sweeps/{sweep_id}").json()["summary"]["source"] == "practice"
    told = inspector.post(f"{RUN}/{run}/sweep", {"sweep_id": str(sweep_id)}).json()
    assert [one["is_found"] for one in told["runs"][0]["things"]] == [True, False]
    assert inspector.get(f"/api/rooms/{DEMO_ROOM}/state").json() == state
    with site.db.read() as connection:
        sources = {row.sweep_id: row.source for row in connection.execute(select(sweeps))}
        rows = select(sweeps.c.sweep_id).join(rooms, rooms.c.room_id == sweeps.c.room_id).join(facilities)
        counted = connection.scalars(rows.where(SWEEP_COUNTS)).all()
        opened = select(cases.c.case_id).join(rooms, rooms.c.room_id == cases.c.room_id).join(facilities)
        assert sources == {sweep_id: "practice"}
        assert (counted, connection.scalars(opened.where(CASE_COUNTS)).all()) == ([], [])


def test_only_the_probes_own_key_signs_a_practice(site: Site) -> None:
    made = Probe("stranger", "practice", start=datetime.now(UTC))
    site.admit(made.signer, "demo", probe_id=made.probe_id)
    sweep_id, wire, _ = made.whole_sweep()
    site.send(wire)
    assert site.login("supervisor").get(f"/api/sweeps/{sweep_id}").status_code == 404, "it is kept apart, unread"


@pytest.mark.parametrize("source", ["practice", pytest.param("simulated", marks=pytest.mark.soak)])
def test_nobody_else_sees_it_whatever_the_role(site: Site, source: Source) -> None:
    inspector = site.login("inspector", "점검자-01")
    run, sweep_id = hide(inspector), swept(site, source=source)
    assert inspector.post(f"{RUN}/{run}/sweep", {"sweep_id": str(sweep_id)}).status_code == 200
    for role, name in (*((role, f"다른-{role}"[:20]) for role in get_args(Role)), ("inspector", "점검자-02")):
        other = site.login(role, name)  # the last one made the same sweep
        seen = other.get(RUN)
        assert seen.status_code == 403 or (seen.status_code == 200 and seen.json()["runs"] == []), role
        for method, path, body in (
            ("POST", f"{RUN}/{run}/sweep", {"sweep_id": str(sweep_id)}),
            ("POST", f"{RUN}/{run}/looks", {"looks": [{"zone_id": "stall-1", "kind": "by_eye", "saw": "nothing"}]}),
            ("DELETE", f"{RUN}/{run}", None),
        ):
            answer = other.http.request(method, path, json=body, headers={"X-CSRF-Token": other.csrf})
            assert answer.status_code in {403, 404}, (role, method, answer.text)
        for path in (
            f"/api/sweeps/{sweep_id}",
            f"/api/rooms/{DEMO_ROOM}",
            f"/api/rooms/{DEMO_ROOM}/state",
            "/api/users",
        ):
            assert run not in other.get(path).text, (role, path)
    assert len(inspector.get(RUN).json()["runs"]) == 1


def test_only_a_demonstration_sweep_of_ones_own_after_the_hiding_fits(site: Site) -> None:
    before = swept(site, "before")
    inspector, stranger = site.login("inspector", "점검자-01"), site.login("supervisor", "점검자-77")
    run, others = hide(inspector), hide(stranger)

    def refusal(client: Any, run_id: str, sweep_id: UUID) -> str:
        code: str = client.post(f"{RUN}/{run_id}/sweep", {"sweep_id": str(sweep_id)}).json()["error"]["code"]
        return code

    assert refusal(inspector, run, before) == "unfit_sweep"
    assert refusal(inspector, run, swept(site, "real", source="live", probe_id="probe-1")) == "real_sweep"
    assert refusal(inspector, run, uid(0x900)) == "not_found"
    after = swept(site, "after")
    assert refusal(stranger, others, after) == "not_your_sweep"
    assert inspector.post(f"{RUN}/{run}/sweep", {"sweep_id": str(after)}).status_code == 200
    assert refusal(inspector, hide(inspector), after) == "unfit_sweep", "a sweep counts once"


def test_a_hidden_lens_is_due_once_a_month_and_each_is_reminded_of_the_own_eye(site: Site) -> None:
    inspector, other = (site.login("inspector", name) for name in ("점검자-01", "점검자-02"))
    desk = site.login("supervisor")

    def due() -> tuple[list[bool], int]:
        told = [one.get("/api/schedule/rounds").json()["is_lens_due"] for one in (inspector, other, desk)]
        return told, desk.get("/api/desk/day").json()["districts_without_lens"]

    assert due() == ([False, False, False], 1), "nobody is reminded in an account's first month"
    with site.db.write() as connection:
        connection.execute(update(users).values(created_ms=now_ms() - LENS_EVERY_MS - 1))
    assert due() == ([True, True, False], 1)
    run = hide(inspector)
    assert due() == ([True, True, False], 1), "hidden is not looked for"
    of_run = update(practice_runs).where(practice_runs.c.run_id == UUID(run))
    with site.db.write() as connection:
        connection.execute(of_run.values(eye_shown=1))  # it was missed: the eye is measured all the same
    assert due() == ([False, True, False], 0)
    with site.db.write() as connection:
        connection.execute(of_run.values(hidden_ms=now_ms() - LENS_EVERY_MS - 1))
    assert due() == ([True, True, False], 1)


def test_a_zone_that_is_not_on_the_plan_is_refused(site: Site) -> None:
    inspector = site.login("inspector", "점검자-01")
    hidden = [{"zone_id": "attic", "kind": "lens"}]
    assert inspector.post(RUN, {"room_id": str(DEMO_ROOM), "hidden": hidden}).status_code == 400


def test_which_looks_measured_the_eye_is_told_to_those_alone_whose_eyes_they_were() -> None:
    look = EyeLook.model_validate(
        {"look_id": uid(801), "zone_id": "stall-2", "observation_id": None, "is_close": False, "x_m": 1.0, "y_m": 1.0,
         "radius_m": 0.3, "where": text("자리", "there"), "asked_ns": 1, "answered_ns": 2, "planned_s": 10.0,
         "seconds": 5.0, "prior_log10_odds": -4.0, "posterior_log10_odds": -4.0, "answer": "hole",
         "posterior_pointed_log10_odds": -4.0, "is_control": True}
    )  # fmt: skip
    report = REPORT.model_copy(update={"eye_looks": (look,)})
    assert own_controls(report, REPORT.inspectors[0]) == report
    assert [one.is_control for one in own_controls(report, "감독자-01").eye_looks] == [False]
    assert eye_looks_line(own_controls(report, "감독자-01").eye_looks) == eye_looks_line(report.eye_looks)

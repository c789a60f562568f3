"""Two visits side by side: what stayed, came or went, by device and by place, and what was repaired between them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from server.places.comparison import air_of, compare_zones, repairs_of, spots_of
from server.places.history import Visit
from sweep.report import AddressToken, Disposition, Finding, Levels, SweepReport, VideoJudgement, WifiObservation
from sweep.report.case_records import CaseStep, DefectFound, Rechecked, Repaired, Step
from sweep.report.walls.spots import where_found
from tests.report_factory import START, clock, make_report, make_report_v2, make_zone, text, uid
from tests.server.conftest import Site
from tests.server.standing.steps import states_after
from tests.server.sweep_kit import DEMO_ROOM, Probe

BEFORE = START - timedelta(days=90)
THEN, NOW = make_report(BEFORE), make_report()
(FINDING,) = NOW.findings
ROOM_KEY, OTHER_KEY = "0badc0de", "0badc0df"


def heard(number: int, *tags: int, key: str = ROOM_KEY, scheme: str = "room", dbm: float = -50.0) -> WifiObservation:
    """A transmitter with these tags in stall 1."""
    addresses = [
        AddressToken.model_validate(
            {
                "scheme": scheme,
                "key_id": key,
                "tag": f"{tag:04x}000000000000",
                "oui": None,
                "is_locally_administered": True,
            }
        )
        for tag in tags
    ]
    video = VideoJudgement(verdict="not_video", score=0.1, decided_after_s=None)
    return WifiObservation(
        observation_id=uid(number), modality="wifi", zone_id="stall-1", position_id="p1", t_ns=1,
        addresses=tuple(addresses), role="sta", vendor=None, is_randomised=False, channel_mhz=2437.0,
        rssi_dbm=Levels(median=dbm - 3, max=dbm), frames=10, bytes_up=1, bytes_down=1, dwell_s=1.0,
        video=video, stimulus=None,
    )  # fmt: skip


def air(report: SweepReport, *observations: WifiObservation) -> SweepReport:
    return report.model_copy(update={"observations": observations})


def found(number: int, **changes: object) -> Finding:
    return FINDING.model_copy(update={"finding_id": uid(number), **changes})


def visit(report: SweepReport, *findings: Finding, said: tuple[Disposition, ...] = ()) -> Visit:
    report = report.model_copy(update={"findings": findings})
    return Visit(report.sweep_id, report, said, states=states_after(said))


def test_zones_are_told_with_what_stands_of_them() -> None:
    cupboard = make_zone("cupboard", "other", "청소도구함", "Cupboard", ((0, 0), (1, 0), (1, 1), (0, 1)))
    older = THEN.model_copy(update={"plan": THEN.plan.model_copy(update={"zones": (*THEN.plan.zones, cupboard)})})
    zones = {one.zone_id: one for one in compare_zones(older, NOW)}
    assert list(zones) == ["stall-1", "stall-2", "entrance", "cupboard"]
    told = {name: (one.older.state, one.newer.state) for name, one in zones.items()}
    assert told == {
        "stall-1": ("not_assessable", "not_assessable"),
        "stall-2": ("to_inspect", "to_inspect"),
        "entrance": ("not_looked", "not_looked"),
        "cupboard": ("not_looked", None),
    }
    assert all(one.newer.targets == () for one in zones.values()), "format 1 tells of no targets"


def test_a_zone_is_told_with_the_targets_of_its_own_report() -> None:
    report = make_report_v2()
    first = next(compare_zones(NOW, report))
    assert [one.target for one in first.newer.targets] == ["pinhole_1mm", "pinhole_1mm_ircut", "lens_2mm", "recorder"]
    assert first.older.targets == ()


def test_a_transmitter_stays_where_one_of_its_addresses_does() -> None:
    older = air(THEN, heard(1, 1), heard(2, 2, dbm=-40), heard(3, 3))
    newer = air(NOW, heard(4, 1, 9), heard(5, 9), heard(6, 4, dbm=-70), heard(7, 5, dbm=-45))
    told = air_of(older, newer)
    assert (told.is_comparable, told.stayed, told.came, told.went) == (True, 1, 2, 2)
    assert [(one.tag, one.change, one.max_dbm) for one in told.heard] == [
        ("0002", "went", -40),
        ("0005", "came", -45),
        ("0003", "went", -50),
        ("0004", "came", -70),
    ]
    assert told.heard[0].zone == text("1번 칸", "Stall 1")


def test_one_that_a_finding_cites_comes_first() -> None:
    cited = found(20, evidence_for=(FINDING.evidence_for[0].model_copy(update={"observation_id": uid(2)}),))
    newer = air(NOW, heard(1, 1, dbm=-30), heard(2, 2, dbm=-80)).model_copy(update={"findings": (cited,)})
    assert [(one.tag, one.is_cited) for one in air_of(air(THEN), newer).heard] == [("0002", True), ("0001", False)]


def test_tags_of_another_key_or_of_a_single_sweep_are_not_compared() -> None:
    told = air_of(air(THEN, heard(1, 1)), air(NOW, heard(2, 1, key=OTHER_KEY)))
    assert (told.is_comparable, told.heard) == (False, ())
    told = air_of(air(THEN, heard(1, 1, scheme="sweep")), air(NOW, heard(2, 1, scheme="sweep")))
    assert (told.is_comparable, told.stayed, told.came, told.went) == (True, 0, 0, 0)


def test_spots_stay_come_and_go_by_place_with_what_persons_said_of_them() -> None:
    said = Disposition(
        v=1, finding_id=uid(10), sweep_id=THEN.sweep_id, verdict="no_camera",
        note=text("소켓 나사", "A screw of the socket"), decided=clock(start=BEFORE),
    )  # fmt: skip
    older = visit(THEN, found(10), found(11, x_m=0.3, zone_id="stall-1"), said=(said,))
    newer = visit(NOW, found(20, x_m=FINDING.x_m + 0.2), found(21, x_m=FINDING.x_m + 0.7))
    stayed, came, went = spots_of(older, newer, older.states)
    told = [(one.change, one.older_finding_id, one.newer_finding_id) for one in (stayed, came, went)]
    assert told == [("stayed", uid(10), uid(20)), ("came", None, uid(21)), ("went", uid(11), None)]
    assert stayed.note == text("소켓 나사", "A screw of the socket")
    assert (came.note, went.note) == (None, None)
    assert [(one.older_state, one.newer_state) for one in (stayed, came, went)] == [
        ("no_camera", "to_inspect"), (None, "to_inspect"), ("to_inspect", None),
    ]  # fmt: skip


def test_a_wall_that_only_one_visit_knows_is_not_unchanged() -> None:
    """The glint that tells the wall, and the sensor that tells the height, may be missing at either."""
    seen = THEN.model_copy(update={"observations": NOW.observations})
    blind = NOW.model_copy(update={"observations": ()})
    for older, newer in ((seen, blind), (blind, seen)):
        (spot,) = spots_of(visit(older, found(10)), visit(newer, found(20)), {})
        assert (spot.change, spot.older_finding_id, spot.newer_finding_id) == ("unclear", uid(10), uid(20))
        wheres = [where_found(report, FINDING).where for report in (older, newer)]
        assert [spot.older_where, spot.newer_where] == wheres
        assert sum("벽·높이 모름" in one.ko for one in wheres) == 1
    for both in (seen, blind):
        (spot,) = spots_of(visit(both, found(10)), visit(both, found(20)), {})
        assert (spot.change, spot.older_where) == ("stayed", spot.newer_where)


def test_two_findings_now_meet_one_of_then_only_once() -> None:
    spots = spots_of(visit(THEN, found(10)), visit(NOW, found(20), found(21)), {})
    assert [one.change for one in spots] == ["stayed", "came"]


def test_a_place_that_waits_for_its_second_look_is_a_spot_like_any_other() -> None:
    (spot,) = spots_of(visit(THEN), visit(NOW, found(20, stage="first_look")), {uid(20): "found"})
    assert (spot.change, spot.newer_finding_id, spot.newer_state) == ("came", uid(20), "found")


def step(what: Step, days: float, case: int = 9) -> tuple[datetime, CaseStep]:
    when = START + timedelta(days=days)
    return when, CaseStep(v=1, case_id=uid(case), finding_id=None, step=what, decided=clock(start=when))


def test_repairs_between_the_two_name_the_defect_they_are_about() -> None:
    hole = DefectFound(step="defect_found", defect="hole", measured_mm=4, duty="violation", due=date(2026, 2, 1))
    repaired, held = Repaired(step="repaired", by="시설팀"), Rechecked(step="rechecked", holds=True)
    steps = [step(hole, -100), step(repaired, -20), step(held, 0.1), step(held, 5)]
    told = [(one.step, one.defect, one.holds) for one in repairs_of(steps, BEFORE, START + timedelta(days=1))]
    assert told == [("repaired", "hole", None), ("rechecked", "hole", True)]


@pytest.fixture
def two(site: Site) -> tuple[UUID, UUID]:
    """Two sweeps of the demonstration's room, the older first."""
    made = []
    for name, start in (("earlier", BEFORE), ("later", START)):
        probe = Probe(f"probe {name}", start=start)
        site.admit(probe.signer, "demo", probe_id=probe.probe_id)
        sweep_id, *wires = probe.whole_sweep()
        assert [site.send(wire).status_code for wire in wires] == [200, 200]
        made.append(sweep_id)
    return made[0], made[1]


def test_two_visits_of_a_room_in_either_order(site: Site, two: tuple[UUID, UUID]) -> None:
    viewer = site.login("viewer")
    older, newer = two
    for one, other in ((older, newer), (newer, older)):
        answer = viewer.get(f"/api/rooms/{DEMO_ROOM}/comparison?one={one}&other={other}")
        told = answer.json()
        assert (answer.status_code, told["older"]["sweep_id"], told["newer"]["sweep_id"]) == (
            200,
            str(older),
            str(newer),
        )
        assert [spot["change"] for spot in told["spots"]] == ["stayed"]
        assert "점검자" not in answer.text, "nobody is named"


def test_what_cannot_be_compared_says_why(site: Site, two: tuple[UUID, UUID]) -> None:
    viewer, probe = site.login("viewer"), Probe("unfinished")
    site.admit(probe.signer, "demo", probe_id=probe.probe_id)
    assert site.send(probe.opened(uid(0x900))).status_code == 200
    path = f"/api/rooms/{DEMO_ROOM}/comparison?one={two[0]}&other="
    unfinished = viewer.get(f"{path}{uid(0x900)}")
    assert (unfinished.status_code, unfinished.json()["error"]["code"]) == (409, "no_report")
    assert viewer.get(f"{path}{uid(0x901)}").status_code == 404
    other_room = f"/api/rooms/{str(DEMO_ROOM)[:-1]}2/comparison?one={two[0]}&other={two[1]}"
    assert viewer.get(other_room).status_code == 404

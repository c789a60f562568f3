"""What the equipment says of a zone over all its methods and of a sweep: one order, and clear only of every target."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from server.interface.fields import EquipmentResult, ZoneState
from server.standing.zones import equipment_of, method_state, unjudged_zones, zones_of
from sweep.report import MODALITIES, SweepReport
from tests.report_factory import make_report, make_report_v2

from .reports import TARGETS, finding_in, report_of

SAYS = "!+~s0x-"


def states(report: SweepReport) -> list[ZoneState]:
    return [zone.state for zone in zones_of(report)]


@pytest.mark.parametrize(
    ("zone", "state", "ways", "unable"),
    [
        ("++++", "clear", 4, 0),
        ("+++x", "nothing_detected", 4, 1),
        ("xx0x", "nothing_detected", 4, 3),
        ("0000", "nothing_detected", 4, 0),
        ("!xx-", "to_inspect", 4, 3),
        ("xxxx", "not_assessable", 4, 4),
        ("x---", "not_assessable", 4, 4),
        ("----", "not_looked", 4, 4),
    ],
)
def test_a_zone_tells_how_many_of_its_ways_could_not_judge(zone: str, state: ZoneState, ways: int, unable: int) -> None:
    (told,) = zones_of(report_of(zone))
    assert (told.zone_id, told.state, told.ways, told.unable) == ("zone-1", state, ways, unable)


def test_of_all_that_four_methods_can_say_there_is_one_order() -> None:
    for said in itertools.product(SAYS, repeat=len(MODALITIES)):
        zone = "".join(said)
        (state,) = states(report_of(zone))
        if "!" in zone:
            expected: ZoneState = "to_inspect"
        elif set(zone[:2] + zone[3]) == {"+"} and zone[2] in "+~":  # Bluetooth has one target, and some of one are all
            expected = "clear"
        elif set(zone) & set("+~s0"):
            expected = "nothing_detected"
        else:
            expected = "not_assessable" if "x" in zone else "not_looked"
        assert state == expected, zone


def test_one_target_that_any_list_names_and_no_method_is_clear_of_keeps_the_zone_from_being_clear() -> None:
    report = report_of("++++")
    for left_out in (target for targets in TARGETS.values() for target in targets):
        guessed = tuple(
            one.model_copy(update={"source": "guessed"}) if one.target == left_out else one for one in report.targets
        )
        assert states(report.model_copy(update={"targets": guessed})) == ["nothing_detected"], left_out
    unlisted = report.model_copy(update={"targets": ()})
    assert states(unlisted) == ["nothing_detected"], "what nobody measured in the field is nothing to rest on"


def test_a_target_is_clear_when_one_of_its_methods_says_so() -> None:
    report = report_of("++++")
    blind = next(one for one in report.verdicts if one.modality == "rf").model_copy(
        update={"verdict": "not_assessable", "target": None, "clear_of": (), "not_clear_of": ("ble_setup",)}
    )
    verdicts = tuple(one for one in report.verdicts if one.modality != "rf")
    targets = tuple(one for one in report.targets if one.modality != "rf")
    told = zones_of(report.model_copy(update={"verdicts": (*verdicts, blind), "targets": targets}))
    assert [(zone.state, zone.unable) for zone in told] == [("clear", 1)]


def test_a_report_of_format_1_is_never_clear() -> None:
    report = make_report()
    verdicts = tuple(
        one.model_copy(update={"verdict": "clear", "target": one.text}) if one.verdict == "not_assessable" else one
        for one in report.verdicts
    )
    assert states(report.model_copy(update={"verdicts": verdicts, "findings": ()})) == [
        "nothing_detected", "to_inspect", "nothing_detected",
    ]  # fmt: skip


def test_the_recorded_reports_say_what_they_said() -> None:
    assert states(make_report_v2()) == ["nothing_detected", "to_inspect", "not_looked"]
    assert equipment_of(make_report_v2()) == "to_inspect"


def test_what_a_method_says_of_a_zone_keeps_apart_that_it_did_not_look() -> None:
    told = {}
    for says in SAYS:
        report = report_of(says * 4)
        of_lens = [one for one in report.targets if (one.zone_id, one.modality) == ("zone-1", "lens")]
        told[says] = method_state(report.coverage[0], report.verdicts[0], of_lens)
    assert told == {
        "!": "to_inspect", "+": "clear", "~": "nothing_detected", "s": "nothing_detected", "0": "nothing_detected",
        "x": "not_assessable", "-": "not_looked",
    }  # fmt: skip
    assert method_state(None, None, ()) == "not_looked"
    assert method_state(report_of("x000").coverage[0], None, ()) == "not_assessable"


@pytest.mark.parametrize(
    ("zones", "unjudged", "done", "early"),
    [
        ("++++ ++++", 0, "clear", "partly"),
        ("++++ 0000", 0, "nothing_detected", "partly"),
        ("0000 xxxx", 1, "partly", "partly"),
        ("xxxx ----", 2, "not_assessable", "not_assessable"),
        ("!000 ----", 1, "to_inspect", "to_inspect"),
    ],
)
def test_a_sweep(zones: str, unjudged: int, done: EquipmentResult, early: EquipmentResult) -> None:
    assert equipment_of(report_of(zones)) == done
    assert equipment_of(report_of(zones, outcome="aborted")) == early
    assert unjudged_zones(report_of(zones)) == unjudged
    assert equipment_of(None) == "no_report"


def test_a_place_counts_whichever_look_it_was_of() -> None:
    for is_first_look in (False, True):
        report = report_of("++++ ++++", [finding_in(2, is_first_look=is_first_look)])
        assert (states(report), equipment_of(report)) == (["clear", "to_inspect"], "to_inspect")


def test_every_result_is_reached() -> None:
    told = {equipment_of(report_of(zones)) for zones in ("!000", "0000", "0000 ----", "xxxx", "++++")}
    without_a_probe = {"not_measured"}  # of inspections: tests/server/ingest/test_inspections.py
    assert told | {equipment_of(None)} | without_a_probe == set(get_args(EquipmentResult))

"""What persons' looks with other instruments come to, whatever they were."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from server.standing.inspections import (
    inspected_with,
    inspected_zones,
    is_whole,
    opens_case,
    persons_of_inspection,
)
from sweep.report import ClockReading, LocalText, PhoneTime, new_id
from sweep.report.inspection_records import (
    LOOKED_AT,
    SHOWS,
    InspectionRecorded,
    InstrumentKind,
    InstrumentLook,
    PlanPlace,
    PlanZone,
    UsedInstrument,
)
from sweep.report.visit_records import ByEye

NOON = datetime(2026, 11, 2, 3, tzinfo=UTC)
ZONES = ("a", "b", "c")
IDS: dict[InstrumentKind, UUID] = {
    kind: new_id() for kind in ("lens_finder", "rf_finder", "thermal_imager", "borescope")
}


@st.composite
def inspections(draw: st.DrawFn) -> InspectionRecorded:
    pairs = draw(st.lists(st.tuples(st.sampled_from(ZONES), st.sampled_from(sorted(SHOWS))), min_size=1, unique=True))
    looks = []
    for after_s, (zone, kind) in enumerate(pairs):
        saw = draw(st.sampled_from(sorted(SHOWS[kind])))
        has_place = saw in LOOKED_AT
        looks.append(
            InstrumentLook(
                zone_id=zone,
                instrument_id=IDS.get(kind),
                kind=kind,
                saw=saw,
                place=PlanPlace(x_m=1.0, y_m=1.0) if has_place else None,
                afterwards=draw(st.sampled_from(["explained", "not_explained"])) if has_place else None,
                after_s=20 * after_s,
            )
        )
    used = {one.kind for one in looks if one.kind != "by_eye"}
    time = PhoneTime(utc=NOON, behind_ms=0)
    return InspectionRecorded(
        v=1,
        sweep_id=new_id(),
        plan_version=1,
        looks=tuple(looks),
        declared_empty=True,
        borescope_rule="borescope" in used,
        zones=tuple(PlanZone(zone_id=zone, name=LocalText(ko=zone, en=zone)) for zone in ZONES),
        instruments=tuple(
            UsedInstrument(
                instrument_id=IDS[kind],
                kind=kind,
                maker="가상",
                model="K18",
                serial="1",
                checked=draw(st.sampled_from([None, date(2026, 11, 2)])),
            )
            for kind in sorted(used)
        ),
        entered=time,
        left=time,
        door_in="matched",
        door_out="not_read",
        recorded=ClockReading(utc=NOON, synchronised=True, max_error_ms=None),
        account="p-abcdefghij",
    )


@given(inspections(), st.sampled_from([None, "nothing_unusual", "marks", "not_done"]))
def test_nothing_unusual_is_said_of_every_zone_or_not_at_all(said: InspectionRecorded, by_eye: ByEye | None) -> None:
    persons = persons_of_inspection(said, by_eye)
    unclear = [one for one in said.looks if one.saw in {"signal", "cannot_tell"} or one.afterwards == "not_explained"]
    assert (persons == "nothing_unusual") == (
        not unclear and inspected_zones(said) == set(ZONES) and by_eye in {None, "nothing_unusual"}
    )
    assert (persons == "suspected") == (by_eye == "marks" or any(map(opens_case, said.looks)))
    assert not any(opens_case(one) for one in said.looks if one.kind == "rf_finder"), "a signal alone is no case"


@given(inspections())
def test_checked_is_said_where_each_zone_was_seen_with_what_works(said: InspectionRecorded) -> None:
    works = {one.instrument_id for one in said.instruments if one.checked is not None}
    seen = {one.zone_id for one in said.looks if one.instrument_id in works}
    means = inspected_with(said)
    assert (means == "checked") == (seen == set(ZONES))
    assert (means == "by_eye") == all(one.kind == "by_eye" for one in said.looks)
    assert means != "checked" or is_whole(said)

"""The inspection log in English, as CSV: for whoever cannot read the columns of `server/exports/columns.py`.

Input are `SweepPage`s, because a line of the log keeps Korean names alone; output is bytes in the shape of
`logs/csv_log.py`.  What a person typed stays as it was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import BinaryIO, Final

from server.exports.logs.csv_log import lines
from server.interface.fields import RoomSex
from server.interface.safe_text import defuse_formula, plain_text
from server.interface.words import (
    BELLS,
    EQUIPMENT,
    FINDINGS,
    IMPORTED,
    INSTRUMENTS,
    MODES,
    OCCASIONS,
    PERSONS,
    SOURCES,
    ZONES,
    kst,
)
from server.projections.log_records import LogRow, SweepPage
from server.standing.zones import zones_of
from sweep.report import SHOWN, TARGETS, LocalText, SweepReport
from sweep.report.walls.spots import where_found
from sweep.report.words import COVERAGE_WORDS, TARGET_WORDS, chance_of, curve_of

NOT_RECORDED: Final = "not recorded"
NO_INSPECTION: Final = "no real inspection"
SEXES: Final[Mapping[RoomSex, str]] = {"women": "women", "men": "men", "unisex": "unisex", "family": "family"}
_BELLS: Final = {word.ko: word.en for word in BELLS.values()}
"""A line keeps the Korean word."""


def write(out: BinaryIO, pages: Iterable[SweepPage], proof: str) -> None:
    """Line by line; `proof` is the state of the log, `Seal.proof`."""
    out.write(lines([[*COLUMNS, "Log"]]).encode("utf-8-sig"))
    out.writelines(lines([[*map(defuse_formula, cells_of(page)), proof]]).encode() for page in pages)


def cells_of(page: SweepPage) -> Iterator[str]:
    """In the order of `COLUMNS`, fit for a document."""
    return (plain_text(cell(page)) for cell in COLUMNS.values())


def _marked(row: LogRow, word: LocalText) -> str:
    """A result; of a replay or simulation with what it is."""
    return f"[{SOURCES[row.header.source].en}: {NO_INSPECTION}] {word.en}" if row.is_demo else word.en


def _zones(page: SweepPage, *states: str) -> str:
    """Of the report, by state; of another inspection how many nobody looked at."""
    if page.report is None:
        missed = len(page.row.zones_not_looked) if "not_looked" in states else 0
        return f"{ZONES['not_looked'].en}: {missed}" if missed else NOT_RECORDED
    names = {zone.zone_id: zone.name.en for zone in page.report.plan.zones}
    stands = [(state, names[zone.zone_id]) for state in states for zone in zones_of(page.report) if zone.state == state]
    found = {state: ", ".join(name for one, name in stands if one == state) for state, _ in stands}
    return " / ".join(f"{ZONES[state].en}: {zones}" for state, zones in found.items()) or "none"


def _chances(report: SweepReport | None) -> str:
    """By target and zone, with the source of its curve."""
    if report is None:
        return NOT_RECORDED
    names, told = {zone.zone_id: zone.name.en for zone in report.plan.zones}, []
    for target in TARGETS:
        here = [one for one in report.targets if one.target == target]
        chances = ", ".join(f"{names[one.zone_id]} {chance_of(one) or COVERAGE_WORDS['unknown'].en}" for one in here)
        if here:
            told.append(f"{TARGET_WORDS[target].en} [{curve_of(here).en}]: {chances}")
    return "; ".join(told) or COVERAGE_WORDS["unknown"].en


def _signatures(row: LogRow) -> str:
    if not row.entries:
        return "no signed record"
    said = [f"{'valid' if row.signatures_ok else 'INVALID'} ({row.entries} entries)"]
    said += [f"{row.missing_entries} missing"] if row.missing_entries else []
    said += [f"{row.alarms} alarms"] if row.alarms else []
    return ", ".join(said)


COLUMNS: Final[Mapping[str, Callable[[SweepPage], str]]] = {
    "Record": lambda page: SOURCES[page.row.header.source].en + (f": {NO_INSPECTION}" if page.row.is_demo else ""),
    "Start (Korean time)": lambda page: kst(page.row.header.started.utc),
    "End (Korean time)": lambda page: kst(page.row.header.ended.utc) if page.row.header.ended else NOT_RECORDED,
    "Facility": lambda page: page.row.place.facility_name.en,
    "Facility number": lambda page: page.row.place.facility_number or NOT_RECORDED,
    "Room": lambda page: page.row.place.room_name.en,
    "For whom": lambda page: NOT_RECORDED if page.row.place.sex is None else SEXES[page.row.place.sex],
    "Floor": lambda page: NOT_RECORDED if page.row.place.floor is None else str(page.row.place.floor),
    "Stalls": lambda page: str(page.row.stalls or page.row.place.stalls or NOT_RECORDED),
    "Occasion": lambda page: OCCASIONS[page.row.hand.occasion].en if page.row.hand.occasion else NOT_RECORDED,
    "Mode": lambda page: MODES[page.row.header.mode].en,
    "Inspectors": lambda page: ", ".join(page.row.header.inspectors) or NOT_RECORDED,
    "Methods": lambda page: (
        ", ".join(
            [
                *(INSTRUMENTS[kind].en for kind in page.row.inspected_by),
                *(SHOWN[one].name.en for one in page.row.methods),
            ]
        )
        or "none"
    ),
    "Probe": lambda page: page.row.header.probe_id or "none",
    "Zones looked at": lambda page: f"{len(page.row.zones_looked)}/{page.row.zones_total}",
    "Not judged": lambda page: _zones(page, "not_assessable", "not_looked"),
    "Nothing detected": lambda page: _zones(page, "nothing_detected"),
    "Places to inspect": lambda page: str(len(page.row.places_to_inspect)),
    "Where": lambda page: (
        "; ".join(where_found(page.report, one).where.en for one in page.report.findings) if page.report else ""
    ),
    "Emergency bell": lambda page: _BELLS.get(page.row.hand.emergency_bell or "", NOT_RECORDED),
    "Result by persons": lambda page: _marked(page.row, PERSONS[page.row.persons]),
    "Result of the equipment": lambda page: _marked(
        page.row, IMPORTED if page.row.original is not None else EQUIPMENT[page.row.equipment_result]
    ),
    "State of what was found": lambda page: (
        ", ".join(f"{FINDINGS[state].en}: {count}" for state, count in page.row.findings) or "none"
    ),
    "Photographs, sealed": lambda page: str(page.row.hand.photographs),
    "Sweep": lambda page: str(page.row.header.sweep_id),
    "Record hash (SHA-256)": lambda page: page.row.entry_hash or "none",
    "Signatures": lambda page: _signatures(page.row),
    "Received (Korean time)": lambda page: kst(page.row.header.received) if page.row.header.received else NOT_RECORDED,
    COVERAGE_WORDS["chance"].en: lambda page: _chances(page.report),
}
"""Heading and how it is filled."""

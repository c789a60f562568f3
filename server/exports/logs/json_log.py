"""The inspection log as JSON for other programs: one object a sweep, codes beside the words of the other forms.

Input is rows and the period, output are parts of one UTF-8 document, row by row.  Field names stay as they are; a field
may be added.  `sweep_object` lists them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, BinaryIO

from server.exports.columns import cells_of, headings
from server.exports.place_parts import floor_words, sex_words
from server.exports.results import equipment_reason, persons_reason
from server.projections.log_records import Document, LogRow, Period

JSON_FORMAT = "ansim-inspection-log/1"


def write(out: BinaryIO, document: Document) -> None:
    """Row by row."""
    out.writelines(json_parts(document.rows, document.period, document.generated, document.printing.seal))


def json_parts(rows: Iterable[LogRow], period: Period, generated: datetime, seal: str) -> Iterator[bytes]:
    """`{"format", "period", "generated", "seal", "sweeps": [...]}`; `generated` is an aware time."""
    head = {
        "format": JSON_FORMAT,
        "period": {"first": period.first.isoformat(), "last": period.last.isoformat()},
        "generated": _utc(generated),
        "seal": seal,
    }
    yield (json.dumps(head, ensure_ascii=False)[:-1] + ', "sweeps": [').encode()
    for number, row in enumerate(rows):
        yield ((",\n" if number else "\n") + json.dumps(sweep_object(row), ensure_ascii=False)).encode()
    yield b"\n]}\n"


def sweep_object(row: LogRow) -> dict[str, Any]:
    """One sweep."""
    header, hand = row.header, row.hand
    return {
        "sweep_id": str(header.sweep_id),
        "room_id": str(header.room_id),
        "facility_number": row.place.facility_number,
        "source": header.source,
        "mode": header.mode,
        "started": _utc(header.started.utc),
        "ended": None if header.ended is None else _utc(header.ended.utc),
        "counted": _utc(header.counted_start),
        "sex": sex_words(row.place.sex, row.language),
        "floor": floor_words(row.place.floor, row.language),
        "stalls": row.stalls or row.place.stalls,
        "occasion": hand.occasion,
        "inspectors": list(header.inspectors),
        "persons": {"result": row.persons, "reason": persons_reason(row)},
        "equipment": {"result": row.equipment_result, "reason": equipment_reason(row)},
        "candidates": len(row.places_to_inspect),
        "zones": {
            "total": row.zones_total,
            "looked": len(row.zones_looked),
            "not_looked": len(row.zones_not_looked),
            "not_assessable": len(row.zones_not_assessable),
            "nothing_detected": len(row.zones_nothing_detected),
        },
        "zone_checks": [asdict(line) for line in hand.checks],
        "photographs": hand.photographs,
        "photographs_by_zone": [{"zone": name, "count": count} for name, count in hand.photographs_by_zone],
        "entry_hash": row.entry_hash,
        "signatures_ok": row.signatures_ok,
        "missing_entries": row.missing_entries,
        "alarms": row.alarms,
        "columns": dict(zip(headings(row.language), cells_of(row), strict=True)),
    }


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds")

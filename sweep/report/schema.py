"""JSON schemas of the contract and readable tables of its fields, both made from the records themselves.

`python -m sweep.report.schema` rewrites `schema.json`, which a test holds against the code; with `tables` behind it,
the same is printed in words for a reader.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from .commands import CommandList
from .imported_records import InspectionCited, InspectionImported, InspectionWithdrawn
from .inspection_records import InspectionConfirmed, InspectionRecorded
from .live import LiveMessage
from .manifest import RecordedSweep
from .observations import FindingDetails, RfWindow
from .reference import ReferenceChecked
from .sweep import Disposition, SweepOpened, SweepReport
from .visit_records import VisitNote, VisitSigned

HERE = Path(__file__).parent
SCHEMA_FILE = HERE / "schema.json"
TOP_RECORDS: tuple[type[BaseModel], ...] = (
    SweepReport,
    SweepOpened,
    Disposition,
    FindingDetails,
    RecordedSweep,
    LiveMessage,
    CommandList,
    RfWindow,
    ReferenceChecked,
    VisitNote,
    VisitSigned,
    InspectionRecorded,
    InspectionConfirmed,
    InspectionImported,
    InspectionCited,
    InspectionWithdrawn,
)
RECORDED: tuple[type[BaseModel], ...] = (RecordedSweep, RfWindow)
"""What a recording is made of; nobody signs it."""
SENT: tuple[type[BaseModel], ...] = (LiveMessage, CommandList)
"""What goes between probe, server and page while a sweep runs; nobody signs or keeps it."""
SHARED_FROM = 3
"""A field that so many records have with one type and one meaning is told once."""
WORDS = {
    "uuid": "string (uuid)",
    "time": "string (date-time)",
    "date": "string (date)",
    "name": "string `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`",
    "code": "string `^[a-z][a-z0-9_]{0,63}$`",
    "hash": "string `^[0-9a-f]{64}$`",
    "tag": "string `^[0-9a-f]{16}$`",
    "file": "string `^[A-Za-z0-9._/-]{1,200}$`",
    "account": "string `^p-[a-z2-7]{10}$`",
    "text": "string <= 200 characters",
    "nanoseconds": "integer 0 … 9.22337e+18",
    "count": "integer 0 … 9.0072e+15",
    "seconds": "number 0 … 2.6784e+06",
    "metres": "number -1000 … 1000",
    "share": "number 0 … 1",
    "level": "number -200 … 100",
    "measure": "number -1e+12 … 1e+12",
    "weight": "number -30 … 30",
    "modality": "`lens`, `wifi`, `ble`, `rf`",
    "verdict": "`clear`, `candidate`, `nothing_detected`, `not_assessable`",
    "thing": "`vent`, `ceiling`, `light`, `socket`, `door_lock`, `partition`, `toilet_bin`, `basin`",
    "target": "`pinhole_1mm`, `pinhole_1mm_ircut`, `lens_2mm`, `wifi_streaming`, `wifi_on_motion`, `analog_1200`, "
    "`analog_2400`, `analog_5800`, `ble_setup`, `recorder`",
}
"""Short words of the tables for types that come again."""


def contract_schema() -> dict[str, Any]:
    """One JSON schema (draft 2020-12) whose `$defs` hold every record of the contract."""
    _, union = models_json_schema([(record, "validation") for record in TOP_RECORDS])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Ansim Sweep contract",
        "$defs": dict(sorted(union["$defs"].items())),
    }


def field_tables() -> str:
    """Markdown of every record: short words, shared fields, what is signed field by field, the rest in lists."""
    records = {name: spec for name, spec in contract_schema()["$defs"].items() if spec.get("type") == "object"}
    fields = {name: [_row_of(*pair) for pair in spec.get("properties", {}).items()] for name, spec in records.items()}
    signed = _within(records, [record for record in TOP_RECORDS if record not in RECORDED + SENT])
    recorded = _within(records, RECORDED) - signed
    counts = Counter(row for name in sorted(signed | recorded) for row in fields[name])
    shared = [row for row, count in counts.items() if count >= SHARED_FROM]
    lines = ["### Short words for types", "", *(f"- **{word}**: {long}" for word, long in WORDS.items()), ""]
    lines += ["### Fields that records share", "", *_listed(shared), ""]
    for name in sorted(signed):
        own = [row for row in fields[name] if row not in shared]
        lines += [f"### {name}", "", _said_of(records[name], [row for row in fields[name] if row in shared]), ""]
        lines += [*_listed(own), ""] if own else []
    lines += ["### Recordings", "", "Meanings of fields: `schema.json`.", ""]
    for name in sorted(recorded):
        rows = ", ".join(f"`{row[0]}`" if row in shared else _named(row) for row in fields[name])
        lines.append(f"- **{name}**: {_said_of(records[name], [])} {rows}")
    lines += ["", "### Live messages and commands", "", "What they mean, and their fields: `schema.json`.", ""]
    lines.append("- " + ", ".join(f"`{name}`" for name in sorted(records.keys() - signed - recorded)))
    return "\n".join([*lines, ""])


def _within(records: dict[str, Any], tops: Iterable[type[BaseModel]]) -> set[str]:
    """Records that these are made of."""
    found: set[str] = set()
    waiting = [record.__name__ for record in tops]
    while waiting:
        name = waiting.pop()
        if name in records and name not in found:
            found.add(name)
            waiting += re.findall(r'"#/\$defs/(\w+)"', json.dumps(records[name]))
    return found


def _row_of(field: str, spec: dict[str, Any]) -> tuple[str, str, str]:
    meaning = " ".join(spec.get("description", "").split())
    return field, _short(_type_of(spec)), "" if meaning == "nanoseconds of CLOCK_BOOTTIME" else meaning


def _short(kind: str) -> str:
    for word, long in WORDS.items():
        kind = re.sub(rf"{re.escape(long)}(?![\d,])", word, kind)
    return kind.replace(" or null", "?").replace(" … ", "…").replace("`, `", "`/`")


def _named(row: tuple[str, str, str]) -> str:
    return f"`{row[0]}` {row[1]}"


def _said_of(spec: dict[str, Any], shared: list[tuple[str, str, str]]) -> str:
    said = str(spec.get("description", "")).split("\n\n")[0].replace("\n", " ").replace("  ", " ")
    return said + (f" Shared: {', '.join(f'`{row[0]}`' for row in shared)}." if shared else "")


def _listed(rows: list[tuple[str, str, str]]) -> list[str]:
    """One line for each field that has a meaning to tell, one for neighbours that have none."""
    lines: list[str] = []
    for has_meaning, group in groupby(rows, key=lambda row: bool(row[2])):
        if has_meaning:
            lines += [f"- {_named(row)}: {row[2]}" for row in group]
        else:
            lines.append("- " + ", ".join(map(_named, group)))
    return lines


def _type_of(spec: dict[str, Any]) -> str:
    if "$ref" in spec:
        return str(spec["$ref"]).rsplit("/", 1)[-1]
    for key in ("anyOf", "oneOf"):
        if key in spec:
            return " or ".join(dict.fromkeys(_type_of(part) for part in spec[key]))
    if "const" in spec:
        return f"`{json.dumps(spec['const'])}`"
    if "enum" in spec:
        return ", ".join(f"`{value}`" for value in spec["enum"])
    kind = str(spec.get("type", "any"))
    if kind == "array":
        items: dict[str, Any] = spec.get("items") or next(iter(spec.get("prefixItems", [])), {})
        return f"list of {_type_of(items)}"
    if kind == "object":
        values: dict[str, Any] = spec.get("additionalProperties") or next(
            iter(spec.get("patternProperties", {}).values()), {}
        )
        return f"map of name to {_type_of(values)}"
    return f"{kind} {_bounds_of(spec)}".strip()


def _bounds_of(spec: dict[str, Any]) -> str:
    if "format" in spec:
        return f"({spec['format']})"
    low, high = spec.get("minimum"), spec.get("maximum", spec.get("exclusiveMaximum"))
    if low is not None and high is not None:
        return f"{low:g} … {high:g}"
    if "pattern" in spec:
        return "`" + str(spec["pattern"]).replace("|", "\\|") + "`"
    return f"<= {spec['maxLength']} characters" if "maxLength" in spec else ""


def schema_text() -> str:
    """What `schema.json` must hold."""
    return json.dumps(contract_schema(), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Rewrite `schema.json`, or print the tables."""
    if sys.argv[1:] == ["tables"]:
        sys.stdout.write(field_tables())
    else:
        SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main()

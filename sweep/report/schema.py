"""JSON schemas of the contract and the field tables of REPORT.md, both made from the records themselves.

`python -m sweep.report.schema` rewrites `schema.json` and the tables between the markers in REPORT.md; a test holds
both against the code.
"""

from __future__ import annotations

import json
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
DOCUMENT = HERE / "REPORT.md"
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"
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


def contract_schema() -> dict[str, Any]:
    """One JSON schema (draft 2020-12) whose `$defs` hold every record of the contract."""
    _, union = models_json_schema([(record, "validation") for record in TOP_RECORDS])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Ansim Sweep contract",
        "$defs": dict(sorted(union["$defs"].items())),
    }


def field_tables() -> str:
    """Markdown tables of every record: field, type, meaning."""
    lines: list[str] = []
    for name, definition in contract_schema()["$defs"].items():
        if definition.get("type") != "object":
            continue
        summary = definition.get("description", "").splitlines()
        lines += [f"### {name}", "", *summary[:1], "", "| field | type | meaning |", "|---|---|---|"]
        for field, spec in definition.get("properties", {}).items():
            meaning = " ".join(spec.get("description", "").split())
            lines.append(f"| `{field}` | {_type_of(spec)} | {meaning} |".replace("  |", " |"))
        lines.append("")
    return "\n".join(lines)


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


def document_text(current: str) -> str:
    """REPORT.md with fresh tables between its markers; raises ValueError when a marker is missing."""
    head, _, rest = current.partition(BEGIN)
    _, found, tail = rest.partition(END)
    if not found:
        raise ValueError(f"{DOCUMENT.name} lacks the markers of its tables")
    return f"{head}{BEGIN}\n\n{field_tables()}\n{END}{tail}"


def main() -> None:
    """Rewrite `schema.json` and the tables of REPORT.md."""
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    DOCUMENT.write_text(document_text(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Print the tables that the page shares with documents as JSON: `python -m server.page_tables`."""

from __future__ import annotations

import json
import sys
from typing import Any

from server.interface.formats import Format
from sweep.report import SHOWN
from sweep.report.words import words_of


def page_tables() -> dict[str, Any]:
    """What the page says and draws of each modality, the words of what stands, and the forms of a log on offer."""
    return {
        "words": {
            table: {code: text.model_dump() for code, text in words_of(table).items()}
            for table in ("method", "zone", "equipment", "persons", "finding", "decision")
        },
        "modalities": {
            modality: {"name": shown.heading.model_dump(), "icon": shown.icon, "is_radio": shown.is_radio}
            for modality, shown in SHOWN.items()
        },
        "formats": {
            format_: {
                "title": format_.about.title.model_dump(),
                "hint": format_.about.hint.model_dump(),
                "is_paper": format_.about.is_paper,
            }
            for format_ in Format
            if format_.about.writer is not None
        },
    }


def main() -> None:
    """Write the tables to standard output."""
    json.dump(page_tables(), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()

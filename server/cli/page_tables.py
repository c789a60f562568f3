"""Print the tables that the page shares with documents as JSON: `python -m server.cli.page_tables`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from server.cases.deadlines import REPAIR_DAYS
from server.interface.formats import Format
from server.interface.words import (
    AFTERWARDS,
    BELLS,
    DEFECT_WORDS,
    DISPOSITIONS,
    ENTRY_KINDS,
    INSTRUMENT_SAW,
    INSTRUMENTS,
    MEASURES,
    MODES,
    NUMBERED,
    OCCASIONS,
    REFERENCE_CHECKS,
    SPOTS,
    STEP_WORDS,
)
from server.people import access_log
from sweep.phrases import LANGUAGES, catalogue
from sweep.report import EYE_OUTCOMES, SHOWN, LocalText
from sweep.report.words import TARGET_WORDS, words_of

WHY_NOT_BY_LIGHT: Final = (
    "wifi.response_test_reasons",
    """
    light_too_weak constant_rate skipped_by_person too_many_channels louder_elsewhere short_of_time quick no_lamp
    transmitter_silent two_transmitters too_short not_tested room_entered moved_on finished_early adapter_away head_away
    """,
)
"""Context and codes of the catalogue; what of `light_later` came to is known on the page only."""


def _of_catalogue(context: str, codes: str) -> Iterator[tuple[str, LocalText]]:
    for code in codes.split():
        ko, en = (catalogue(language).pgettext(context, code) for language in LANGUAGES)
        yield code, LocalText(ko=ko, en=en)


GUIDANCE: Final = ("run.guidance", "stand_next look_again finish")
"""What a probe says between two zones: the page lays what that asks for under the thumb."""

WORDS: Final[Mapping[str, Iterable[tuple[str, LocalText]]]] = {
    "target": TARGET_WORDS.items(),
    "step": STEP_WORDS.items(),
    "defect": DEFECT_WORDS.items(),
    "kind": ENTRY_KINDS.items(),
    "disposition": DISPOSITIONS.items(),
    "reference": REFERENCE_CHECKS.items(),
    "transmitter_light_why": [*_of_catalogue(*WHY_NOT_BY_LIGHT)],
    "eye": [(code, text) for code, text in EYE_OUTCOMES.items() if code != "not_answered"],
    "visit_spot": SPOTS.items(),
    "visit_bell": BELLS.items(),
    "visit_occasion": OCCASIONS.items(),
    "visit_measure": MEASURES.items(),
    "mode": MODES.items(),
    "guidance": [*_of_catalogue(*GUIDANCE)],
    "instrument": INSTRUMENTS.items(),
    "instrument_saw": INSTRUMENT_SAW.items(),
    "afterwards": AFTERWARDS.items(),
    "access": access_log.WORDS.items(),
}
"""Words of codes that the page says as documents do; each is a word of the page by `<name here>_<code>`."""


GLOSSARY: Final = (
    "method",
    "zone",
    "equipment",
    "persons",
    "finding",
    "decision",
    "coverage",
    "source",
    "pace",
    "strength",
    "began",
)
"""Tables of the glossary: what is said of what stands and of what would have been found, by its code."""


def page_tables() -> dict[str, Any]:
    """What the page says and draws of each modality, the forms of a log that it offers, and words of codes."""
    return {
        "glossary": {table: {code: text.model_dump() for code, text in words_of(table).items()} for table in GLOSSARY},
        "modalities": {
            modality: {"name": shown.heading.model_dump(), "icon": shown.icon, "is_radio": shown.is_radio}
            for modality, shown in SHOWN.items()
        },
        "formats": {
            format_: {
                "title": format_.about.title.model_dump(),
                "hint": format_.about.hint.model_dump(),
                "is_paper": format_.about.is_paper,
                "has_english": format_.about.has_english,
            }
            for format_ in Format
            if format_.about.writer is not None
        },
        "repair_days": REPAIR_DAYS,
        "numbered": dict(NUMBERED),
        **page_words(),
    }


def page_words() -> dict[str, dict[str, dict[str, str]]]:
    """Words of codes by table and key, each table apart: a screen that imports one does not load the others."""
    return {
        name: {f"{name}_{code.replace('.', '_')}": text.model_dump() for code, text in words}
        for name, words in WORDS.items()
    }


def main() -> None:
    """Write the tables to standard output."""
    json.dump(page_tables(), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()

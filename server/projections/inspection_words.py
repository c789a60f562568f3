"""What persons did with other instruments than a probe, in words for the log and its documents.

Input is an inspection; output are lines.  A signal is told as one that nobody located, and nothing tells how well
anybody looked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from server.interface.told import either, word
from server.interface.words import AFTERWARDS, INSTRUMENT_SAW, INSTRUMENTS
from sweep.phrases import Language
from sweep.report.inspection_records import InspectionRecorded, InstrumentLook


def instrument_words(said: InspectionRecorded, language: Language = "ko") -> Iterator[str]:
    """Each instrument with its number and the day of its check, and the eye where that alone was used."""
    for one in said.instruments:
        kind = word(language, INSTRUMENTS[one.kind])
        name = " ".join(part for part in (kind, one.maker, one.model, one.serial) if part)
        if one.kind == "by_eye":
            yield name
        elif one.checked is None:
            yield name + either(language, "(작동 확인 없음)", " (function not checked)")
        else:
            yield name + either(language, f"(작동 확인 {one.checked})", f" (function checked {one.checked})")
    if any(look.instrument_id is None for look in said.looks):
        yield either(language, "육안", "By eye")


def look_words(look: InstrumentLook, names: Mapping[str, str], language: Language = "ko") -> str:
    """One zone with one instrument."""
    saw, kind = word(language, INSTRUMENT_SAW[look.saw]), word(language, INSTRUMENTS[look.kind])
    after = "" if look.afterwards is None else word(language, AFTERWARDS[look.afterwards])
    after = either(language, f"({after})", f" ({after})") if after else ""
    return f"{names.get(look.zone_id, look.zone_id)} – {kind}: {saw}{after}"

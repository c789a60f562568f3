"""What persons did with other instruments than a probe, in Korean words for the log and its documents.

Input is an inspection; output are lines.  A signal is told as one that nobody located, and nothing tells how well
anybody looked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from server.interface.words import AFTERWARDS, INSTRUMENT_SAW, INSTRUMENTS
from sweep.report.inspection_records import InspectionRecorded, InstrumentLook


def instrument_words(said: InspectionRecorded) -> Iterator[str]:
    """Each instrument with its number and the day of its check, and the eye where that alone was used."""
    for one in said.instruments:
        name = " ".join(part for part in (INSTRUMENTS[one.kind].ko, one.maker, one.model, one.serial) if part)
        if one.kind == "by_eye":
            yield name
        else:
            yield f"{name}({'작동 확인 없음' if one.checked is None else f'작동 확인 {one.checked}'})"
    if any(look.instrument_id is None for look in said.looks):
        yield "육안"


def look_words(look: InstrumentLook, names: Mapping[str, str]) -> str:
    """One zone with one instrument."""
    saw = INSTRUMENT_SAW[look.saw].ko
    after = "" if look.afterwards is None else f"({AFTERWARDS[look.afterwards].ko})"
    return f"{names.get(look.zone_id, look.zone_id)} – {INSTRUMENTS[look.kind].ko}: {saw}{after}"

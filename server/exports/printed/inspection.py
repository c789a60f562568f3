"""An inspection with other instruments as the template prints it: which instruments, and what each showed in each zone.

Input is what two persons signed, output a tree of dicts, lists and strings.  It is their word: there is no field for a
probability or a coverage, and a signal has no place.
"""

from __future__ import annotations

from uuid import UUID

from server.exports.printed.map import Tree
from server.interface.words import AFTERWARDS, INSTRUMENT_SAW, INSTRUMENTS
from sweep.report.inspection_records import InspectionRecorded, InstrumentLook, UsedInstrument

DOORS = {"matched": "출입문 QR 일치", "not_read": "출입문 QR을 읽지 않음"}
NOT_CHECKED = "작동 확인 없음"
BY_EYE = "육안"


def printed_inspection(said: InspectionRecorded) -> Tree:
    """Instruments with the day of their last check that counts, zones in the order of the plan, the door."""
    names: dict[UUID | None, str] = {one.instrument_id: _name(one) for one in said.instruments}
    return {
        "instruments": [
            {
                "kind": INSTRUMENTS[one.kind].ko,
                "model": " ".join(part for part in (one.maker, one.model) if part) or "–",
                "serial": one.serial or "–",
                "checked": "해당 없음" if one.kind == "by_eye" else str(one.checked or NOT_CHECKED),
            }
            for one in said.instruments
        ],
        "zones": [
            {
                "name": zone.name.ko,
                "looks": [
                    {"with": names.get(one.instrument_id, BY_EYE), "saw": _saw(one), "after": _after(one.after_s)}
                    for one in said.looks
                    if one.zone_id == zone.zone_id
                ],
            }
            for zone in said.zones
        ],
        "door": f"들어갈 때 {DOORS[said.door_in]} · 나올 때 {DOORS[said.door_out]}",
        "borescope": "내시경을 사용 중인 칸이나 주거 공간으로 향하지 않았다고 답함" if said.borescope_rule else "",
    }


def _name(one: UsedInstrument) -> str:
    return " ".join(part for part in (INSTRUMENTS[one.kind].ko, one.model, one.serial) if part)


def _saw(look: InstrumentLook) -> str:
    saw = INSTRUMENT_SAW[look.saw].ko
    if look.place is not None:
        saw += f" · 도면 왼쪽 위에서 오른쪽 {look.place.x_m:.2f} m, 아래 {look.place.y_m:.2f} m"
    return saw if look.afterwards is None else f"{saw} · {AFTERWARDS[look.afterwards].ko}"


def _after(seconds: int) -> str:
    return f"{seconds // 60}분 {seconds % 60:02}초"

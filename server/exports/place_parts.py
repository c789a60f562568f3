"""Sex, floor and stalls of a room, apart, as the form asks for them.

Input are codes and numbers of a room as it is registered; output are words.  What nobody said is None and is printed as
a place to write.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.interface.fields import RoomSex
from server.interface.told import either, many, word
from sweep.phrases import Language
from sweep.report import LocalText

SEXES: Mapping[RoomSex, LocalText] = {
    "women": LocalText(ko="여", en="Women"),
    "men": LocalText(ko="남", en="Men"),
    "unisex": LocalText(ko="남녀공용", en="Unisex"),
    "family": LocalText(ko="가족", en="Family"),
}


def sex_words(sex: RoomSex | None, language: Language = "ko") -> str | None:
    """For whom the room is; None when nobody said."""
    return None if sex is None else word(language, SEXES[sex])


def floor_words(floor: int | None, language: Language = "ko") -> str | None:
    """`1층`, `지하 2층`; None when nobody said."""
    if floor is None:
        return None
    if floor > 0:
        return either(language, f"{floor}층", f"Floor {floor}")
    return either(language, f"지하 {-floor}층", f"Basement {-floor}")


def stalls_words(stalls: int | None, language: Language = "ko") -> str | None:
    """How many stalls there are; None when nobody counted them."""
    return either(language, f"{stalls}칸", many(stalls, "stall")) if stalls else None

"""Sex, floor and stalls of a room, apart, as the form asks for them.

Input are codes and numbers of a room as it is registered; output are words.  What nobody said is None and is printed as
a place to write.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.interface.fields import RoomSex

SEXES: Mapping[RoomSex, str] = {"women": "여", "men": "남", "unisex": "남녀공용", "family": "가족"}


def sex_words(sex: RoomSex | None) -> str | None:
    """For whom the room is; None when nobody said."""
    return None if sex is None else SEXES[sex]


def floor_words(floor: int | None) -> str | None:
    """`1층`, `지하 2층`; None when nobody said."""
    if floor is None:
        return None
    return f"{floor}층" if floor > 0 else f"지하 {-floor}층"


def stalls_words(stalls: int | None) -> str | None:
    """How many stalls there are; None when nobody counted them."""
    return f"{stalls}칸" if stalls else None

"""Sex and floor read out of a room's name, when a room is made and nobody said them apart.

Input is a room's Korean name; output are codes and numbers.  What the name does not say stays open, nothing is guessed;
people put it right afterwards (`facilities.set_parts`).
"""

from __future__ import annotations

import re

from server.interface.fields import RoomSex

_FLOOR = re.compile(
    r"(?P<below>지하)?\s*(?P<b>B\s*)?(?P<floor>\d{1,3})\s*층|\bB(?P<basement>[1-9]\d?)\b|\b(?P<f>\d{1,3})F\b",
    re.IGNORECASE,
)
MOST_FLOORS = 200  # guessed: no building here has more
_SEXES: tuple[tuple[re.Pattern[str], RoomSex], ...] = (
    (re.compile(r"남\s*[녀여]\s*(?:공용|공동)|공용|혼성"), "unisex"),
    (re.compile(r"가족"), "family"),
    (re.compile(r"여자|여성|\b여\b|\(여\)|女"), "women"),
    (re.compile(r"남자|남성|\b남\b|\(남\)|男"), "men"),
)


def sex_in(name: str) -> RoomSex | None:
    """For whom the room is; None when the name does not say."""
    return next((code for pattern, code in _SEXES if pattern.search(name)), None)


def floor_in(name: str) -> int | None:
    """The floor, 1 for the ground floor, -1 for the first below it; None when the name does not say."""
    found = _FLOOR.search(name)
    if found is None:
        return None
    number = int(found["floor"] or found["basement"] or found["f"])
    is_below = found["below"] is not None or found["b"] is not None or found["basement"] is not None
    return None if not 1 <= number <= MOST_FLOORS else -number if is_below else number

"""Sex, floor and stalls of a room, apart, as the form asks for them.

Input is a room's Korean name and what the report's plan says; output are words.  Rooms are registered under one name
("1층 여자화장실"), so sex and floor are read out of it; what the name does not say stays open, nothing is guessed.
"""

from __future__ import annotations

import re

_FLOOR = re.compile(r"(?:지하|지상)?\s*(?:B\s*)?\d{1,3}\s*층|\bB\d{1,2}\b|\b\d{1,3}F\b", re.IGNORECASE)
_SEXES = (
    (re.compile(r"남\s*[녀여]\s*(?:공용|공동)|공용|혼성"), "남녀공용"),
    (re.compile(r"가족"), "가족"),
    (re.compile(r"여자|여성|\b여\b|\(여\)|女"), "여"),
    (re.compile(r"남자|남성|\b남\b|\(남\)|男"), "남"),
)


def sex_of(room_name: str) -> str | None:
    """여, 남, 남녀공용 or 가족; None when the name does not say."""
    return next((word for pattern, word in _SEXES if pattern.search(room_name)), None)


def floor_of(room_name: str) -> str | None:
    """The floor as it is written, `1층`, `지하 2층`; None when the name does not say."""
    found = _FLOOR.search(room_name)
    return None if found is None else " ".join(found[0].split())


def stalls_words(stalls: int) -> str | None:
    """How many stalls the plan has; None without a plan."""
    return f"{stalls}칸" if stalls else None

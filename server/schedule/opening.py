"""When a place is open, read off what people wrote: `정시(09:00~18:00, 평일만)` is from 9 to 18.

Pure; minutes since midnight.  What cannot be read says nothing, and the place counts as open.
"""

from __future__ import annotations

import re
from typing import NamedTuple

DAY_MIN = 24 * 60
_SPAN = re.compile(r"(\d{1,2})\s*(?::\s*(\d{2})|시)?\s*[~\-–]\s*(?:익일)?\s*(\d{1,2})\s*(?::\s*(\d{2})|시)?")


class Hours(NamedTuple):
    """From when to when, in minutes; the end may lie after midnight."""

    first_min: int
    last_min: int


def hours_in(text: str) -> Hours | None:
    """Opening hours that a text tells; None where it tells none, or of a place that never closes."""
    found = _SPAN.search(text)
    if found is None:
        return None
    first = int(found[1]) * 60 + int(found[2] or 0)
    last = int(found[3]) * 60 + int(found[4] or 0)
    if first > DAY_MIN or last > DAY_MIN or first == last:
        return None
    if last < first:
        last += DAY_MIN
    return None if last - first >= DAY_MIN else Hours(first, last)

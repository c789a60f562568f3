"""The elements of all senders of a log: the octets come from `management`, scapy takes them apart in `dissection`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import reduce

from .elements import Elements, join_elements
from .management import Management


@dataclass(frozen=True, slots=True)
class Said:
    """The elements of all senders of a log."""

    by_sender: dict[int, Elements] = field(default_factory=dict)
    dissected: int = 0
    """Frames whose elements were new."""
    rejected: Counter[str] = field(default_factory=Counter)
    """Frames with something that could not be read, by named reason."""


def read_elements(management: Management) -> Said:
    """What the new frames of a log say; loads scapy when there is one at least.

    Without scapy (it comes with the extra `probe`) nothing is known of any sender, and that is counted.
    """
    count = sum(map(len, management.bodies.values()))
    rejected = Counter({"over_limit": management.missed} if management.missed else {})
    if not count:
        return Said(rejected=rejected)
    try:
        from .dissection import dissect_body
    except ModuleNotFoundError as error:
        if error.name != "scapy":
            raise
        return Said(rejected=rejected + Counter({"no_scapy": count}))
    by_sender = {}
    for sender, bodies in management.bodies.items():
        found = [
            dissect_body(body.octets, is_announcement=body.is_announcement)._replace(clock_us=body.clock_us)
            for body in bodies
        ]
        rejected.update(reason for one in found for reason in one.rejected)
        by_sender[sender] = reduce(join_elements, found)
    return Said(by_sender, count, rejected)

"""What management frames say of their sender: a signature of its kind, names, protection, channel.

Records and how they are joined; the octets come from `management`, scapy takes them apart in `dissection`.  Names are
hostile text and stay bytes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import reduce
from typing import Final, NamedTuple

from .management import Management

MAX_NAMES: Final = 8
"""Names kept of each sort per sender: guessed; a network has one, a beacon flood any number."""


class Elements(NamedTuple):
    """What one sender's management frames say of it."""

    signature: str | None = None
    """Sixteen hexadecimal digits: the same for the same kind of radio and software, not for one device; None where
    no frame was heard whole."""
    ssids: tuple[bytes, ...] = ()
    """Names of the networks it announces, raw octets: hostile, for the body of a finding only."""
    names: tuple[bytes, ...] = ()
    """Device name, manufacturer and model by WPS, likewise."""
    uuid: bytes = b""
    """Of the device, by WPS; empty where it does not say."""
    device_category: str | None = None
    """What it calls itself by WPS (primary device type), `camera` for one."""
    security: tuple[str, ...] = ()
    """One line per way to join: `rsn psk sae, ccmp-128`; empty where no element says."""
    channel_mhz: int | None = None
    """The primary channel of its network, or the one that it probed on."""
    clock_us: int | None = None
    """When its timer stood at zero, by the capture's clock; None where it announces no timer."""
    rejected: tuple[str, ...] = ()
    """Why parts of its elements could not be read."""


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


def join_elements(before: Elements, found: Elements) -> Elements:
    """Both frames of one sender: names of both, and of everything else what was said first."""
    return Elements(
        signature=before.signature or found.signature,
        ssids=tuple(dict.fromkeys((*before.ssids, *found.ssids)))[:MAX_NAMES],
        names=tuple(dict.fromkeys((*before.names, *found.names)))[:MAX_NAMES],
        uuid=before.uuid or found.uuid,
        device_category=before.device_category or found.device_category,
        security=before.security or found.security,
        channel_mhz=found.channel_mhz if before.channel_mhz is None else before.channel_mhz,
        clock_us=found.clock_us if before.clock_us is None else before.clock_us,
        rejected=before.rejected or found.rejected,
    )

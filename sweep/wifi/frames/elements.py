"""What management frames say of their sender: a signature of its kind, names, protection, channel.

A record and how two of one sender are joined; `element_reader` fills it.  Names are hostile text and stay bytes.
"""

from __future__ import annotations

from typing import Final, NamedTuple

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

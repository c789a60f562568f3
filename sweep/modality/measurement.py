"""What one modality measured at one position, and who was heard: the modality's answer to the rest of the probe."""

from __future__ import annotations

from dataclasses import dataclass, field

from sweep.modality.directions import SeenDirections
from sweep.report import Gap, LocalText, Modality, Observation

MAX_OBSERVATIONS = 300  # bounds a report: the strongest transmitters of a station hall


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """Full addresses and raw names of a transmitter: kept in memory, reported only for a finding."""

    addresses: tuple[str, ...]
    ssids: tuple[bytes, ...] = ()
    names: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one modality measured at one position."""

    zone_id: str
    position_id: str
    modality: Modality
    dwell_s: float
    samples: int
    dropped: int
    quality: float
    """Share 0..1 of what should have been seen here that was seen well enough."""
    blind_reason: str | None
    """Code that says why nothing can be judged; None when it can."""
    observations: tuple[Observation, ...] = ()
    rejections: dict[str, int] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    identities: dict[str, DeviceIdentity] = field(default_factory=dict)
    """By observation id."""
    crops: dict[str, bytes] = field(default_factory=dict)
    """PNG bytes (at most 64 px) by observation id."""
    light_s: float = 0.0
    """How long the light test took here."""
    light_open_s: float = 0.0
    """Of it, what was only for transmitters that their traffic leaves open."""
    guidance: tuple[LocalText, ...] = ()
    lamp_light: float | None = None
    """Median of the lamps' light on what was filmed, in electrons a pixel and second of exposure; None: not known."""
    unheard_mhz: tuple[int, ...] | None = None
    """Channels in use that could not be tuned to, by their centres; None: not known, or nothing is tuned."""
    seen: SeenDirections | None = None
    """Which directions a camera saw; None for a modality without one, and where nobody kept it."""
    limits: tuple[str, ...] = ()
    """Codes of what could not be seen or known here, for the report's limits."""


def code_of(name: str) -> str:
    """A reason's name as a contract code."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name.lower())[:63]
    return kept if kept[:1].isalpha() else f"x{kept}"[:63]

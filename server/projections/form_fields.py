"""What only people on the spot know of a sweep, as the form (점검일지) asks for it: plain and frozen.

Words are in the language of the line that they stand in; what people typed stays as they typed it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sweep.report.visit_records import ByEye, Occasion


@dataclass(frozen=True, slots=True)
class ZoneLine:
    """A zone of the checklist that people filled in on the spot."""

    zone: str
    """Its name."""
    fine: tuple[str, ...]
    """Parts that were looked at with nothing unusual, in words."""
    marked: tuple[str, ...]
    """Parts where something was strange; of earlier checklists, or broken."""
    holes: int
    floor_gap_mm: int | None
    """Measured; None: not measured."""
    ceiling_gap_mm: int | None
    emergency_bell: str
    sticker: bool
    """Was a hole or gap closed by a sticker there and then?"""
    broken: tuple[str, ...] = ()
    """Parts that are to be repaired, with nothing strange about them."""
    photographs: int = 0
    """Of objects in this zone; kept sealed, in no document."""


@dataclass(frozen=True, slots=True)
class HandEntries:
    """What only people on the spot know; the probe measures none of it, so None is printed as not recorded."""

    occasion: Occasion | None = None
    """점검구분: regular, ad hoc or joint."""
    companions: tuple[str, ...] = ()
    """동행·입회: pseudonyms or offices, e.g. police."""
    suspicious_marks: str | None = None
    """의심흔적: holes, scratches."""
    emergency_bell: str | None = None
    """비상벨 작동."""
    measures: tuple[str, ...] = ()
    """조치 that was taken: sticker, repair request, scene kept and police called."""
    confirmed_by: str | None = None
    """확인자, by office."""
    by_eye: ByEye | None = None
    """What persons saw by eye; None when nobody noted it."""
    spots: tuple[str, ...] = ()
    """Where they looked, in words."""
    noted_by: str | None = None
    """Pseudonym of whoever noted it."""
    photographs: int = 0
    """Photographs of objects that are kept sealed; no export holds one."""
    checks: tuple[ZoneLine, ...] = ()
    """The checklist, zone by zone; empty where nobody filled one in."""
    photographs_by_zone: tuple[tuple[str, int], ...] = ()
    """Name of each zone of which there are photographs, and how many; without a zone under `by_eye.NO_ZONE`."""

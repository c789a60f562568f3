"""Kinds of entries, the media types of their bodies, and what a crop may be (REPORT.md tells who writes which)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from .base import LocalText, Record

OPENED = "sweep.opened"
REPORT = "sweep.report"
DISPOSITION = "disposition"
BODY_ERASED = "body.erased"
KNOWN_KINDS = frozenset({OPENED, REPORT, DISPOSITION, BODY_ERASED})

OPENED_TYPE = "application/vnd.ansim.sweep-opened.v1+json"
REPORT_TYPE = "application/vnd.ansim.sweep-report.v1+json"
DETAILS_TYPE = "application/vnd.ansim.finding-details.v1+json"
DISPOSITION_TYPE = "application/vnd.ansim.disposition.v1+json"
ERASED_TYPE = "application/vnd.ansim.body-erased.v1+json"
CROP_TYPE = "image/png"

CROP_PX = 64
"""Longest side of a crop."""
MAX_CROPS = 20
"""Of one sweep."""


class BodyErased(Record):
    """Which body two persons erased, and why; the envelope's subject is the first of them."""

    v: Literal[1]
    commitment: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    second_person: Annotated[str, StringConstraints(min_length=2, max_length=60)]
    reason: LocalText

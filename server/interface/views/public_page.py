"""Stickers of rooms, and reports of the public."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from server.interface.views.answer import View
from sweep.report import LocalText


class StickerView(View):
    """The sticker of a room."""

    code: str
    url: str
    """What its QR code says: the public page, and for inspectors the room."""


class StickerRoom(View):
    """The room that a sticker opens."""

    room_id: UUID


class PublicReportView(View):
    """What somebody wrote on the public page of a room; nothing is known of who."""

    report_id: UUID
    room_id: UUID
    facility_name: LocalText
    room_name: LocalText
    what: Literal["hole", "device", "other"]
    text: str
    """One line of a stranger: show it as text, never as markup."""
    received: datetime


class PublicReportList(View):
    """Reports that wait, the oldest first."""

    reports: tuple[PublicReportView, ...]

"""What persons send about a visit: their own word beside the report of the probe."""

from __future__ import annotations

from server.interface.fields import TimeOrderedId
from server.interface.sweep_requests import PhoneClaim
from sweep.report.visit_records import Noted, SignedByHand


class VisitNoteRequest(Noted):
    """What the inspectors noted of their visit."""

    note_id: TimeOrderedId | None = None
    """Sent again it is one note."""
    claimed: PhoneClaim | None = None


class SignatureRequest(SignedByHand):
    """A signature by finger over the note that the page shows."""

    signature_id: TimeOrderedId | None = None
    """Sent again it is one signature."""
    claimed: PhoneClaim | None = None

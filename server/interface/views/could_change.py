"""Who could have changed a record at a time, apart from who did: for auditors."""

from __future__ import annotations

from datetime import datetime

from server.interface.views.answer import View
from server.verifier.signing_rules import Signatory


class KeyThatCould(View):
    """A key that counted then and may speak of the room."""

    key_id: str
    signatory: Signatory
    name: str
    probe_id: str | None
    tenant: str | None
    kinds: tuple[str, ...]
    """Kinds of entries that it could have written; of the root key those that decide which keys count."""
    wrote: int
    """Entries about the room or case that it did write and that count, up to that time."""


class PersonWhoCould(View):
    """An account that could have decided there then, as the district's register has it."""

    account: str
    name: str | None
    """Null: erased from the register."""
    role: str
    district: str | None
    """Null: of the whole city."""
    wrote: int


class CouldHaveChanged(View):
    """Keys and persons that could have changed the record of a room or case at a time."""

    at: datetime
    log_size: int
    """Entries that the log had then."""
    district: str | None
    """Where the room lay."""
    keys: tuple[KeyThatCould, ...]
    persons: tuple[PersonWhoCould, ...]
    registered_since: datetime | None
    """Since when the log says which accounts there are; before that persons are not known."""

"""A step of a case beside the persons who took it and the time that counts, for the rules of `server/standing`."""

from __future__ import annotations

from server.cases.proving import second_of
from server.interface.voice import Voice
from server.interface.words import KST
from server.standing.cases import Taken
from server.store.clock import from_ms, to_ms
from server.store.stored_rows import StoredEntry
from sweep.report.case_records import CaseStep


def taken_of(row: StoredEntry, said: CaseStep) -> Taken:
    """What an entry says; it cannot have been done after it came."""
    at_ms = min(to_ms(said.decided.utc), row.received_ms)
    second = second_of(said.step)
    others = () if second is None else (Voice(second, getattr(said.step, "second_account", None)),)
    persons = (Voice(row.subject, said.account), *others)
    return Taken(said.step, persons, from_ms(at_ms).astimezone(KST).date(), at_ms)

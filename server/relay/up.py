"""The way up: entries of this server are sent to the city's as they are, and each one's receipt is verified and kept.

Input is what is due; output are receipts in the database.  Resumes where it was cut off: the same entry again changes
nothing at the city.  An entry has arrived when the city's pinned key signed a receipt for it and its bodies, with a
proof in a log that grew from what was seen of it before.  A log that went back stops the relay: nothing arrives there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from server.relay import queue
from server.relay.city import KEY_CHANGED, REFUSED, WENT_BACK, City, change, find_city, stop
from server.relay.client import CityClient
from server.relay.queue import Due
from server.store.alarms import raise_alarm
from server.store.db import Database
from sweep.entry.dsse import EntryError, parse_signed
from sweep.entry.envelope import verify_receipt
from sweep.entry.growth import LogWentBackError, check_growth, check_head
from sweep.entry.notes import Checkpoint
from sweep.entry.succession import follow
from sweep.phrases import Phrase, phrase_of

NO_CITY = Phrase("no_city_configured")
MOST_FAILURES = 3  # guessed: so many receipts in a row that do not hold, and it is the server and not they


@dataclass(frozen=True, slots=True)
class Pushed:
    """What one pass did."""

    arrived: int = 0
    refused: int = 0
    trouble: Phrase | None = None
    """Why something is left though the city answers; one line."""


def push(db: Database, client: CityClient, is_over: Callable[[], bool] = lambda: False) -> Pushed:
    """Send everything that is due, in the order of the log.  Raises CityAwayError when the city cannot take it now."""
    queue.list_new(db)
    with db.read() as connection:
        if queue.next_due(connection) is None:
            return Pushed()
    city = contact(db, client)
    if isinstance(city, Phrase):
        return Pushed(trouble=city)
    done = refused = 0
    skipped: list[int] = []
    trouble: Phrase | None = None
    while not is_over():
        with db.read() as connection:
            due, known = queue.next_due(connection, skipped), find_city(connection)
        if due is None or known is None:
            break
        receipt, reason = client.post_entry(due.wire)
        if receipt is None:
            _note_refusal(db, due, reason)
            refused += 1
            continue
        try:
            city_index, note = _checked(receipt, due, known, client)
        except LogWentBackError as error:
            with db.write() as connection:
                stop(connection, WENT_BACK, due.key_id, due.sweep_id, due.log_index)
            return Pushed(done, refused, phrase_of(error))
        except EntryError as error:
            trouble = trouble or Phrase("city_receipt_void", log_index=due.log_index, why=error)
            skipped.append(due.log_index)
            if len(skipped) == MOST_FAILURES:
                break
            continue
        with db.write() as connection:
            queue.arrived(connection, due, receipt, city_index)
            if note is not None and note != known.seen_note:
                change(connection, seen_note=note)
        done += 1
    return Pushed(done, refused, trouble)


def contact(db: Database, client: CityClient) -> City | Phrase:
    """The city, its key pinned at the first contact; or why nothing is done with it."""
    with db.read() as connection:
        city = find_city(connection)
    if city is None or city.stopped is not None:
        return NO_CITY if city is None else Phrase("relay_stopped", code=city.stopped)
    key = client.server_key()
    if city.server_key is None or (city.server_key != key and _is_successor(city, key, client)):
        with db.write() as connection:
            change(connection, server_key=key)
            return find_city(connection) or NO_CITY
    if city.server_key != key:
        with db.write() as connection:
            raise_alarm(connection, KEY_CHANGED, key_id=None, sweep_id=None, log_index=None)
        return Phrase("city_key_is_another")
    return city


def watch_head(db: Database, client: CityClient) -> Checkpoint | Phrase:
    """The head of the city's log, which grew from what was seen; or why nothing is done with it."""
    city = contact(db, client)
    if isinstance(city, Phrase) or city.server_key is None:
        return city if isinstance(city, Phrase) else NO_CITY
    note = client.head()
    try:
        head = check_head(note, city.server_key, city.seen_note, client.growth)
    except (LogWentBackError, EntryError) as error:
        if isinstance(error, LogWentBackError):
            with db.write() as connection:
                stop(connection, WENT_BACK)
        return phrase_of(error)
    if note != city.seen_note:
        with db.write() as connection:
            change(connection, seen_note=note)
    return head


def _is_successor(city: City, key: bytes, client: CityClient) -> bool:
    """Did the root key of the log that was seen admit this key in the place of the pinned one?"""
    if city.seen_note is None or city.server_key is None:
        return False
    root_key_id = city.seen_note.partition("\n")[0].rpartition("/")[2]
    try:
        return follow(client.succession(), root_key_id, city.server_key) == key
    except EntryError:
        return False


def _checked(receipt: dict[str, object], due: Due, city: City, client: CityClient) -> tuple[int, str | None]:
    """(index in the city's log, note to remember); EntryError when the receipt does not prove that it arrived."""
    if city.server_key is None:
        raise EntryError(Phrase("city_key_not_pinned"))
    verified = verify_receipt(parse_signed(receipt), city.server_key, due.entry, due.commitments)
    return verified.log_index, check_growth(verified, due.entry, city.server_key, city.seen_note, client.growth)


def _note_refusal(db: Database, due: Due, reason: str) -> None:
    with db.write() as connection:
        queue.refused(connection, due, reason)
        raise_alarm(connection, REFUSED, key_id=due.key_id, sweep_id=due.sweep_id, log_index=due.log_index)

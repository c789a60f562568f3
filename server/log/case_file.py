"""What the file of a case proves itself with: its steps, the sweeps that saw the thing, and what became of photographs.

Input is a connection whose transaction sees one state of the log, a case and what the police asked for in writing;
output are lines that `server/verifier/case_file.py` reads.  Bodies go along as `server/verifier/bodies.py` has it: what
persons did always, addresses, radio records and sealed photographs only when asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import Connection, or_, select

from server.log.proven_records import indices_of, proven_lines
from server.store.schema import cases, entries, photos
from server.store.stored_bodies import bodies_of
from server.store.stored_rows import StoredCase
from server.verifier.bodies import carried_in_case
from server.verifier.case_file import CASE_FILE_TYPE, STATEMENT
from server.verifier.strict import read_json
from sweep.entry.dsse import MAX_BODY_BYTES
from sweep.entry.kinds import PHOTO_CHECKED, PHOTO_CHECKED_TYPE, PHOTO_OPENED, PHOTO_OPENED_TYPE, SWEEP_KINDS

__all__ = ["CASE_FILE_TYPE", "STATEMENT", "case_lines"]
ABOUT_PHOTOS = {PHOTO_OPENED: PHOTO_OPENED_TYPE, PHOTO_CHECKED: PHOTO_CHECKED_TYPE}


def case_lines(
    connection: Connection,
    case: StoredCase,
    steps: Iterable[int],
    asked: Iterable[str],
    on_record: Callable[[int, int], None],
) -> Iterator[bytes]:
    """The records of a case; `steps` are the places of its steps that count, `asked` what the police asked for.

    `on_record` hears how many of about how many are written.
    """
    indices = {*steps, *_photographs(connection, case)}
    is_of_case = or_(cases.c.case_id == case.case_id, cases.c.joins == case.case_id)
    seen_by = select(cases.c.sweep_id).where(is_of_case, cases.c.sweep_id.is_not(None))
    of_sweeps = entries.c.kind.in_(sorted(SWEEP_KINDS)) & entries.c.sweep_id.in_(seen_by)
    indices |= indices_of(connection, of_sweeps)
    for done, line in enumerate(proven_lines(connection, indices, carried_in_case(asked)), 1):
        yield line
        on_record(done, len(indices))


def _photographs(connection: Connection, case: StoredCase) -> Iterator[int]:
    """Places of the photographs of a case, and of who opened and checked them."""
    taken = connection.execute(
        select(photos.c.photo_id, photos.c.log_index).where(photos.c.case_id == case.case_id)
    ).all()
    yield from (row.log_index for row in taken)
    if not taken:
        return
    ids = {str(row.photo_id) for row in taken}
    about = entries.c.kind.in_(sorted(ABOUT_PHOTOS)) & (entries.c.room_id == case.recorded_room_id)
    for index in sorted(indices_of(connection, about)):
        for body in bodies_of(connection, index):
            if body.media_type in ABOUT_PHOTOS.values() and body.data is not None:
                said = read_json(body.data, max_bytes=MAX_BODY_BYTES)
                if said.get("photo_id") in ids:
                    yield index

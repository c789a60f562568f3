"""Which entry of a key is the newest when an outbox opens, from its stored number and the files that wait.

It reads and gives no number away: where something is damaged, the number that it says leaves a hole behind it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sweep.deliver.entry_files import DamagedEntryError, EntryFiles, number_of
from sweep.deliver.numbering import LEAST_JUMP, Newest, Numbering, jump_from
from sweep.entry.dsse import EntryError
from sweep.entry.envelope import parse_envelope


def find_newest(files: EntryFiles, numbering: Numbering, key_id: str) -> Newest:
    """The newest entry of a key: the later of the stored head and the last entry file that can be read.

    Where a file has a later number and cannot be read, or no head is whole, numbers go on behind a hole.
    """
    known = numbering.read()
    newest = known or Newest(0, None)
    unread = 0
    for path in sorted(files.waiting(), key=lambda path: path.name, reverse=True):
        try:
            entry, _, _ = files.open(path)
            envelope = parse_envelope(entry.payload)
        except (DamagedEntryError, EntryError):
            unread = max(unread, number_of(path.name))
            continue
        if envelope.key_id == key_id:
            if envelope.seq > newest.seq:
                newest = Newest(envelope.seq, entry.entry_hash)
            break
    for aside in files.asides():
        unread = max(unread, number_of(aside.name))
    if known is None and numbering.damaged:
        return Newest(jump_from(newest.seq, datetime.now(UTC)), None)
    if newest.seq < unread <= newest.seq + LEAST_JUMP:  # a number far beyond is no entry of this key
        return Newest(unread + 1, None)
    return newest

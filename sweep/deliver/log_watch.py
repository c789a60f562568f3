"""The server's log as this probe has seen it: the last signed head, kept in a file.

Input are receipts with their proofs and consistency proofs that are fetched; output is the note that goes into
`seen_checkpoint`, or LogWentBackError.  A log that lost or changed what this probe saw in it gets no entry's copy
deleted: it is the one alarm that no network trouble can raise.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sweep.entry import notes
from sweep.entry.dsse import EntryError, SignedEntry
from sweep.entry.envelope import Receipt
from sweep.entry.growth import Fetch, LogWentBackError, check_growth
from sweep.host.disk import DISK, Disk, DiskError, read_file
from sweep.phrases import Phrase

SEEN_NAME: Final = "log-seen.note"
MAX_SEEN_CHARS: Final = 2_000
"""As many as an envelope takes."""

__all__ = ["Fetch", "LogWatch", "LogWentBackError"]


class LogWatch:
    """The last head of one server's log."""

    def __init__(self, folder: Path, disk: Disk = DISK) -> None:
        self._file = folder / SEEN_NAME
        self._disk = disk
        self._seen = self._read()

    @property
    def seen(self) -> str | None:
        """The last signed head, for what this probe signs next; None when there is none, or it is too long."""
        return self._seen if self._seen is not None and len(self._seen) <= MAX_SEEN_CHARS else None

    @property
    def root_key_id(self) -> str | None:
        """Key id of the first root key of the log that was seen, from its origin; None before the first head."""
        if self._seen is None:
            return None
        return self._seen.partition("\n")[0].rpartition("/")[2] or None

    def check(self, receipt: Receipt, entry: SignedEntry, server_key: bytes, fetch: Fetch) -> None:
        """Hold a receipt's proof against the entry and against what was seen before, and remember the later head.

        Raises EntryError when the proof does not hold, LogWentBackError when the log is another one than before, and
        OSError when the server does not give the proof of its growth now.
        """
        try:
            note = check_growth(receipt, entry, server_key, self._seen, fetch)
        except LogWentBackError as error:
            raise LogWentBackError(Phrase("log_went_back_remove_file", why=error, file=self._file)) from None
        if note is None or note == self._seen:
            return
        try:
            self._disk.write_whole(self._file, note.encode())
        except DiskError as error:
            raise EntryError(Phrase("log_head_not_saved", why=error)) from None
        self._seen = note

    def _read(self) -> str | None:
        """The head in the file; None when there is none.  What is damaged there is as if nothing had been seen."""
        try:
            text = read_file(self._file, notes.MAX_NOTE_BYTES).decode()
            notes.parse_checkpoint(notes.parse_note(text).text)
        except (OSError, DiskError, ValueError):
            return None
        return text

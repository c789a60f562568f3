"""The journal of a sweep: every measurement is on the disk as soon as it is made, until the signed report is.

A folder for each sweep: `records` grows by a line a record (CRC-32 of the rest, then JSON) and reaches the disk before
the next begins; beside it lies what each modality has so far (`wifi.sofar`), replaced whole.  A line that was cut off
or is damaged is counted and left out; what is no journal at all is refused with one line.  A disk that takes nothing
never stops a sweep: lines wait in memory, in order, for the next time.
"""

from __future__ import annotations

import binascii
import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from sweep.deliver.journal_records import (
    ClosingRecord,
    JournalHeader,
    JournalRecord,
    MeasuredRecord,
    OpenedRecord,
    OutsideRecord,
    PositionRecord,
    ResumedRecord,
)
from sweep.host.disk import DISK, READ_FLAGS, Disk, DiskError, read_file
from sweep.phrases import Phrase
from sweep.report import Modality, Position, to_json
from sweep.report.base import MAX_JSON_BYTES

RECORDS_NAME: Final = "records"
SOFAR_SUFFIX: Final = ".sofar"
MAX_LINE_BYTES: Final = MAX_JSON_BYTES + 64
CRC_DIGITS: Final = 8
_ANY: Final[TypeAdapter[JournalRecord]] = TypeAdapter(JournalRecord)


class JournalError(ValueError):
    """A folder that should hold a journal holds none that can be read; one line."""


class JournalFile:
    """A journal that grows; of one thread."""

    def __init__(self, folder: Path, *, disk: Disk = DISK) -> None:
        """Goes on behind the last whole line where there are some."""
        self.folder = folder
        self._disk = disk
        self._fd: int | None = None
        self._size = 0
        self._waiting: list[bytes] = []
        self.trouble: DiskError | None = None
        """Why something is in memory only; None when everything is on the disk."""

    def put(self, record: BaseModel) -> None:
        """Append a record, behind those that the disk did not take before."""
        self._waiting.append(to_line(record))
        self.save()

    def save(self) -> None:
        """Try to put on the disk what is in memory only."""
        try:
            descriptor = self._open() if self._fd is None else self._fd
            while self._waiting:
                self._append(descriptor, self._waiting[0])
                del self._waiting[0]
        except OSError as error:
            self.trouble = DiskError(self.folder, error)
        except DiskError as error:
            self.trouble = error
        else:
            self.trouble = None

    def put_partial_result(self, record: MeasuredRecord) -> None:
        """What a modality has so far, instead of what it had before."""
        try:
            self._disk.make_folder(self.folder, 0o700)
            self._disk.write_whole(self.folder / f"{record.measurement.modality}{SOFAR_SUFFIX}", to_line(record))
        except OSError as error:
            self.trouble = DiskError(self.folder, error)
        except DiskError as error:
            self.trouble = error
        else:
            self.save()  # which says whether everything is on the disk by now

    def _open(self) -> int:
        self._disk.make_folder(self.folder, 0o700)
        path = self.folder / RECORDS_NAME
        if self._waiting and not os.path.lexists(path):  # a first line cut off could not be told from a damaged journal
            self._disk.write_whole(path, self._waiting[0])
            del self._waiting[0]
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        self._size = _whole_size(self._fd)
        self._disk.sync_folder(self.folder)
        return self._fd

    def _append(self, descriptor: int, line: bytes) -> None:
        try:
            self._disk.write_at(descriptor, line, self._size)
        except OSError:
            with contextlib.suppress(OSError):  # what is left of the line is written over, or counted as torn
                os.ftruncate(descriptor, self._size)
            raise
        self._size += len(line)

    def close(self) -> None:
        """Let the file go; it stays where it is."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def remove(self) -> None:
        """The report is safe: delete the journal."""
        self.close()
        self._waiting.clear()
        remove_journal(self.folder, self._disk)


def _whole_size(descriptor: int) -> int:
    """Bytes up to the end of the last line; what was cut off behind it is cut away.  Raises OSError."""
    size = os.fstat(descriptor).st_size
    while size > 0:
        begin = max(0, size - 65_536)
        at = os.pread(descriptor, size - begin, begin).rfind(b"\n")
        size = begin if at < 0 else begin + at + 1
        if at >= 0:
            break
    os.ftruncate(descriptor, size)
    return size


def to_line(record: BaseModel) -> bytes:
    """A record as it stands in a journal."""
    data = to_json(record)
    return b"%08x %s\n" % (binascii.crc32(data), data)


def from_line(line: bytes) -> JournalRecord | None:
    """The record of a line; None for one that is cut off, damaged or of another version."""
    data = line[CRC_DIGITS + 1 : -1]
    if line[-1:] != b"\n" or line[: CRC_DIGITS + 1] != b"%08x " % binascii.crc32(data):
        return None
    try:
        return _ANY.validate_json(data)
    except ValidationError:
        return None


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal tells of a sweep that was not closed."""

    folder: Path
    header: JournalHeader
    is_opened: bool
    """The entry `sweep.opened` was on the disk; False: nobody knows."""
    position_records: tuple[PositionRecord, ...]
    """Each position once, in order, as it was last heard of."""
    measured: tuple[MeasuredRecord, ...]
    """The last word of each modality at each position."""
    unfinished: frozenset[tuple[str, Modality]]
    """(position, modality) of those in `measured` that are what there was so far."""
    outside_limits: tuple[str, ...]
    """What has to be said of what was measured outside the door."""
    closing: ClosingRecord | None
    last_ns: int
    """When the last record was made, on CLOCK_BOOTTIME."""
    lost: int
    """Lines that were cut off or damaged."""

    @property
    def positions(self) -> tuple[Position, ...]:
        """Where somebody stood; the last one ends where the journal does."""
        return tuple(
            one.position
            if one.is_over or self.header.source != "live"
            else one.position.model_copy(update={"end_ns": max(one.position.start_ns, self.last_ns)})
            for one in self.position_records
        )


def read_journal(folder: Path) -> Journal:
    """What a journal tells.  Raises JournalError with one line for what is none."""
    records: list[JournalRecord] = []
    lost = 0
    for line in _lines(folder / RECORDS_NAME):
        record = from_line(line)
        if record is None:
            lost += 1
        else:
            records.append(record)
    if not records or not isinstance(records[0], JournalHeader):
        raise JournalError(Phrase("journal_header_invalid", folder=folder / RECORDS_NAME))
    if any(isinstance(record, JournalHeader) for record in records[1:]):
        raise JournalError(Phrase("journal_mixed", folder=folder / RECORDS_NAME))
    partial_result, damaged = _read_partial_results(folder)
    return _put_together(folder, records[0], records[1:], partial_result, lost + damaged)


def _put_together(
    folder: Path,
    header: JournalHeader,
    records: Sequence[JournalRecord],
    partial_result: Sequence[MeasuredRecord],
    lost: int,
) -> Journal:
    position_records: dict[str, PositionRecord] = {}
    measured: dict[tuple[str, Modality], MeasuredRecord] = {}
    outside_limits: tuple[str, ...] = ()
    closing: ClosingRecord | None = None
    last_ns = header.begun_ns
    for record in records:
        match record:
            case PositionRecord(position=position):
                position_records[position.position_id] = record
            case MeasuredRecord(measurement=one):
                measured[one.position_id, one.modality] = record
            case OutsideRecord():
                outside_limits = record.limits
            case ClosingRecord():
                closing = record
            case OpenedRecord() | ResumedRecord() | JournalHeader():
                pass
        if not isinstance(record, JournalHeader):
            last_ns = max(last_ns, record.t_ns)
    unfinished = set[tuple[str, Modality]]()
    for last in partial_result:
        key = last.measurement.position_id, last.measurement.modality
        position_record = position_records.get(key[0])
        if (
            position_record is not None
            and key not in measured
            and (position_record.is_over or last.t_ns >= position_record.t_ns)
        ):
            measured[key] = last
            unfinished.add(key)
            last_ns = max(last_ns, last.t_ns)
    known = {key: record for key, record in measured.items() if key[0] in position_records}
    lost += len(measured) - len(known)  # its position was in a damaged line
    return Journal(
        folder, header, bool(records), tuple(position_records.values()), tuple(known.values()), frozenset(unfinished),
        outside_limits, closing, last_ns, lost,
    )  # fmt: skip


def _lines(path: Path) -> Iterator[bytes]:
    try:
        descriptor = os.open(path, READ_FLAGS)
        with os.fdopen(descriptor, "rb") as file:
            while line := file.readline(MAX_LINE_BYTES):
                yield line
    except OSError as error:
        raise JournalError(Phrase("file_unreadable", file=path, why=error)) from None


def _read_partial_results(folder: Path) -> tuple[list[MeasuredRecord], int]:
    """What the modalities had so far, and how many of those files are damaged."""
    found: list[MeasuredRecord] = []
    damaged = 0
    for path in sorted(folder.glob(f"*{SOFAR_SUFFIX}")):
        try:
            record = from_line(read_file(path, MAX_LINE_BYTES))
        except OSError:
            record = None
        if isinstance(record, MeasuredRecord):
            found.append(record)
        else:
            damaged += 1
    return found, damaged


def journals_in(folder: Path) -> list[Path]:
    """Folders of the journals in `folder`, oldest sweep first; what holds no records is removed."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if not path.is_dir() or path.is_symlink():
            continue
        if (path / RECORDS_NAME).exists():
            found.append(path)
        else:
            remove_journal(path)
    return found


def remove_journal(folder: Path, disk: Disk = DISK) -> None:
    """Delete a journal: its records first, so that half of it is none.  What the disk keeps stays."""
    with contextlib.suppress(OSError):
        disk.unlink(folder / RECORDS_NAME)
        disk.sync_folder(folder)
    shutil.rmtree(folder, ignore_errors=True)

"""The journal of a sweep on a disk that lies, cuts off or is full."""

from __future__ import annotations

import errno
from dataclasses import fields, replace
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from sweep.deliver import journal as j
from sweep.deliver import journal_records as r
from sweep.host.disk import Disk
from sweep.modality.measurement import DeviceIdentity, Measurement
from sweep.report import Gap, LocalText, Position
from sweep.report.crops import MAX_CROPS
from sweep.run.sweep_sources import read_manifest
from tests.report_factory import START, make_glint, uid
from tests.run.test_sweep import DEMO

ADDRESS, NAME = "d8:31:34:9a:7f:02", b"Kim's phone"
SECOND_NS = 1_000_000_000


def measured(number: int = 0, position_id: str = "p2") -> Measurement:
    glint = make_glint(uid(0x900 + number), 2_000).model_copy(update={"position_id": position_id})
    return Measurement(
        zone_id="stall-2",
        position_id=position_id,
        modality="lens",
        dwell_s=4.5,
        samples=40 + number,
        dropped=2,
        quality=0.75,
        blind_reason=None,
        observations=(glint,),
        rejections={"too_fast": 3},
        gaps=(Gap(start_ns=5, end_ns=9, reason="head_away"),),
        identities={str(glint.observation_id): DeviceIdentity((ADDRESS,), names=(NAME,))},
        crops={str(glint.observation_id): b"\x89PNG" + bytes(range(40))},
        guidance=(LocalText(ko="천천히", en="Slower"),),
        limits=("lens_uncalibrated",),
    )


def position(position_id: str = "p2") -> Position:
    return Position(
        position_id=position_id, zone_id="stall-2", x_m=1.0, y_m=1.0, facing_deg=0.0, start_ns=SECOND_NS,
        end_ns=2 * SECOND_NS,
    )  # fmt: skip


HEADER = r.JournalHeader(
    v=1,
    sweep_id=uid(1),
    opened_entry_id=uid(2),
    report_entry_id=uid(3),
    boot_id=UUID(int=7),
    begun_ns=SECOND_NS,
    begun=START,
    source="live",
    manifest=read_manifest(DEMO),
    limits=("room_key_new",),
    software="ansim-sweep 1",
)


def position_record(t_s: int, position_id: str = "p2", *, is_over: bool = False) -> r.PositionRecord:
    return r.PositionRecord(t_ns=t_s * SECOND_NS, position=position(position_id), is_over=is_over, firmware=None)


def said(t_s: int, one: Measurement) -> r.MeasuredRecord:
    return r.MeasuredRecord(t_ns=t_s * SECOND_NS, measurement=r.keep(one))


RECORDS: list[BaseModel] = [
    HEADER,
    r.OpenedRecord(t_ns=2 * SECOND_NS),
    position_record(3),
    said(4, measured()),
    position_record(5, is_over=True),
    position_record(6, "p3"),
]


def put(folder: Path, records: list[BaseModel]) -> j.JournalFile:
    file = j.JournalFile(folder)
    for record in records:
        file.put(record)
    assert file.trouble is None
    return file


def test_a_journal_tells_what_was_measured_but_no_address_and_no_name(tmp_path: Path) -> None:
    put(tmp_path / "a", RECORDS)
    found = j.read_journal(tmp_path / "a")
    assert (found.header, found.is_opened, found.lost, found.last_ns) == (HEADER, True, 0, 6 * SECOND_NS)
    assert [(one.position_id, one.end_ns) for one in found.positions] == [("p2", 2 * SECOND_NS), ("p3", 6 * SECOND_NS)]
    (one,) = found.measured
    assert r.restore(one.measurement) == replace(measured(), identities={})
    data = (tmp_path / "a" / j.RECORDS_NAME).read_bytes()
    assert ADDRESS.encode() not in data
    assert NAME not in data
    assert NAME.hex().encode() not in data
    # The lamp's own light is read by a reference check alone, which is no part of a sweep that is closed later.
    left_out = {field.name for field in fields(Measurement)} - set(r.KeptMeasurement.model_fields)
    assert left_out == {"identities", "lamp_light"}


def test_no_more_crops_than_a_report_may_have() -> None:
    one = replace(measured(), crops={str(uid(number)): b"png" for number in range(MAX_CROPS + 5)})
    assert len(r.keep(one).crops) == MAX_CROPS
    assert len(r.keep(one, crops_left=3).crops) == 3
    assert r.keep(one, crops_left=-1).crops == {}


@given(st.integers(min_value=0))
def test_a_journal_that_was_cut_off_anywhere_tells_what_stood_before(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    lines = [j.to_line(record) for record in RECORDS]
    data = b"".join(lines)
    cut %= len(data) + 1
    (folder / j.RECORDS_NAME).write_bytes(data[:cut])
    ends = [sum(map(len, lines[: n + 1])) for n in range(len(lines))]
    whole = sum(end <= cut for end in ends)
    if whole == 0:
        with pytest.raises(j.JournalError, match="does not begin as a journal does"):
            j.read_journal(folder)
        return
    found = j.read_journal(folder)
    assert (len(found.measured), found.is_opened, len(found.position_records)) == (
        whole > 3, whole > 1, (whole > 2) + (whole > 5)
    )  # fmt: skip
    assert found.lost == (cut not in ends)
    again = j.JournalFile(folder)
    again.put(position_record(9, "p4"))
    assert j.read_journal(folder).lost == 0, "what was cut off is cut away before it goes on"
    assert j.read_journal(folder).position_records[-1] == position_record(9, "p4")


@given(st.data())
def test_a_damaged_line_costs_itself_only(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    lines = [j.to_line(record) for record in RECORDS]
    number = data.draw(st.integers(1, len(lines) - 1))
    at = data.draw(st.integers(0, len(lines[number]) - 2))
    flipped = lines[number][at] ^ (1 << data.draw(st.integers(0, 7)))
    lines[number] = lines[number][:at] + bytes([flipped]) + lines[number][at + 1 :]
    (folder / j.RECORDS_NAME).write_bytes(b"".join(lines))
    found = j.read_journal(folder)
    assert found.lost == 1 + (flipped == ord("\n"))
    assert len(found.measured) == (number != 3)
    assert found.is_opened


@pytest.mark.parametrize("data", [b"", b"\x00" * 4096, b"PK\x03\x04", b"{}\n", j.to_line(position_record(3))], ids=len)
def test_what_is_no_journal_is_refused_with_one_line(tmp_path: Path, data: bytes) -> None:
    (tmp_path / j.RECORDS_NAME).write_bytes(data)
    with pytest.raises(j.JournalError) as refused:
        j.read_journal(tmp_path)
    assert "\n" not in str(refused.value)


def test_two_journals_in_one_file_are_refused(tmp_path: Path) -> None:
    put(tmp_path, [*RECORDS, HEADER])
    with pytest.raises(j.JournalError, match="more than one journal"):
        j.read_journal(tmp_path)


def test_what_there_is_so_far_counts_until_the_whole_is_there(tmp_path: Path) -> None:
    file = put(tmp_path, RECORDS)
    file.put_partial_result(said(7, measured(1, "p3")))
    file.put_partial_result(said(8, measured(2, "p3")))
    found = j.read_journal(tmp_path)
    assert found.unfinished == {("p3", "lens")}
    assert [one.measurement.samples for one in found.measured] == [40, 42]
    assert found.last_ns == found.positions[-1].end_ns == 8 * SECOND_NS
    file.put(said(9, measured(3, "p3")))
    found = j.read_journal(tmp_path)
    assert found.unfinished == frozenset()
    assert [one.measurement.samples for one in found.measured] == [40, 43]
    file.put(position_record(10, "p3"))  # the same position once more: what there was so far is of the time before
    assert j.read_journal(tmp_path).unfinished == frozenset()
    partial_result = tmp_path / f"lens{j.SOFAR_SUFFIX}"
    partial_result.write_bytes(partial_result.read_bytes()[:-9])
    assert j.read_journal(tmp_path).lost == 1


class FullDisk(Disk):
    """Takes so many bytes, then none until there is room again."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write_durably(self, path: Path, data: bytes) -> None:
        taken = data[: self.room]
        self.room -= len(taken)
        super().write_durably(path, taken)
        if len(taken) < len(data):
            raise OSError(errno.ENOSPC, "No space left on device")

    def write_at(self, descriptor: int, data: bytes, offset: int) -> None:
        taken = data[: self.room]
        self.room -= len(taken)
        super().write_at(descriptor, taken, offset)
        if len(taken) < len(data):
            raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("full_at", range(len(RECORDS)))
def test_a_full_disk_costs_nothing_that_is_still_in_memory(tmp_path: Path, full_at: int) -> None:
    lines = [j.to_line(record) for record in RECORDS]
    disk = FullDisk(sum(map(len, lines[:full_at])) + len(lines[full_at]) // 2)
    file = j.JournalFile(tmp_path / "a", disk=disk)
    for record in RECORDS:
        file.put(record)
    assert "is full: free some space" in str(file.trouble)
    records = tmp_path / "a" / j.RECORDS_NAME
    assert records.exists() == (full_at > 0), "a first line is whole, or there is none"
    assert not full_at or records.read_bytes() == b"".join(lines[:full_at])
    disk.room = 1 << 30
    file.save()
    assert file.trouble is None
    assert records.read_bytes() == b"".join(lines)


def test_half_of_a_removed_journal_is_none(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        put(tmp_path / name, RECORDS).put_partial_result(said(7, measured(1, "p3")))
    (tmp_path / "b" / j.RECORDS_NAME).unlink()
    put(tmp_path / "c", []).remove()
    assert j.journals_in(tmp_path) == [tmp_path / "a"]
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]
    assert j.journals_in(tmp_path / "nowhere") == []

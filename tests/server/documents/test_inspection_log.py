"""The inspection log as the server writes it: alarms are printed, and too much for one document is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import delete, insert, select, update

from server.exports.gathering import inspection_log
from server.exports.gathering.line_reader import LineReader
from server.exports.gathering.log_request import LogRequest
from server.exports.logs.pdf_log import render_sheet
from server.exports.printed.sweep import printed_sweep
from server.exports.results import measures_words
from server.interface.formats import Format
from server.projections import projecting
from server.projections.log_records import ExportError, Period
from server.projections.sightings import case_of
from server.store.schema import body_data, body_refs, entries, erased_bodies
from sweep.entry.kinds import REPORT_TYPE
from sweep.report import new_id
from tests.entry_factory import signer
from tests.report_factory import SWEEP_ID
from tests.server.cases.test_cases import FOUND_STEPS, take
from tests.server.conftest import Site
from tests.server.log_kit import sent_indices
from tests.server.places.test_one_thing import FINDING, seen
from tests.server.sweep_kit import Probe

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
WANTED = LogRequest(Format.PDF, MARCH, None, "시범구청", "감독자-01", "월간 보고")


def test_a_conflict_is_printed_on_the_page_of_its_sweep(site: Site) -> None:
    site.admit(signer("probe"))
    probe = Probe()
    for wire in (probe.opened(SWEEP_ID), probe.report(SWEEP_ID)):
        assert site.send(wire).status_code == 200
    rival = Probe()
    rival.seq, rival.prev = 1, None
    assert site.send(rival.report(SWEEP_ID)).status_code == 409
    with site.db.read() as connection:
        (page,) = inspection_log.collect_pages(connection, WANTED)
    assert [words.en for words in page.alarms] == ["Two different entries claim the same place; both are kept"]


def _busy_log(site: Site) -> None:
    """Sweeps of two probes with gaps, conflicts, decisions, an erased report and one that never came."""
    one, two, sweep_id = Probe("one"), Probe("two"), new_id()
    for probe in (one, two):
        site.admit(probe.signer)
    for number in range(7):
        probe = (one, two)[number % 2]
        if number in {2, 5}:
            probe.entry("sweep.opened")  # never arrives: a gap
        sweep_id, opened, report = probe.whole_sweep()
        wires = [opened, report] if number != 4 else [opened]
        if number % 3 == 0:
            wires.append(probe.disposition(sweep_id, "cannot_exclude"))
        for wire in wires:
            assert site.send(wire).status_code == 200
    rival = Probe("one")
    rival.seq, rival.prev = 1, None
    assert site.send(rival.report(sweep_id)).status_code == 409
    first, reported, _, altered, *_ = sent_indices(site.db)
    with site.db.write() as connection:
        commitment = connection.scalar(
            select(body_refs.c.commitment).where(
                body_refs.c.media_type == REPORT_TYPE, body_refs.c.log_index == reported
            )
        )
        connection.execute(delete(body_data).where(body_data.c.commitment == commitment))
        connection.execute(insert(erased_bodies).values(commitment=commitment, erased_ms=1, log_index=first))
        row = connection.execute(select(entries).where(entries.c.log_index == altered)).one()
        connection.execute(
            update(entries)
            .where(entries.c.log_index == altered)
            .values(payload=row.payload.replace(b'"v":1', b'"v": 1'))
        )
    projecting.rebuild(site.db)


def test_lines_made_when_a_sweep_was_projected_are_those_of_its_page(site: Site) -> None:
    _busy_log(site)
    with site.db.read() as connection:
        pages = inspection_log.collect_pages(connection, WANTED)
        rows = [page.row for page in pages]
        reader = LineReader(connection, WANTED)
        lines = list(reader)
        assert (reader.count(), reader.has_demo()) == (len(rows), True)
        assert lines == rows
        assert len(rows) == 7
        assert {row.report_state for row in rows} == {"present", "erased", "missing"}
        assert sum(row.missing_entries for row in rows) > 0
        assert {row.signatures_ok for row in rows} == {True, False}
        assert any(row.alarms for row in rows)
        for some in (1, 2, 3):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("server.exports.gathering.line_reader.AT_ONCE", some)
                assert list(reader) == rows
        room_id = rows[0].header.room_id
        assert list(LineReader(connection, replace(WANTED, room_id=room_id))) == rows
        assert list(LineReader(connection, replace(WANTED, room_id=new_id()))) == []


def test_more_sweeps_than_a_document_holds_are_refused_before_they_are_read(site: Site) -> None:
    site.admit(signer("probe"))
    assert site.send(Probe().opened(SWEEP_ID)).status_code == 200
    with site.db.read() as connection, pytest.raises(ExportError, match="more than 0 sweeps"):
        inspection_log.collect_pages(connection, WANTED, most=0)


def test_a_sheet_says_what_was_done_in_the_case_that_an_earlier_sweep_opened(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)

    site.add_user("second", "inspector", "점검자-02")
    first, later = new_id(), new_id()
    for wire in (*seen(probe, first, 0), *seen(probe, later, 60)):
        assert site.send(wire).status_code == 200
    client = site.login("supervisor", "감독자-01")
    case_id = str(case_of(first, FINDING.finding_id))
    for step in FOUND_STEPS[:4]:
        assert take(client, case_id, step).status_code == 201
    detail = client.get(f"/api/cases/{case_id}").json()
    assert detail["seen_again"]["sweep_id"] == str(later)
    assert detail["seen_again"]["began"] > detail["opened"]
    assert client.get(f"/api/cases/{case_of(later, FINDING.finding_id)}").status_code in {200, 404}
    with site.db.read() as connection:
        pages = {page.row.header.sweep_id: page for page in inspection_log.collect_pages(connection, WANTED)}
    own, again = (printed_sweep(pages[one], 1) for one in (first, later))
    assert "112 신고(접수번호 2026-112-000431)" in own["form"]["measures"]
    assert "112 신고(접수번호 2026-112-000431) [2026-03-" in again["form"]["measures"]
    assert again["form"]["is_called"] and again["form"]["next"].startswith("112 신고함")
    clean = replace(pages[later].row, persons="nothing_unusual", findings=())
    assert measures_words(clean) == "", "a sweep that found nothing called nobody, whatever stands in its room"
    assert not again["dispositions"]
    said = [line["said"] for line in again["case_lines"]]
    assert "카메라이거나 배제할 수 없음" in said and "112 신고(접수번호 2026-112-000431)" in said
    assert {line["case"] for line in again["case_lines"]} == {f"{own['started'][:16]} 점검의 확인 건"}
    assert {line["case"] for line in own["case_lines"]} == {"이 점검의 확인 건"}
    assert b"%PDF" in render_sheet(pages[later], datetime(2026, 3, 16, tzinfo=UTC))[:8]

"""The inspection log as the server writes it: alarms are printed, and too much for one document is said."""

from __future__ import annotations

from datetime import date

import pytest

from server import inspection_log
from server.exports.rows import ExportError, Period
from tests.entry_factory import signer
from tests.report_factory import SWEEP_ID
from tests.server.conftest import Site
from tests.server.sweep_kit import Probe

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def test_a_conflict_is_printed_on_the_page_of_its_sweep(site: Site) -> None:
    site.admit(signer("probe"))
    probe = Probe()
    for wire in (probe.opened(SWEEP_ID), probe.report(SWEEP_ID)):
        assert site.send(wire).status_code == 200
    rival = Probe()
    rival.seq, rival.prev = 1, None
    assert site.send(rival.report(SWEEP_ID)).status_code == 409
    with site.db.read() as connection:
        (page,) = inspection_log.collect_pages(connection, MARCH, None)
    assert [words.en for words in page.alarms] == ["Two different entries claim the same place; both are kept"]


def test_more_sweeps_than_a_document_holds_are_refused_before_they_are_read(site: Site) -> None:
    site.admit(signer("probe"))
    assert site.send(Probe().opened(SWEEP_ID)).status_code == 200
    with site.db.read() as connection, pytest.raises(ExportError, match="more than 0 sweeps"):
        inspection_log.collect_pages(connection, MARCH, None, most=0)

"""Periods as data: read, refused with one line, obeyed, and what is due listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import update

from server.config.retention import STANDARD, RetentionError, read_periods
from server.store.overdue_bodies import count_overdue
from server.store.schema import entries
from sweep.entry.kinds import REPORT_TYPE
from tests.server.conftest import Call, Site
from tests.server.sweep_kit import Probe

OURS = """
[access_log]
ko = "접속 기록"
en = "access log"
days = 365
by = "server"
basis = "기관 내부 기준"
[quarantine]
ko = "격리"
en = "quarantine"
days = 10
by = "server"
basis = "기관 내부 기준"
[key_backups]
ko = "키 백업"
en = "key backups"
days = 7
by = "server"
basis = "기관 내부 기준"
[details]
ko = "발견 상세"
en = "details"
days = 100
by = "two persons"
basis = "기관 내부 기준"
media_types = ["application/vnd.ansim.sweep-report.v1+json"]
"""


def test_the_periods_that_come_along_are_whole() -> None:
    periods = read_periods()
    assert periods["access_log"].days == 732
    assert all(period.basis for period in periods.values())
    assert (STANDARD.parents[1] / "py.typed").exists()


@pytest.mark.parametrize(
    ("page", "language", "undecided", "who"),
    [
        ("INTRODUCING.md", "en", "not decided", {"server": "server", "two persons": "two persons"}),
        ("INTRODUCING.ko.md", "ko", "정하지 않음", {"server": "서버", "two persons": "두 사람"}),
    ],
)
def test_the_page_for_offices_lists_them(page: str, language: str, undecided: str, who: dict[str, str]) -> None:
    lines = (STANDARD.parents[1] / page).read_text(encoding="utf-8").splitlines()
    said = [line.strip("| ").split(" | ") for line in lines if line.startswith("|") and line.count("|") == 5]
    table = {row[0]: (row[1], re.split("[;.]", row[2])[0]) for row in said if len(row) == 4}
    for period in read_periods().values():
        name = period.ko if language == "ko" else period.en
        assert table[name] == (str(period.days or undecided), who[period.by])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "access_log needs a period"),
        ("nonsense", "retention.toml: "),
        (OURS.replace('basis = "기관 내부 기준"\n[quarantine]', "[quarantine]"), "basis"),
        (OURS.replace("days = 365", "days = 0"), "days"),
        (OURS.replace("days = 365", "weeks = 5"), "weeks"),
    ],
    ids=["empty", "no toml", "no basis", "no days", "unknown key"],
)
def test_what_is_no_table_of_periods_is_refused_in_one_line(tmp_path: Path, text: str, line: str) -> None:
    path = tmp_path / "retention.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RetentionError) as caught:
        read_periods(path)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bodies_of_which_the_period_is_over_are_listed(site: Site, tmp_path: Path, call: Call) -> None:
    probe = Probe()
    site.admit(probe.signer)
    for wire in probe.whole_sweep()[1:]:
        assert site.send(wire).status_code == 200
    path = tmp_path / "retention.toml"
    path.write_text(OURS, encoding="utf-8")
    period = read_periods(path)["details"]
    undecided = read_periods()["finding_details"]
    assert period.media_types == (REPORT_TYPE,)
    with site.db.read() as connection:
        assert count_overdue(connection, period.media_types, period.days) == 0
    with site.db.write() as connection:
        connection.execute(update(entries).values(received_ms=entries.c.received_ms - 101 * 86_400_000))
    with site.db.read() as connection:
        assert count_overdue(connection, period.media_types, period.days) > 0
        assert count_overdue(connection, undecided.media_types, undecided.days) == 0
    code, said, _ = call("retention")
    assert code == 0
    assert "access_log: 732 days, removed by server" in said
    assert "finding_details: not decided, removed by two persons" in said

"""Mail: a real server that speaks TLS, a certificate that is checked, and the same message each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from server.config.settings import LOOPBACK
from server.notifications.mail import MailSender
from server.notifications.outcomes import TEXT
from sweep.report import new_id
from tests.server.notifications.receivers import Mail, mail_server, text_of

NOW = datetime(2026, 11, 2, 3, tzinfo=UTC)
NOWHERE: frozenset[str] = frozenset()


def _sender(
    mail: Mail, scheme: str = "smtps", *, user: str = "", roots: Path | None = None, loopback: frozenset[str] = LOOPBACK
) -> MailSender:
    password = mail.roots.with_suffix(".password")
    password.write_text("geheim\n", encoding="utf-8")
    url = f"{scheme}://{user}127.0.0.1:{mail.port}"
    page = "https://ansim.example.kr"
    return MailSender(url, "ansim@example.kr", password=password, roots=roots, page=page, loopback=loopback)


@pytest.mark.parametrize(("way", "scheme"), [("smtps", "smtps"), ("starttls", "smtp")])
def test_mail_goes_over_tls_and_says_the_same_each_time(tmp_path: Path, way: str, scheme: str) -> None:
    with mail_server(tmp_path, way) as mail:
        sender = _sender(mail, scheme, roots=mail.roots, loopback=NOWHERE)
        ids = [new_id(), new_id()]
        for number, sending_id in enumerate(ids):
            later = NOW + timedelta(days=40 * number)
            assert sender.send("kim@example.kr", sending_id, later).verdict == "sent"
        assert mail.recipients == ["kim@example.kr"] * 2
        assert mail.over_tls == [True, True]
        first, second = (envelope.content or b"" for envelope in mail.taken)
        assert len(first) == len(second)
        assert text_of(mail.taken[0]) == text_of(mail.taken[1])
        assert TEXT in text_of(mail.taken[0]) and "https://ansim.example.kr" in text_of(mail.taken[0])
        strangers = _sender(mail, scheme, loopback=NOWHERE)  # an authority that the system does not know
        assert strangers.send("kim@example.kr", ids[0], NOW).verdict == "later"
        assert len(mail.taken) == 2


def test_nothing_goes_in_the_plain_but_to_this_machine(tmp_path: Path) -> None:
    with mail_server(tmp_path, "plain") as mail:
        assert _sender(mail, "smtp", loopback=NOWHERE).send("a@b.kr", new_id(), NOW).verdict == "later"
        assert mail.taken == []
        assert _sender(mail, "smtp").send("a@b.kr", new_id(), NOW).verdict == "sent"


def test_the_password_comes_from_its_file(tmp_path: Path) -> None:
    with mail_server(tmp_path, "starttls", with_login=True) as mail:
        sender = _sender(mail, "smtp", user="ansim%40example@", roots=mail.roots)
        assert sender.send("kim@example.kr", UUID(int=1), NOW).verdict == "sent"
        assert mail.logins == ["ansim@example:geheim"]
        stranger = _sender(mail, "smtp", roots=mail.roots)
        assert stranger.send("kim@example.kr", UUID(int=1), NOW).verdict == "later"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [("RCPT 550 no such user", "dead"), ("RCPT 450 try again", "later"), ("451 full", "later"), ("554 no", "later")],
)
def test_what_the_server_says(tmp_path: Path, answer: str, verdict: str) -> None:
    with mail_server(tmp_path, "plain") as mail:
        mail.answers.append(answer)
        assert _sender(mail, "smtp").send("kim@example.kr", new_id(), NOW).verdict == verdict


def test_a_server_that_is_away_is_asked_later(tmp_path: Path) -> None:
    with mail_server(tmp_path, "plain") as mail:
        sender = _sender(mail, "smtp")
    assert sender.send("kim@example.kr", new_id(), NOW).verdict == "later"

"""Mail by SMTP: over TLS with the server's certificate checked, in the plain to this very machine alone.

Input is an address; output is what became of it.  Subject, body and size are the same each time; the id of a message is
that of its sending, so that one sent twice is known as one.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

from server.interface.words import KST
from server.notifications.outcomes import DEAD, LATER, SENT, TEXT, TEXT_EN, TIMEOUT_S, Outcome

PORTS = {"smtp": 587, "smtps": 465}


class MailSender:
    """One mail server."""

    def __init__(
        self, url: str, sender: str, *, password: Path | None, roots: Path | None, page: str, loopback: frozenset[str]
    ) -> None:
        """`url`: smtps:// for TLS from the start, smtp:// for STARTTLS; `page`: where the mail leads, if anywhere."""
        parts = urlsplit(url)
        self._host, self._is_tls = parts.hostname or "", parts.scheme == "smtps"
        self._port = parts.port or PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), password
        self._may_be_plain = self._host in loopback
        self._sender, self._page, self._domain = sender, page, sender.rpartition("@")[2]
        self._roots = roots

    def send(self, address: str, sending_id: UUID, now: datetime) -> Outcome:
        """Tell this address that there is something to look at."""
        try:
            with self._opened() as smtp:
                smtp.send_message(self.message(address, sending_id, now), self._sender, [address])
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            return DEAD if all(500 <= code < 600 for code in codes) else LATER
        except (smtplib.SMTPException, OSError):  # also a certificate that does not hold: the operator mends it
            return LATER
        return SENT

    def message(self, address: str, sending_id: UUID, now: datetime) -> EmailMessage:
        """The message, of one size for one address."""
        made = EmailMessage()
        made["Subject"], made["From"], made["To"] = TEXT, self._sender, address
        made["Date"] = format_datetime(now.astimezone(KST))
        made["Message-ID"] = f"<{sending_id}@{self._domain}>"
        made["Auto-Submitted"] = "auto-generated"
        made.set_content("\n".join(filter(None, (f"{TEXT}.", f"{TEXT_EN}.", self._page))) + "\n", cte="base64")
        return made

    @contextmanager
    def _opened(self) -> Iterator[smtplib.SMTP]:
        context = ssl.create_default_context(cafile=None if self._roots is None else str(self._roots))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._is_tls:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, self._domain, timeout=TIMEOUT_S, context=context
            )
        else:
            smtp = smtplib.SMTP(self._host, self._port, self._domain, timeout=TIMEOUT_S)
        with smtp:
            if not self._is_tls:
                smtp.ehlo()
                if smtp.has_extn("starttls") or not self._may_be_plain:
                    smtp.starttls(context=context)
            if self._user:
                smtp.login(self._user, "" if self._password is None else self._password.read_text("utf-8").strip())
            yield smtp

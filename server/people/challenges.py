"""Challenges for passkeys and the single sign-on: for one purpose, one browser and five minutes, good for one answer.

A challenge is handed out with a cookie that holds it, its end and an HMAC over both, its purpose and whom it is for; so
handing out costs the database nothing, however many strangers ask.  What was answered is a row of `spent_challenges`
until it would have ended anyway: written before the answer is looked at, so that a wrong answer spends it too.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from typing import Literal

from sqlalchemy import Connection, delete, insert, select
from webauthn import base64url_to_bytes
from webauthn.helpers import bytes_to_base64url

from server.interface.errors import invalid
from server.store.clock import now_ms
from server.store.schema import spent_challenges
from sweep.phrases import Phrase

CHALLENGE_COOKIE = "ansim_passkey"
CHALLENGE_S = 300  # recommended by WebAuthn level 3, section 15.1, where a person has to be verified
CHALLENGE_BYTES = 32
MAX_COOKIE = 200  # derived: 43 letters, 13 digits, 64 letters and two dots
Purpose = Literal["login", "register", "second", "sign_on"]
_COOKIE = re.compile(r"([A-Za-z0-9_-]{43})\.([0-9]{13})\.([0-9a-f]{64})")


class Challenges:
    """Makes challenges and takes them back, once each."""

    def __init__(self, mac: Callable[[str], str]) -> None:
        """`mac`: a keyed hash that every process of this server shares."""
        self._mac = mac

    def make(self, purpose: Purpose, whom: str) -> tuple[str, str]:
        """(the challenge in base64url, its cookie); `whom`: the account that may answer, or nothing for anybody."""
        challenge = bytes_to_base64url(secrets.token_bytes(CHALLENGE_BYTES))
        ends_ms = now_ms() + CHALLENGE_S * 1000
        return challenge, f"{challenge}.{ends_ms}.{self._of(purpose, whom, challenge, ends_ms)}"

    def spend(self, connection: Connection, cookie: str, purpose: Purpose, whom: str) -> bytes:
        """The challenge of this cookie, which is worth nothing from now on; ApiError 400 when it is none or over."""
        found = _COOKIE.fullmatch(cookie[: MAX_COOKIE + 1])
        if found is None:
            raise _over()
        challenge, ends_ms, now = found[1], int(found[2]), now_ms()
        is_ours = hmac.compare_digest(found[3], self._of(purpose, whom, challenge, ends_ms))
        connection.execute(delete(spent_challenges).where(spent_challenges.c.ends_ms <= now))
        known = select(spent_challenges.c.challenge).where(spent_challenges.c.challenge == challenge)
        if not is_ours or ends_ms <= now or connection.scalar(known) is not None:
            raise _over()
        connection.execute(insert(spent_challenges).values(challenge=challenge, ends_ms=ends_ms))
        return base64url_to_bytes(challenge)

    def _of(self, purpose: Purpose, whom: str, challenge: str, ends_ms: int) -> str:
        return self._mac(f"{purpose}\n{whom}\n{challenge}\n{ends_ms}")


def _over() -> Exception:
    return invalid(Phrase("login_request_over"), code="challenge_over")

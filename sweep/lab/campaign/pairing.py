"""One phone beside the bench: a code that is used once, and who may ask for anything.

Input is requests to a page of the bench; output is whether they are let through.  This machine's own browser needs
nothing.  Any other has to be in the local network and to have been given the code that the terminal shows; whoever
gives it takes the place of the one before.  Refuses wrong codes one by one and, after some, any code for a while: from
one address sooner than from all together.
"""

from __future__ import annotations

import fcntl
import hmac
import math
import secrets
import struct
import time
from collections import deque
from collections.abc import Callable, Sequence
from ipaddress import IPv4Interface, ip_address
from socket import AF_INET, SOCK_DGRAM, if_nameindex, inet_ntoa, socket
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sweep.phrases import Phrase

DIGITS: Final = 6
ADDRESS_TRIES: Final = 5
"""Wrong ones of an address within `PAUSE_S`, after which it waits."""
ALL_TRIES: Final = 20
"""Those of all addresses, after which all wait."""
PAUSE_S: Final = 300.0
"""A wrong one counts that long: whoever guesses all of a day of eight hours has one chance in 500 (derived)."""
COOKIE: Final = "bench"
NOBODY: Final = "192.0.2.0"
"""No machine's address (RFC 5737)."""
_SIOCGIFADDR, _SIOCGIFNETMASK = 0x8915, 0x891B  # linux/sockios.h


class PairingError(PermissionError):
    """The code is not the one in the terminal; one line."""


class Pairing:
    """The code, and who has used it."""

    def __init__(self, show: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        """`show`: puts each new code where only those at this machine see it."""
        self._show, self._clock = show, clock
        self._wrong: deque[tuple[float, str]] = deque()
        """When, and from where."""
        self._phone: tuple[bytes, str] | None = None
        """What it shows, and where it is."""
        self._code = self._draw()

    def _draw(self) -> str:
        code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
        self._show(code)
        return code

    def take(self, code: str, address: str) -> str:
        """What the phone at that address shows from now on; the code is spent. Raises PairingError."""
        now_s = self._clock()
        while self._wrong and self._wrong[0][0] <= now_s - PAUSE_S:
            self._wrong.popleft()
        own = [at_s for at_s, where in self._wrong if where == address]
        if len(own) >= ADDRESS_TRIES or len(self._wrong) >= ALL_TRIES:
            oldest_s = own[0] if len(own) >= ADDRESS_TRIES else self._wrong[0][0]
            raise PairingError(Phrase("pairing_pause", seconds=math.ceil(oldest_s + PAUSE_S - now_s)))
        if not hmac.compare_digest(_octets(code), _octets(self._code)):
            self._wrong.append((now_s, address))
            raise PairingError(Phrase("pairing_code_wrong"))
        token = secrets.token_urlsafe(24)
        self._phone = _octets(token), address
        self._code = self._draw()
        return token

    def knows(self, token: str | None, address: str) -> bool:
        """Is this the phone that came last, from where it came?"""
        if token is None or self._phone is None:
            return False
        return hmac.compare_digest(_octets(token), self._phone[0]) and address == self._phone[1]


def _octets(text: str) -> bytes:
    return text.encode("utf-8", errors="replace")


class OnlyPaired:
    """Lets through what comes from this machine and from the paired phone, and to anybody near what `is_open`."""

    def __init__(
        self,
        app: ASGIApp,
        pairing: Pairing | None,
        near: Sequence[IPv4Interface],
        is_open: frozenset[str],
        closed: Response,
    ) -> None:
        self._app, self._pairing, self._near = app, pairing, tuple(one.network for one in near)
        self._is_open, self._closed = is_open, closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        address = ip_address(NOBODY if asked.client is None else asked.client.host)
        is_near = any(address in network for network in self._near)
        is_paired = self._pairing is not None and self._pairing.knows(asked.cookies.get(COOKIE), str(address))
        lets_in = address.is_loopback or (is_near and (is_paired or scope["path"] in self._is_open))
        await (self._app if lets_in else self._closed)(scope, receive, send)


def addresses_near() -> tuple[IPv4Interface, ...]:
    """Own addresses in local networks."""
    found = []
    with socket(AF_INET, SOCK_DGRAM) as any_socket:
        for _, name in if_nameindex():
            request = struct.pack("256s", name.encode()[:15])
            try:
                told = [fcntl.ioctl(any_socket, what, request)[20:24] for what in (_SIOCGIFADDR, _SIOCGIFNETMASK)]
            except OSError:
                continue  # it has none
            found.append(IPv4Interface("/".join(inet_ntoa(one) for one in told)))
    return tuple(one for one in found if one.is_private and not one.is_loopback)

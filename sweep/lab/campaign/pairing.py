"""One phone beside the bench: a code that is used once, and who may ask for anything.

Input is requests to a page of the bench; output is whether they are let through.  This machine's own browser needs
nothing.  Any other has to be in the local network and to have been given the code that the terminal shows; whoever
gives it takes the place of the one before.  Refuses wrong codes one by one and, after some, all of them.
"""

from __future__ import annotations

import fcntl
import hmac
import secrets
import struct
from collections.abc import Callable, Sequence
from ipaddress import IPv4Interface, ip_address
from socket import AF_INET, SOCK_DGRAM, if_nameindex, inet_ntoa, socket
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sweep.phrases import Phrase

DIGITS: Final = 6
TRIES: Final = 5
"""Wrong ones, after which there is another code."""
ALL_TRIES: Final = 20
"""Wrong ones in all, after which no phone is taken any more: one in 50,000 would have been guessed (derived)."""
COOKIE: Final = "bench"
NOBODY: Final = "192.0.2.0"
"""No machine's address (RFC 5737)."""
_SIOCGIFADDR, _SIOCGIFNETMASK = 0x8915, 0x891B  # linux/sockios.h


class PairingError(PermissionError):
    """The code is not the one in the terminal; one line."""


class Pairing:
    """The code, and who has used it."""

    def __init__(self, show: Callable[[str], None]) -> None:
        """`show`: puts each new code where only those at this machine see it."""
        self._show = show
        self._wrong = 0
        self._token: str | None = None
        self._code = self._draw()

    def _draw(self) -> str:
        code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
        self._show(code)
        return code

    def take(self, code: str) -> str:
        """What the phone shows from now on; the code is spent. Raises PairingError."""
        if self._wrong >= ALL_TRIES:
            raise PairingError(Phrase("pairing_closed"))
        if not hmac.compare_digest(code.encode(), self._code.encode()):
            self._wrong += 1
            if self._wrong % TRIES == 0:
                self._code = self._draw()
            raise PairingError(Phrase("pairing_code_wrong"))
        self._token = secrets.token_urlsafe(24)
        self._code = self._draw()
        return self._token

    def knows(self, token: str | None) -> bool:
        """Is this the phone that came last?"""
        return token is not None and self._token is not None and hmac.compare_digest(token, self._token)


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
        is_paired = self._pairing is not None and self._pairing.knows(asked.cookies.get(COOKIE))
        lets_in = address.is_loopback or (is_near and (is_paired or asked.url.path in self._is_open))
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

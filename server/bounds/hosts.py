"""Which names this server answers to, and which pages may speak to it.

An ASGI middleware before everything else.  A `Host` that is neither a configured name nor the very address that the
connection came in on is refused with 421: a page elsewhere cannot reach a server on the local network by pointing its
own name at it (DNS rebinding).  A request of the interface whose `Origin` is another site's is refused with 403.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from server.config.settings import Settings
from server.interface.errors import ApiError
from sweep.phrases import Phrase

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


class HostCheck:
    """ASGI middleware: refuses requests for other hosts and of other sites."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._names = frozenset(map(str.lower, (*LOOPBACK_NAMES, *settings.host_names)))
        self._public_origin = _origin(settings.public_url) if settings.public_url else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or refuse it."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (self._app if refusal is None else refusal.response())(scope, receive, send)

    def _refusal(self, scope: Scope) -> ApiError | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_ours(hosts[0], scope.get("server")):
            return ApiError(421, Phrase("host_not_allowed"))
        origins = headers.getlist("origin")
        if scope["path"].startswith("/api/") and not all(self._is_same_site(item, hosts[0]) for item in origins):
            return ApiError(403, Phrase("origin_not_allowed"))
        return None

    def _is_ours(self, host: str, server: Iterable[object] | None) -> bool:
        name = host_name(host)
        if name is None:
            return False
        address = str(next(iter(server), "")) if server else ""
        return name in self._names or (_is_address(name) and name == address.lower())

    def _is_same_site(self, origin: str, host: str) -> bool:
        """The scheme is not compared: behind a proxy that speaks TLS this server sees plain HTTP."""
        found = _origin(origin)
        return found is not None and (found[1] == _authority(host) or found == self._public_origin)


def host_name(host: str) -> str | None:
    """The name in a `Host` header, in lower case and without port and brackets; None when it is none."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port
    except ValueError:
        return None
    is_plain = parts.netloc == host and parts.username is None and parts.password is None
    return parts.hostname if is_plain and parts.hostname else None


def _authority(host: str) -> str:
    """Host and port in one spelling; the ports of http and https are left out."""
    return host.lower().removesuffix(":80").removesuffix(":443")


def _origin(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return (parts.scheme, _authority(parts.netloc)) if parts.scheme in {"http", "https"} else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

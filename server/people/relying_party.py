"""Where passkeys work: the one origin at which they are made and used, and the name that binds them to it.

Input is the configured public address, or without one the `Host` of a request; output is a `RelyingParty`, or None
where browsers offer no passkeys: at plain HTTP, and under a number for an address (WebAuthn level 3, sections 5.1.3 and
13.4.9).  Without a public address only `localhost` counts, for whoever sits at the machine itself.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

LOCAL = "localhost"
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """To whom a passkey proves its person."""

    rp_id: str
    """The host name: a passkey of one name is never offered at another."""
    origin: str
    """Scheme, host and port, as a browser signs them."""


def relying_party(public_url: str, host: str) -> RelyingParty | None:
    """The party of the public address, or of this `Host` when it is localhost; None where there are no passkeys."""
    found = _party(public_url or f"http://{host}")
    if found is None or (not public_url and found.rp_id != LOCAL):
        return None
    return found


def _party(url: str) -> RelyingParty | None:
    try:
        parts = urlsplit(url)
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    if name is None or _is_number(name) or (parts.scheme != "https" and name != LOCAL):
        return None
    shown = "" if port in {None, DEFAULT_PORTS[parts.scheme]} else f":{port}"
    return RelyingParty(name, f"{parts.scheme}://{name}{shown}")


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

"""A second port of the same process, with TLS: its socket and what it shows of itself. TLS 1.2 with ECDHE, or 1.3."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from server.config.settings import Settings, SettingsError
from sweep.phrases import Phrase


@dataclass(frozen=True, slots=True)
class TlsPort:
    """Where TLS is served."""

    listener: socket.socket
    context: ssl.SSLContext


def open_tls(settings: Settings, open_socket: Callable[[str, int], socket.socket]) -> TlsPort | None:
    """The port that the settings ask for, listening; None without one. SettingsError for a file that cannot be used."""
    if settings.tls_port is None or settings.tls_certificate is None or settings.tls_key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            Phrase("setting_tls_certificate_invalid", why=getattr(error, "reason", None) or error.strerror)
        ) from None
    return TlsPort(open_socket(settings.host, settings.tls_port), context)

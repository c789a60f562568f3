"""Who takes notifications in tests: a mail server with TLS, and a push service that looks closely at what it is sent.

The push service decrypts with the browser's own key by RFC 8291 as a browser does, written apart from what encrypted,
and checks who calls by RFC 8292.
"""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.notifications.web_push import base64url, unbase64url
from server.serving.certificates import make_authority, make_page
from tests.server.killed_server import free_port

CURVE = ec.SECP256R1()


@dataclass
class Mail:
    """One mail server and what it took."""

    port: int
    roots: Path
    """The authority of its certificate."""
    taken: list[Envelope] = field(default_factory=list)
    over_tls: list[bool] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """What it says to the next messages instead of taking them."""

    async def handle_RCPT(  # noqa: N802  as the server calls it
        self, server: SMTP, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if self.answers and self.answers[0].startswith("RCPT "):
            return self.answers.pop(0).removeprefix("RCPT ")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Envelope) -> str:  # noqa: N802  likewise
        if self.answers:
            return self.answers.pop(0)
        self.taken.append(envelope)
        transport: Any = server.transport
        self.over_tls.append(transport.get_extra_info("ssl_object") is not None)
        return "250 OK"

    def log_in(self, _server: Any, _session: Any, _envelope: Any, _way: str, said: LoginPassword) -> AuthResult:
        self.logins.append(f"{said.login.decode()}:{said.password.decode()}")
        return AuthResult(success=said.password == b"geheim")

    @property
    def recipients(self) -> list[str]:
        return [address for envelope in self.taken for address in envelope.rcpt_tos]


class _StartTls(Controller):
    """One that offers STARTTLS and takes nothing without; the library's own begins with TLS."""

    def __init__(self, found: Mail, more: dict[str, Any]) -> None:
        super().__init__(found, "127.0.0.1", found.port)
        self.more = more

    def factory(self) -> SMTP:
        return SMTP(self.handler, require_starttls=True, **self.more)


@contextmanager
def mail_server(folder: Path, way: str = "smtps", *, with_login: bool = False) -> Iterator[Mail]:
    """A mail server on loopback: `smtps` with TLS from the start, `starttls` (perhaps with a login), or `plain`."""
    now = datetime.now(UTC)
    authority = make_authority("mail", "mail.internal", IPv4Network("127.0.0.0/29"), now)
    roots, certificate, key = (folder / f"{way}{name}" for name in (".roots", ".crt", ".key"))
    if not roots.exists():
        roots.write_bytes(authority.certificate)
        make_page(authority, ["127.0.0.1"], now).write(certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    found = Mail(free_port(), roots)
    if way == "starttls":
        login = {"authenticator": found.log_in, "auth_required": True} if with_login else {}
        control: Controller = _StartTls(found, {"tls_context": context} | login)
    else:
        tls: dict[str, Any] = {"ssl_context": context} if way == "smtps" else {}
        control = Controller(found, "127.0.0.1", found.port, **tls)
    control.start()
    try:
        yield found
    finally:
        control.stop()


@dataclass
class Browser:
    """A browser's subscription, with the key that nobody else has."""

    endpoint: str
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    auth: bytes = b"0123456789abcdef"

    @property
    def point(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def subscription(self, name: str = "전화기") -> dict[str, str]:
        keys = {"p256dh": base64url(self.point), "auth": base64url(self.auth)}
        return {"endpoint": self.endpoint, "name": name} | keys

    def decrypt(self, body: bytes) -> bytes:
        """RFC 8188, section 2 and RFC 8291, section 3.4, with HMAC alone."""
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size
        shared = self.private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender))
        key_material = _mac(_mac(self.auth, shared), b"WebPush: info\0" + self.point + sender + b"\x01")
        both = _mac(salt, key_material)
        key = _mac(both, b"Content-Encoding: aes128gcm\0\x01")[:16]
        nonce = _mac(both, b"Content-Encoding: nonce\0\x01")[:12]
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert plain[-1] == 2  # the last record
        return plain[:-1]


@dataclass
class Delivered:
    """One message as the push service had it."""

    text: str
    octets: int
    headers: dict[str, str]
    """But those that name the connection and the caller."""


@dataclass
class PushService:
    """The push service of some browsers, and what it took."""

    port: int
    key: str = ""
    """The server's (VAPID); empty: whichever calls first."""
    browsers: dict[str, Browser] = field(default_factory=dict)
    taken: list[tuple[str, Delivered]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """What it says to the next messages instead of taking them."""
    faults: list[str] = field(default_factory=list)
    on_taken: Callable[[], None] = lambda: None
    """Done before it answers."""

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.port}"

    def browser(self, name: str) -> Browser:
        made = Browser(f"http://{self.name}/{name}")
        self.browsers[f"/{name}"] = made
        return made

    def check_caller(self, said: str) -> None:
        scheme, _, rest = said.partition(" ")
        fields = dict(part.strip().split("=", 1) for part in rest.split(","))
        head, claims, signature = fields["t"].split(".")
        told = json.loads(unbase64url(claims))
        assert (scheme, json.loads(unbase64url(head))["alg"]) == ("vapid", "ES256")
        assert told["aud"] == f"http://{self.name}"
        assert time.time() < told["exp"] <= time.time() + 86_400
        assert told["sub"].startswith("mailto:")
        self.key = self.key or fields["k"]
        assert fields["k"] == self.key
        raw = unbase64url(signature)
        der = utils.encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unbase64url(fields["k"]))
        public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))


@contextmanager
def push_service() -> Iterator[PushService]:
    """A push service on loopback."""
    found = PushService(0)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, more = found.answers.pop(0) if found.answers else (201, {})
            if status == 201:
                try:
                    found.check_caller(self.headers["Authorization"])
                    assert self.headers["Content-Encoding"] == "aes128gcm"
                    text = found.browsers[self.path].decrypt(body).decode()
                    seen = {
                        name: value
                        for name, value in self.headers.items()
                        if name.lower() not in {"authorization", "host"}
                    }
                    found.taken.append((self.path, Delivered(text, len(body), seen)))
                    found.on_taken()
                except Exception as fault:  # noqa: BLE001  told to the test
                    found.faults.append(repr(fault))
                    status = 400
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        assert found.faults == []


def text_of(envelope: Envelope) -> str:
    """What a mail says, decoded."""
    import email

    raw: Any = envelope.content
    message = email.message_from_bytes(raw)
    return base64.b64decode(str(message.get_payload())).decode()


def _mac(key: bytes, text: bytes) -> bytes:
    made = HMAC(key, SHA256())
    made.update(text)
    return made.finalize()

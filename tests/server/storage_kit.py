"""A server that speaks S3 (moto's), with answers that a test chooses: 500, forbidden, torn and slow ones."""

from __future__ import annotations

import contextlib
import logging
import threading
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

Fault = Literal["", "500", "forbidden", "torn", "slow"]
REGION = "ap-northeast-2"
FORBIDDEN = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"


@dataclass
class S3:
    """The server; `fault` is what it answers to requests of these methods until that is changed."""

    app: Any
    port: int = 0
    fault: Fault = ""
    methods: tuple[str, ...] = ("GET", "PUT", "POST", "DELETE", "HEAD")
    asked: list[str] = field(default_factory=list)
    """Method and path of every request."""
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, bucket: str = "bodies", region: str = REGION) -> str:
        """What the setting says."""
        return f"s3://{bucket}/ansim?region={region}&endpoint={self.endpoint}"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        self.asked.append(f"{method} {environ['PATH_INFO']}")
        fault = self.fault if method in self.methods else ""
        if fault == "slow":
            self.is_over.wait()
        if fault in {"500", "slow"}:
            start_response("500 Internal Server Error", [("Content-Length", "0")])
            return [b""]
        if fault == "forbidden":
            headers = [("Content-Length", str(len(FORBIDDEN))), ("Content-Type", "application/xml")]
            start_response("403 Forbidden", headers)
            return [FORBIDDEN if method != "HEAD" else b""]
        whole = list(self.app(environ, start_response))
        return [b"".join(whole)[:-10]] if fault == "torn" else whole


@contextlib.contextmanager
def new_s3() -> Iterator[S3]:
    """One with an empty bucket `bodies`, on a free port of the loopback address."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    s3 = S3(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, s3, threaded=True)
    s3.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        _ask(s3.endpoint + "/moto-api/reset", "POST", b"")
        _ask(s3.endpoint + "/bodies", "PUT", _location())
        s3.asked.clear()
        yield s3
    finally:
        s3.is_over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def make_bucket(endpoint: str) -> bool:
    """Whether a server of moto's has an empty bucket `bodies` now; False while it does not answer."""
    try:
        _ask(endpoint + "/bodies", "PUT", _location())
    except OSError:
        return False
    return True


def _ask(url: str, method: str, body: bytes) -> None:
    asked = urllib.request.Request(url, data=body, method=method)  # noqa: S310  our own server
    urllib.request.urlopen(asked).close()  # noqa: S310  as above


def _location() -> bytes:
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    return (
        f'<CreateBucketConfiguration xmlns="{space}"><LocationConstraint>{REGION}</LocationConstraint>'
        "</CreateBucketConfiguration>"
    ).encode()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    """A server of this test's own, and credentials where programs look for them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with new_s3() as found:
        yield found

"""Servers that speak S3 (moto) and Azure (Azurite), with answers that a test chooses: 500, forbidden, torn, slow."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import http.client
import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.server.killed_server import free_port
from tests.waiting import wait_until

Fault = Literal["", "500", "forbidden", "torn", "slow"]
REGION = "ap-northeast-2"
AZURITE = "azurite@3.37.0"  # MIT
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Azurite's own account, which is the same everywhere."""
WITH_NODE = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
OF_ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "date", "server"}
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


class Azure(S3):
    """The same of Azurite, in a process of its own behind this door."""

    def url(self, bucket: str = "bodies", region: str = "koreacentral") -> str:
        """What the setting says."""
        return f"az://{bucket}/ansim?region={region}&endpoint={self.endpoint}/{ACCOUNT}"


@dataclass
class Passed:
    """Passes requests on to a server on this port and its answers back, as a WSGI application."""

    port: int

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asked = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if environ.get("CONTENT_TYPE"):
            asked["Content-Type"] = environ["CONTENT_TYPE"]
        if environ["REQUEST_METHOD"] in {"PUT", "POST"}:
            asked["Content-Length"] = str(length)
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            body = environ["wsgi.input"].read(length) if length else None
            connection.request(environ["REQUEST_METHOD"], environ["REQUEST_URI"], body, asked)
            answer = connection.getresponse()
            whole = answer.read()
        told = [(name, value) for name, value in answer.getheaders() if name.lower() not in OF_ONE_HOP]
        if not any(name.lower() == "content-length" for name, _ in told):
            told.append(("Content-Length", str(len(whole))))
        start_response(f"{answer.status} {answer.reason}", told)
        return [whole]


@contextlib.contextmanager
def _served(s3: S3) -> Iterator[None]:
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, s3, threaded=True)
    s3.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        s3.is_over.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def new_s3() -> Iterator[S3]:
    """One with an empty bucket `bodies`, on a free port of the loopback address."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    s3 = S3(DomainDispatcherApplication(create_backend_app))
    with _served(s3):
        _ask(s3.endpoint + "/moto-api/reset", "POST", b"")
        _ask(s3.endpoint + "/bodies", "PUT", _location())
        s3.asked.clear()
        yield s3


@contextlib.contextmanager
def new_azure(program: Path, folder: Path) -> Iterator[Azure]:
    """One with an empty container `bodies`, whose blobs lie in this folder; `program`: Azurite's."""
    port = free_port()
    where = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)]
    quiet = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    process = subprocess.Popen(
        [of_node("node"), str(program), *where, *quiet], stdout=subprocess.DEVNULL, start_new_session=True
    )
    azure = Azure(Passed(port))
    try:
        with _served(azure):
            wait_until(lambda: _make_container(azure.endpoint), "Azurite")
            azure.asked.clear()
            yield azure
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # the wheel's node is a child of its wrapper
        process.wait()


def of_node(program: str) -> str:
    """Where `node` or `npm` is, the machine's or that of the page's build."""
    found = shutil.which(program, path=WITH_NODE)
    assert found is not None, f"no {program}: make setup-test"
    return found


def _make_container(endpoint: str) -> bool:
    """Whether Azurite has an empty container `bodies` now; False while it does not answer."""
    headers = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-12-02"}
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    signed = f"PUT{chr(10) * 12}{lines}/{ACCOUNT}/{ACCOUNT}/bodies\nrestype:container"
    by = base64.b64encode(hmac.digest(base64.b64decode(ACCOUNT_KEY), signed.encode(), hashlib.sha256)).decode()
    url = f"{endpoint}/{ACCOUNT}/bodies?restype=container"
    asked = urllib.request.Request(  # noqa: S310  our own server
        url, method="PUT", headers=headers | {"Authorization": f"SharedKey {ACCOUNT}:{by}"}
    )
    try:
        urllib.request.urlopen(asked).close()  # noqa: S310  as above
    except OSError:
        return False
    return True


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


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its program, fetched for the long run alone: 190 MB."""
    folder = tmp_path_factory.mktemp("azurite")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder)]
    environment = os.environ | {"PATH": WITH_NODE, "NODE_OPTIONS": "--use-system-ca"}
    subprocess.run([of_node("npm"), "install", *options, AZURITE], check=True, env=environment)
    return folder / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"


@pytest.fixture
def azure(azurite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Azure]:
    """As `s3`."""
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", ACCOUNT_KEY)
    with new_azure(azurite, tmp_path / "azurite") as found:
        yield found


@pytest.fixture(params=["s3", pytest.param("azure", marks=pytest.mark.soak)])
def bucket(request: pytest.FixtureRequest) -> S3:
    """A server of this test's own, in the long run also Azure's."""
    found: S3 = request.getfixturevalue(request.param)
    return found

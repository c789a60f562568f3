"""Time stamps by a service: a real one, made of OpenSSL, that stamps heads of the log; and ones that do not hold."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from server.api.app import build_services
from server.config.settings import Settings, SettingsError, load_settings
from server.witness.stamping import Stamped, StampError, stamp, stamp_head, stamps, verify_stamp
from tests.server.conftest import NO_TLS, Call

CONFIG = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
[ext]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
basicConstraints = critical,CA:FALSE
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
"""


def openssl(*arguments: str | Path, data: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a root, a time-stamping certificate and OpenSSL's settings for it."""
    folder = tmp_path_factory.mktemp("tsa")
    (folder / "config").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    root, key = folder / "root.pem", folder / "root.key"
    config = ("-config", folder / "config")
    openssl("req", "-x509", *new, "-keyout", key, "-out", root, "-subj", "/CN=root", "-days", "9",
            "-extensions", "root", *config)  # fmt: skip
    openssl("req", *new, "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr", "-subj", "/CN=tsa", *config)
    openssl("x509", "-req", "-in", folder / "tsa.csr", "-CA", root, "-CAkey", key, "-out", folder / "tsa.pem",
            "-days", "9", "-extfile", folder / "config", "-extensions", "ext")  # fmt: skip
    return folder


@pytest.fixture
def service(authority: Path, tmp_path: Path) -> Iterator[str]:
    """A time-stamping service on the loopback address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = tmp_path / "query.tsq"
            query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            answer = openssl("ts", "-reply", "-config", authority / "config", "-queryfile", query)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as the library names it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/tsa"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_head_is_stamped_once_a_day_and_openssl_agrees(
    settings: Settings, service: str, authority: Path, tmp_path: Path, call: Call
) -> None:
    services, roots = build_services(settings), authority / "root.pem"
    with closing(services.db), httpx.Client(verify=NO_TLS) as client:
        assert stamp_head(services.db, services.heads, service, roots, client) == Stamped("stamped", 3)
        assert stamp_head(services.db, services.heads, service, roots, client).state == "nothing_new"
    assert call("export", "timestamps", tmp_path / "out") == (0, f"{tmp_path / 'out'}: 1 time stamps\n", "")
    text, token = tmp_path / "out" / "3.txt", tmp_path / "out" / "3.tsr"
    assert b"OK" in openssl("ts", "-verify", "-data", text, "-in", token, "-CAfile", roots)
    assert verify_stamp(token.read_bytes(), text.read_text(), roots).tzinfo is not None


def test_a_token_of_another_text_or_root_does_not_hold(service: str, authority: Path, tmp_path: Path) -> None:
    with httpx.Client(verify=NO_TLS) as client:
        token = stamp(service, "one text\n", authority / "root.pem", client)
    with pytest.raises(StampError, match="does not hold"):
        verify_stamp(token, "another text\n", authority / "root.pem")
    other = tmp_path / "other.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            tmp_path / "k", "-out", other, "-subj", "/CN=other", "-days", "9")  # fmt: skip
    with pytest.raises(StampError, match="does not hold"):
        verify_stamp(token, "one text\n", other)
    for broken in (b"", b"nonsense", token[:-40]):
        with pytest.raises(StampError):
            verify_stamp(broken, "one text\n", authority / "root.pem")
    with pytest.raises(StampError):
        verify_stamp(token, "one text\n", tmp_path / "missing.pem")


def test_a_service_that_is_away_is_said_in_one_line(settings: Settings, authority: Path) -> None:
    services = build_services(settings)
    with closing(services.db):
        with httpx.Client(verify=NO_TLS) as client, pytest.raises(StampError) as caught:
            stamp_head(services.db, services.heads, "http://127.0.0.1:9/", authority / "root.pem", client)
        assert "\n" not in str(caught.value)
        with services.db.read() as connection:
            assert stamps(connection) == []
    with pytest.raises(SettingsError, match="go together"):
        load_settings({"ANSIM_TIMESTAMP_URL": "http://127.0.0.1:9/"})

"""https for a probe's own page: an authority that vouches for its own names only, and the second port over loopback."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from server.config.settings import Settings, SettingsError, load_settings
from server.serving.certificates import PAGE_DAYS, CertificateError, Pair, make_authority, make_page
from server.serving.running import open_socket
from server.serving.tls import open_tls
from tests.server.conftest import Call, Site, running

NAME = "probe-07.ansim.internal"
NETWORK = IPv4Network("127.0.0.0/29")
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def authority() -> Pair:
    return make_authority("한빛구 안심 스윕", "ansim.internal", NETWORK, NOW)


@pytest.fixture
def secure(tmp_path: Path, authority: Pair) -> Iterator[tuple[Site, int]]:
    """A server with both ports, and the number of the one with TLS."""
    make_page(authority, [NAME, "127.0.0.1"], NOW).write(tmp_path / "page.crt", tmp_path / "page.key")
    settings = Settings(
        data_dir=tmp_path / "data",
        port=0,
        min_free_mib=0,
        tls_port=0,
        tls_certificate=tmp_path / "page.crt",
        tls_key=tmp_path / "page.key",
        public_url=f"https://{NAME}",
    )
    tls = open_tls(settings, open_socket)
    assert tls is not None
    with running(settings, tls=tls) as site:
        yield site, tls.listener.getsockname()[1]


def _trusting(authority: Pair) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.certificate.decode())


def _shaken(port: int, name: str, context: ssl.SSLContext) -> str | None:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        return secure.version()


def test_who_trusts_the_authority_speaks_tls_with_the_page_and_nobody_else_does(
    secure: tuple[Site, int], authority: Pair
) -> None:
    site, port = secure
    trusting = _trusting(authority)
    assert _shaken(port, NAME, trusting) == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        _shaken(port, "probe-08.ansim.internal", trusting)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"unable to get local issuer|self.signed"):
        _shaken(port, NAME, ssl.create_default_context())
    site.add_user("kim", "inspector", "점검자-07")
    login = {"username": "kim", "password": "a-long-password"}
    with httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=trusting) as client:
        assert client.get("/api/health").json()["version"]
        entered = client.post("/api/login", json=login)
        assert entered.status_code == 200
        assert "; secure" in entered.headers["set-cookie"].lower()
        assert client.get("/api/rooms").status_code == 200
        # Refused before it is whole: TLS has no half-closed connections, and the answer comes all the same.
        refused = client.post("/api/entries", content=b"x" * 200_000)
        assert refused.status_code in {400, 413}
    plain = site.anonymous().post("/api/login", login)
    assert plain.status_code == 200 and "; secure" not in plain.headers["set-cookie"].lower()


def test_an_authority_vouches_for_its_own_names_and_addresses_only(tmp_path: Path, authority: Pair) -> None:
    for beyond in (
        "bank.example.kr",
        "ansim.internal",
        "evil-ansim.internal",
        "8.8.8.8",
        "::1",
        "*.ansim.internal",
        "",
    ):
        with pytest.raises(CertificateError):
            make_page(authority, [beyond], NOW)
    certificate = x509.load_pem_x509_certificate(authority.certificate)
    constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    page = x509.load_pem_x509_certificate(make_page(authority, [NAME], NOW).certificate)
    assert page.not_valid_after_utc - NOW == pytest.approx(timedelta(days=PAGE_DAYS), abs=timedelta(seconds=2))
    assert page.not_valid_before_utc < NOW


def test_what_a_stolen_key_signs_beyond_its_names_is_refused_by_clients(tmp_path: Path, authority: Pair) -> None:
    trusting = _trusting(authority)
    for name, holds in ((NAME, True), ("bank.example.kr", False)):
        files = (tmp_path / f"{name}.crt", tmp_path / f"{name}.key")
        _signed(authority, name).write(*files)
        if holds:
            assert _in_memory(files, trusting, name)
        else:
            with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
                _in_memory(files, trusting, name)


def _signed(authority: Pair, name: str) -> Pair:
    """What whoever has the authority's key can sign: a page of its own under any name."""
    page = make_page(authority, [NAME], NOW)
    like = x509.load_pem_x509_certificate(page.certificate)
    builder = x509.CertificateBuilder().subject_name(like.subject).issuer_name(like.issuer).serial_number(1)
    builder = builder.public_key(like.public_key()).not_valid_before(like.not_valid_before_utc)
    builder = builder.not_valid_after(like.not_valid_after_utc)
    for one in like.extensions:
        names = isinstance(one.value, x509.SubjectAlternativeName)
        value = x509.SubjectAlternativeName([x509.DNSName(name)]) if names else one.value
        builder = builder.add_extension(value, one.critical)
    key = load_pem_private_key(authority.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Pair(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM), page.key)


def _in_memory(files: tuple[Path, Path], trusting: ssl.SSLContext, name: str) -> bool:
    """A handshake without a network; true when both sides are done."""
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(*files)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(to_client, to_server, server_hostname=name)
    server = own.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return client.version() == server.version() == "TLSv1.3"


def test_the_command_writes_keys_for_their_owner_and_overwrites_nothing(call: Call, tmp_path: Path) -> None:
    folder, out = tmp_path / "ca", tmp_path / "probe"
    authority = ("certificate", "authority", folder, "--name", "한빛구")
    assert call(*authority)[0] == 0
    assert call("certificate", "page", folder, NAME, "10.77.0.1", "--out", out)[0] == 0
    assert [path.stat().st_mode & 0o777 for path in (folder / "authority.key", out / "page.key")] == [0o600, 0o600]
    before = (folder / "authority.key").read_bytes()
    assert call(*authority)[0] == 2
    assert (folder / "authority.key").read_bytes() == before
    beyond = tmp_path / "b"
    assert call("certificate", "page", folder, "bank.example.kr", "--out", beyond)[0] == 2 and not beyond.exists()


def test_settings_go_together_and_a_bad_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="go together"):
        load_settings({}, data_dir=str(tmp_path), tls_port="8443")
    bad = tmp_path / "bad.pem"
    bad.write_text("nothing\n")
    settings = load_settings({}, data_dir=str(tmp_path), tls_port="0", tls_certificate=str(bad), tls_key=str(bad))
    with pytest.raises(SettingsError, match="tls_certificate"):
        open_tls(settings, open_socket)


@pytest.mark.soak
def test_the_command_says_both_ports(tmp_path: Path, authority: Pair) -> None:
    make_page(authority, [NAME], NOW).write(tmp_path / "page.crt", tmp_path / "page.key")
    files = {"ANSIM_TLS_CERTIFICATE": str(tmp_path / "page.crt"), "ANSIM_TLS_KEY": str(tmp_path / "page.key")}
    command = [sys.executable, "-m", "server.cli", "serve", "--port", "0", "--data-dir", str(tmp_path / "data")]
    environment = {"PATH": "/usr/bin:/bin", "ANSIM_TLS_PORT": "0", **files}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        lines = iter(server.stdout)
        said = next(line for line in lines if line.startswith("serving on "))
        port = int(next(lines).rpartition(" ")[2])
        assert said and _shaken(port, NAME, _trusting(authority))
        server.terminate()

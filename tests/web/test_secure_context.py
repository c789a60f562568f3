"""The page over https by the district's own authority, in a real Chromium: what plain HTTP lacks is there."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, expect

from server.config.settings import Settings
from server.serving.certificates import make_authority, make_page
from server.serving.running import open_socket
from server.serving.tls import open_tls
from tests.server.conftest import PASSWORD, running
from tests.web.chromium import FLAGS
from tests.web.conftest import AS_PHONE, TIMEOUT_MS

pytestmark = pytest.mark.browser
NAME = "probe-07.ansim.internal"


@pytest.fixture
def page_address(built_page: None, tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """Where a probe's own page is, and how this Chromium finds it and takes the authority for good.

    Chromium's own list of authorities is the machine's; a test names the key of one instead (its SPKI), as a phone is
    told by installing it. That clients verify names and constraints is tested over loopback (tests/server/serving).
    """
    now = datetime.now(UTC)
    authority = make_authority("한빛구 안심 스윕", "ansim.internal", IPv4Network("127.0.0.0/29"), now)
    make_page(authority, [NAME], now).write(tmp_path / "page.crt", tmp_path / "page.key")
    settings = Settings(
        data_dir=tmp_path / "data",
        port=0,
        min_free_mib=0,
        tls_port=0,
        tls_certificate=tmp_path / "page.crt",
        tls_key=tmp_path / "page.key",
        allowed_hosts=NAME,
    )
    tls = open_tls(settings, open_socket)
    assert tls is not None
    public = x509.load_pem_x509_certificate(authority.certificate).public_key()
    spki = hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    flags = [
        f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
        f"--ignore-certificate-errors-spki-list={base64.b64encode(spki).decode()}",
    ]
    with running(settings, tls=tls) as site:
        site.add_user("kim", "inspector", "점검자-01")
        yield f"https://{NAME}:{tls.listener.getsockname()[1]}", flags


def test_https_has_what_plain_http_lacks(
    page_address: tuple[str, list[str]], browser: Browser, chromium_path: str
) -> None:
    address, flags = page_address
    chromium = browser.browser_type.launch(executable_path=chromium_path, headless=True, args=[*FLAGS, *flags])
    try:
        context = chromium.new_context(locale="ko-KR", timezone_id="Asia/Seoul", **AS_PHONE)
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        page.goto(f"{address}/#/settings")
        page.get_by_label("아이디").fill("kim")
        page.get_by_label("비밀번호", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="로그인").click()
        expect(page.get_by_role("heading", name="설정")).to_be_visible()
        expect(page.get_by_role("region", name="보안 연결이 아닙니다(HTTP)")).to_have_count(0)
        expect(page.get_by_text("암호화하여 이 휴대전화에 두며")).to_be_visible()
        has = page.evaluate(
            """async () => [isSecureContext, navigator.mediaDevices !== undefined, 'PublicKeyCredential' in window,
                (await navigator.serviceWorker.ready).active !== null]"""
        )
        assert has == [True, True, True, True]
        (session,) = [one for one in context.cookies() if one["name"] == "ansim_session"]
        assert session["secure"] and session["httpOnly"]
    finally:
        chromium.close()

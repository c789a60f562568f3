"""Only pages of this server speak to it, and it answers to its own names only: real requests with forged headers."""

from __future__ import annotations

import httpx
import pytest

from server.bounds.hosts import host_name
from server.config.settings import Settings, SettingsError, load_settings
from server.interface.views.answer import ErrorView
from tests.server.conftest import Site, running


def _get(site: Site, host: str, path: str = "/api/health", **headers: str) -> httpx.Response:
    return httpx.get(site.url + path, headers={"Host": host} | headers)


def test_a_name_that_was_pointed_here_by_somebody_else_is_refused(settings: Settings) -> None:
    known = settings.model_copy(
        update={"allowed_hosts": "probe.local, ansim.lan", "public_url": "https://ansim.example.kr"}
    )
    with running(known) as site:
        port = site.url.rsplit(":", 1)[1]
        for host in ("localhost", f"127.0.0.1:{port}", "[::1]:1", "PROBE.local", "ansim.lan:80", "ansim.example.kr"):
            assert _get(site, host).status_code == 200, host
        for host in ("evil.example", "127.0.0.1.evil.example", "10.0.0.1", "a@localhost", "localhost/x", "", "x:y"):
            answer = _get(site, host)
            assert (answer.status_code, ErrorView.model_validate_json(answer.content).error.code) == (
                421,
                "host_not_allowed",
            ), host
        assert _get(site, "evil.example", "/").status_code == 421  # the page too


def test_pages_of_other_sites_may_not_ask(settings: Settings) -> None:
    with running(settings.model_copy(update={"public_url": "https://ansim.example.kr"})) as site:
        own = site.url.removeprefix("http://")
        for origin in (f"http://{own}", f"https://{own}", "https://ansim.example.kr", "https://ansim.example.kr:443"):
            assert _get(site, own, Origin=origin).status_code == 200, origin
        for origin in ("https://evil.example", "null", "http://localhost:1", "http://ansim.example.kr", "file://", "x"):
            answer = _get(site, own, Origin=origin)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_not_allowed"), origin
            login = httpx.post(f"{site.url}/api/login", json={}, headers={"Origin": origin})
            assert login.status_code == 403, origin


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("a", "a"),
        ("A.b:80", "a.b"),
        ("[::1]:8080", "::1"),
        ("a:b", None),
        ("a@b", None),
        ("a/b", None),
        ("", None),
        ("[::1", None),
        ("a:99999", None),
    ],
)
def test_host_names(host: str, name: str | None) -> None:
    assert host_name(host) == name


def test_a_public_url_must_be_one() -> None:
    with pytest.raises(SettingsError, match="setting public_url"):
        load_settings({"ANSIM_PUBLIC_URL": "javascript:alert(1)"})

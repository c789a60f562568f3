"""The city's single sign-on against a provider over loopback: who gets in, and every answer that must not count."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import func, select

from server.api.people.single_sign_on import provider_of
from server.config.settings import Settings, SettingsError, load_settings
from server.interface.fields import Role
from server.people import auth, links
from server.store.schema import audit, sessions, users
from tests.server.conftest import NO_TLS, PASSWORD, QUICK_HASH, Client, Site, running
from tests.server.oidc_provider import CLIENT, Claims, Provider, running_provider

pytestmark = pytest.mark.skipif(sys.version_info < (3, 12), reason="the provider of these tests needs Python 3.12")


def _free_port() -> int:
    """A port that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as made:
        yield made


@contextmanager
def _site(tmp_path: Path, provider: Provider, **more: object) -> Iterator[Site]:
    secret = tmp_path / "secret"
    secret.write_text("a client's secret\n", encoding="utf-8")
    settings = Settings.model_validate(
        {
            "data_dir": tmp_path,
            "port": 0,
            "min_free_mib": 0,
            "login_attempts_per_minute": 1_000,
            "public_url": "http://127.0.0.1:8080",
            "oidc_issuer": provider.url,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": secret,
            "web_dir": tmp_path / "dist",
        }
        | more
    )
    with running(settings) as site:
        yield site


@pytest.fixture
def site(tmp_path: Path, provider: Provider) -> Iterator[Site]:
    provider.change, provider.sign = dict, None
    with _site(tmp_path, provider) as found:
        yield found


class Browser:
    """A browser that follows the links between server and provider by itself."""

    def __init__(self, site: Site) -> None:
        self.client, self.http = site.anonymous(), httpx.Client(verify=NO_TLS)

    def begin(self) -> str:
        """The provider's address that the server sends a browser to."""
        sent = self.client.http.get("/api/login/single-sign-on")
        assert sent.status_code == 303, sent.text
        return sent.headers["location"]

    def consent(self, address: str, subject: str = "minji", **more: str) -> str:
        """Log in there; the server's address that the provider sends back to."""
        back = self.http.post(address, data={"sub": subject} | more)
        assert back.status_code == 302, back.text
        return back.headers["location"]

    def back(self, address: str) -> httpx.Response:
        """Come back to the server, which here has another port than its public address says."""
        found = urlsplit(address)
        return self.client.http.get(f"{found.path}?{found.query}")

    def log_in(self, subject: str = "minji") -> httpx.Response:
        return self.back(self.consent(self.begin(), subject))


def _invited(site: Site, username: str = "kim", role: Role = "inspector", subject: str = "minji") -> None:
    with site.db.write() as connection:
        auth.create_user(
            connection,
            username=username,
            display_name="점검자-07",
            role=role,
            password=QUICK_HASH,
            actor="test",
            is_one_time=True,
        )
    admin = site.login("admin")
    answer = admin.put(f"/api/users/{username}/single-sign-on", {"subject": subject})
    assert answer.status_code == 200, answer.text


def _why(answer: httpx.Response) -> tuple[int, str]:
    """Status and the Korean sentence of a page that refuses."""
    found = re.search("<h1>(.*?)<br>", answer.text)
    return answer.status_code, found[1] if found else ""


def test_an_invited_person_logs_in_by_code_with_pkce_and_nonce(site: Site, provider: Provider) -> None:
    _invited(site)
    provider.asked.clear()
    browser = Browser(site)
    assert browser.client.get("/api/login").json()["single_sign_on"] == "통합인증"
    address = browser.begin()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert (asked["response_type"], asked["scope"], asked["client_id"]) == ("code", "openid", CLIENT)
    assert asked["code_challenge_method"] == "S256" and len(asked["nonce"]) == 64 and len(asked["state"]) == 43
    entered = browser.back(browser.consent(address))
    assert (entered.status_code, entered.headers["refresh"]) == (200, "0; url=/")
    assert "samesite=strict" in entered.headers["set-cookie"].lower()
    (redeemed,) = provider.asked
    digest = hashlib.sha256(redeemed["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
    me = browser.client.get("/api/me").json()
    assert (me["user"]["username"], me["user"]["must_change_password"]) == ("kim", False)
    assert browser.client.get("/api/rooms").status_code == 200
    with site.db.read() as connection:
        assert connection.scalars(select(sessions.c.way).where(sessions.c.way == "single_sign_on")).all()
    browser.client.csrf = me["csrf_token"]
    ended = browser.client.post("/api/logout").json()["sign_out_url"]
    assert ended.startswith(f"{provider.url}/oauth2/end_session?client_id={CLIENT}&post_logout_redirect_uri=http")
    assert browser.client.get("/api/me").json()["user"] is None


def test_who_was_not_invited_gets_nothing_but_a_sentence(site: Site) -> None:
    with site.db.read() as connection:
        before = connection.scalar(select(func.count()).select_from(users))
    status, sentence = _why(Browser(site).log_in("somebody"))
    assert status == 403 and sentence.endswith("somebody") and "초대된 사람이 아닙니다" in sentence
    with site.db.read() as connection:
        assert connection.scalar(select(func.count()).select_from(users)) == before


def _later(claims: Claims, **more: Any) -> Claims:
    return {**claims, **more}


WRONG: dict[str, Callable[[Claims], Claims]] = {
    "another issuer": lambda claims: _later(claims, iss="http://localhost:1"),
    "for another client": lambda claims: _later(claims, aud="another"),
    "made for another client": lambda claims: _later(claims, aud=[CLIENT, "another"], azp="another"),
    "expired": lambda claims: _later(claims, exp=int(time.time()) - 120),
    "without an end": lambda claims: {name: value for name, value in claims.items() if name != "exp"},
    "another nonce": lambda claims: _later(claims, nonce="0" * 64),
    "without a nonce": lambda claims: {name: value for name, value in claims.items() if name != "nonce"},
    "of nobody": lambda claims: _later(claims, sub=""),
}


def _by_hand(header: Claims, claims: Claims, secret: bytes) -> str:
    """A token that no library makes: without a signature, or signed with what everybody may know of a key."""
    parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in (header, claims)]
    mac = hmac.new(secret, b".".join(parts), hashlib.sha256).digest() if secret else b""
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


OTHER_KEY = RSAKey.generate_key(2048, {"kid": "other"})
SIGNED: dict[str, Callable[[Claims, Any], str]] = {
    "another key": lambda claims, key: jwt.encode({"alg": "RS256", "kid": key.kid}, claims, OTHER_KEY),
    "an unknown key": lambda claims, _: jwt.encode({"alg": "RS256", "kid": "other"}, claims, OTHER_KEY),
    "a shared key": lambda claims, key: _by_hand({"alg": "HS256", "kid": key.kid}, claims, key.as_pem(private=False)),
    "no key": lambda claims, _: _by_hand({"alg": "none"}, claims, b""),
}


def test_no_other_token_counts(site: Site, provider: Provider) -> None:
    _invited(site)
    refused = {}
    for name, change in WRONG.items():
        provider.change, provider.sign = change, None
        refused[name] = _why(Browser(site).log_in())
    provider.change = dict
    for name, sign in SIGNED.items():
        provider.sign = sign
        refused[name] = _why(Browser(site).log_in())
    assert {status for status, _ in refused.values()} == {401}, refused
    assert all("통합인증의 답을 믿을 수 없어" in sentence for _, sentence in refused.values())
    provider.sign = None
    assert Browser(site).log_in().status_code == 200


def test_an_answer_counts_once_and_in_its_own_browser(site: Site, provider: Provider) -> None:
    _invited(site)
    mine, other = Browser(site), Browser(site)
    other.begin()
    back = mine.consent(mine.begin())
    assert _why(other.back(back))[0] == 400  # a victim's browser is not logged in as somebody else
    assert mine.back(back).status_code == 200
    assert _why(mine.back(back))[0] == 400
    state = parse_qs(urlsplit(mine.begin()).query)["state"][0]
    forged = f"{site.url}/api/login/single-sign-on/back?state={state}&code=made-up"
    assert _why(mine.back(forged))[0] == 401
    assert _why(mine.back(forged))[0] == 400  # the challenge is spent by the wrong answer
    denied = mine.consent(mine.begin(), action="deny")
    assert _why(mine.back(denied)) == (403, "통합인증에서 로그인을 허락하지 않았거나 취소했습니다")


def test_a_made_up_code_is_refused(site: Site) -> None:
    browser = Browser(site)
    state = parse_qs(urlsplit(browser.begin()).query)["state"][0]
    status, sentence = _why(browser.back(f"/api/login/single-sign-on/back?state={state}&code=made-up"))
    assert status == 401 and "믿을 수 없어" in sentence


def test_a_role_that_needs_more_than_a_password_needs_it_of_the_provider(site: Site, provider: Provider) -> None:
    _invited(site, "officer", "auditor", "soyeon")
    status, sentence = _why(Browser(site).log_in("soyeon"))
    assert status == 403 and "2단계 확인" in sentence
    provider.change = lambda claims: _later(claims, amr=["pwd", "otp"])
    browser = Browser(site)
    assert browser.log_in("soyeon").status_code == 200
    assert browser.client.get("/api/rooms").status_code == 200


def test_a_link_is_one_to_one_and_ends_with_the_account(site: Site) -> None:
    _invited(site)
    site.add_user("lee", "inspector", "점검자-08")
    admin = site.login("admin", "관리자-01")
    taken = admin.put("/api/users/lee/single-sign-on", {"subject": "minji"})
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "subject_taken")
    assert Browser(site).log_in().status_code == 200
    headers = {"X-CSRF-Token": admin.csrf}
    assert admin.http.delete("/api/users/kim/single-sign-on", headers=headers).status_code == 200
    assert Browser(site).log_in().status_code == 403
    assert admin.put("/api/users/kim/single-sign-on", {"subject": "minji"}).status_code == 200
    listed = admin.get("/api/single-sign-on").json()
    assert (listed["name"], [one["subject"] for one in listed["people"] if one["is_of_this_provider"]]) == (
        "통합인증",
        ["minji"],
    )
    assert admin.post("/api/users/kim/deactivate").status_code == 200
    assert "minji" not in admin.get("/api/single-sign-on").text
    assert Browser(site).log_in().status_code == 403
    assert admin.put("/api/users/lee/single-sign-on", {"subject": "minji"}).status_code == 200  # free again
    with site.db.read() as connection:
        said = connection.scalars(select(audit.c.action).where(audit.c.action.like("sign_on%"))).all()
    assert sorted(said) == ["sign_on.linked"] * 3 + ["sign_on.unlinked"]


def test_without_a_provider_there_is_a_sentence_and_the_other_ways(tmp_path: Path, provider: Provider) -> None:
    with _site(tmp_path, provider, oidc_issuer=f"http://localhost:{_free_port()}") as away:
        status, sentence = _why(away.anonymous().http.get("/api/login/single-sign-on"))
        assert status == 502 and "비밀번호로 로그인하십시오" in sentence
        away.add_user("lee", "inspector", "점검자-08")
        login = away.anonymous().post("/api/login", {"username": "lee", "password": PASSWORD})
        assert login.status_code == 200
    (tmp_path / "other").mkdir()
    provider.calls_itself = "http://localhost:1"
    with _site(tmp_path / "other", provider) as other:
        assert _why(other.anonymous().http.get("/api/login/single-sign-on"))[0] == 502
    provider.calls_itself = None


def test_a_server_without_one_says_so(tmp_path: Path) -> None:
    with running(Settings(data_dir=tmp_path, port=0, min_free_mib=0)) as plain:
        client: Client = plain.anonymous()
        assert client.get("/api/login").json()["single_sign_on"] is None
        assert _why(client.http.get("/api/login/single-sign-on"))[0] == 409
        plain.add_user("kim", "inspector", "점검자-07")
        with plain.db.write() as connection:
            links.link(connection, "kim", "https://earlier.example.kr", "minji", actor="test")
        listed = plain.login("admin").get("/api/single-sign-on").json()
        assert listed["name"] is None  # what an earlier provider left is still seen, and can be ended
        (left,) = [one for one in listed["people"] if one["subject"] is not None]
        assert (left["username"], left["is_of_this_provider"]) == ("kim", False)
        refused = plain.login("admin").put("/api/users/kim/single-sign-on", {"subject": "minji"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "sign_on_off")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"oidc_issuer": "https://sso.example.kr"}, "go together"),
        ({"oidc_issuer": "http://sso.example.kr"}, "https"),
        ({"oidc_issuer": "https://sso.example.kr", "oidc_client_secret": "/nowhere"}, "oidc_client_secret"),
    ],
)
def test_what_an_operator_may_say_wrongly(tmp_path: Path, wrong: dict[str, str], why: str) -> None:
    whole = {"oidc_client_id": CLIENT, "public_url": "https://ansim.example.kr", "data_dir": str(tmp_path)}
    needed = {} if why == "go together" else {"oidc_client_secret": str(tmp_path)}

    def read() -> None:
        provider_of(load_settings({}, **(whole | needed | wrong)))

    with pytest.raises(SettingsError, match=why):
        read()

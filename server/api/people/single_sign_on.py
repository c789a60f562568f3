"""Routes of the city's single sign-on: a browser is sent there, and comes back with a code. Both are plain links."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from server.api.access import OPEN, client_address
from server.api.people.login import set_cookies
from server.api.service.services import Services, services_of
from server.config.settings import Settings, SettingsError
from server.interface.errors import ApiError, invalid
from server.people import auth, links
from server.people.challenges import CHALLENGE_S, MAX_COOKIE
from server.people.login_delays import LoginAttempt
from server.people.sessions import Session, open_session
from server.people.single_sign_on import BACK, Provider, SingleSignOn, denied, no_sign_on
from server.public_page.page import refusal_page
from sweep.phrases import Phrase

router = APIRouter(tags=["people"])

SIGN_ON_COOKIE = "ansim_sign_on"
PATH = "/api/login/single-sign-on"
NOT_KEPT = {"Cache-Control": "no-store"}


@router.get(PATH, include_in_schema=False, dependencies=[OPEN])
async def begin(request: Request) -> Response:
    """Send a browser to the single sign-on; a page that says why where that cannot be."""
    services = services_of(request)
    challenge, cookie = services.challenges.make("sign_on", "")
    try:
        url = await services.pools.sign_on.run(partial(_needed(services).start_url, challenge))
    except ApiError as refused:
        return _refusal(refused)
    response = RedirectResponse(url, status_code=303, headers=NOT_KEPT)
    # Lax: the browser comes back from elsewhere, by a link.
    is_secure = services.settings.secure_cookies
    response.set_cookie(
        SIGN_ON_COOKIE, cookie, max_age=CHALLENGE_S, path=PATH, httponly=True, secure=is_secure, samesite="lax"
    )
    return response


@router.get(BACK, include_in_schema=False, dependencies=[OPEN])
async def come_back(
    request: Request,
    code: Annotated[str, Query(max_length=2_000)] = "",
    state: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Open a session for whom the code is of, if somebody linked them; wrong ones wait like wrong passwords."""
    services, cookie = services_of(request), request.cookies.get(SIGN_ON_COOKIE, "")[: MAX_COOKIE + 1]
    address = client_address(request)  # in the name too: strangers keep nobody else out
    attempt = LoginAttempt(address, f"single sign-on {address}", None)
    run = services.pools.sessions.run
    try:
        await run(partial(services.delays.enter, attempt))
        token, session = await services.pools.sign_on.run(partial(_open, services, cookie, code, state))
        await run(partial(services.delays.succeeded, attempt))
    except ApiError as refused:
        response = _refusal(refused)
        response.delete_cookie(SIGN_ON_COOKIE, path=PATH, httponly=True, samesite="lax")
        return response
    set_ms = await run(partial(auth.password_ms, services.db, session.person.username))
    # A page of our own leads on: a redirect from elsewhere would not carry the strict cookie that is set here.
    response = HTMLResponse(LEADS_ON, headers=NOT_KEPT | {"Refresh": "0; url=/"})
    set_cookies(request, response, token, session.person, set_ms)
    response.delete_cookie(SIGN_ON_COOKIE, path=PATH, httponly=True, samesite="lax")
    return response


LEADS_ON = """<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>안심 스윕</title></head><body><p><a href="/">계속 · go on</a></p></body></html>
"""


def _open(services: Services, cookie: str, code: str, state: str) -> tuple[str, Session]:
    sign_on = _needed(services)
    if not code:
        raise denied()
    if not state or cookie.partition(".")[0] != state:
        raise invalid(Phrase("login_begun_elsewhere"), code="challenge_over")
    with services.db.write() as connection:
        services.challenges.spend(connection, cookie, "sign_on", "")
    person = links.person_behind(services.db, sign_on.issuer, sign_on.prove(code, state))
    return open_session(services.db, person, services.settings.session_hours)


def _needed(services: Services) -> SingleSignOn:
    if services.single_sign_on is None:
        raise no_sign_on()
    return services.single_sign_on


def _refusal(refused: ApiError) -> Response:
    text = refusal_page(refused.message.ko, refused.message.en, back="/")
    return HTMLResponse(text, status_code=refused.status, headers=NOT_KEPT | refused.headers)


def provider_of(settings: Settings) -> Provider | None:
    """The provider that the operator named; None without one. Raises SettingsError when its secret cannot be read."""
    if not settings.oidc_issuer or settings.oidc_client_secret is None:
        return None
    try:
        secret = settings.oidc_client_secret.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(Phrase("setting_oidc_client_secret", why=type(error).__name__)) from None
    back = f"{settings.public_url.rstrip('/')}{BACK}"
    return Provider(settings.oidc_issuer, settings.oidc_client_id, secret, back, settings.oidc_is_strong)


def sign_on_of(settings: Settings, mac: Callable[[str], str]) -> SingleSignOn | None:
    """The city's single sign-on, if the operator named one. Raises SettingsError."""
    provider = provider_of(settings)
    return None if provider is None else SingleSignOn(provider, mac)

"""Routes of people: log in, log out, who am I, a new password."""

from __future__ import annotations

import base64
from dataclasses import replace
from functools import partial
from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from server.api.access import OPEN, SESSION_COOKIE, AnySession, OptionalSession, OwnSession, client_address
from server.api.people.second_factor import use_code
from server.api.service.services import Services, services_of
from server.interface.errors import ApiError
from server.interface.people_requests import LoginRequest, PasswordRequest
from server.interface.request_body import describe, json_body
from server.interface.views.people import LoginView, LogoutView, MeView, PhoneKey, UserView
from server.people import accounts, auth
from server.people.access_log import shows
from server.people.auth import Person
from server.people.devices import COOKIE_DAYS, DEVICE_COOKIE
from server.people.login_delays import LoginAttempt
from server.people.sealed_pins import recipient_of
from server.people.second_factor import needs_second_factor
from server.people.sessions import Session, close_session, open_session
from server.store.clock import from_ms

router = APIRouter(tags=["people"])

MAX_DEVICE_COOKIE = 600  # derived: five tokens of 96 letters


@router.post("/api/login", dependencies=[OPEN], openapi_extra=describe(LoginRequest) | shows())
async def login(
    request: Request, response: Response, body: Annotated[LoginRequest, json_body(LoginRequest)]
) -> LoginView:
    """Open a session: sets the cookie and answers with the token that state-changing requests need."""
    services, cookie = services_of(request), request.cookies.get(DEVICE_COOKIE, "")[:MAX_DEVICE_COOKIE]
    set_ms = await services.pools.sessions.run(partial(auth.password_ms, services.db, body.username))
    device = services.devices.device_of(cookie, body.username, set_ms)
    attempt = LoginAttempt(client_address(request), body.username, device)
    count = services.pools.sessions.run  # counted before anything slow: guesses at once are guesses one after another
    await count(partial(services.delays.enter, attempt))
    crew = services.pools.passwords if device is None else services.pools.known_devices
    token, session = await crew.run(partial(_open, services, body, attempt))
    set_cookies(request, response, token, session.person, set_ms)
    return LoginView(user=user_view(session.person), csrf_token=session.csrf_token)


@router.get("/api/me", dependencies=[OPEN], openapi_extra=shows())
def me(session: OptionalSession) -> MeView:
    """The person logged in, or nulls."""
    if session is None:
        return MeView(user=None, csrf_token=None)
    return MeView(user=user_view(session.person), csrf_token=session.csrf_token)


@router.get("/api/me/phone-key", openapi_extra=shows())
def phone_key(request: Request, response: Response, session: OwnSession) -> PhoneKey:
    """The key under which a phone seals what it keeps of oneself."""
    services = services_of(request)
    response.headers["Cache-Control"] = "no-store"
    with services.db.read() as connection:
        salt = accounts.phone_salt(connection, session.person.user_id)
    key = services.devices.phone_key(session.person.user_id, salt)
    ends_ms = session.opened_ms + services.settings.session_hours * 3_600_000
    return PhoneKey(key=base64.b64encode(key).decode(), ends=from_ms(ends_ms), pins_to=recipient_of(services.devices))


@router.post("/api/logout", openapi_extra=shows())
async def logout(request: Request, response: Response, session: AnySession) -> LogoutView:
    """End the session, and say where a single sign-on ends its own."""
    services = services_of(request)
    await run_in_threadpool(close_session, services.db, request.cookies[SESSION_COOKIE])
    await services.end_dead_streams()
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
    sign_on, back = services.single_sign_on, services.settings.public_url
    is_of_it = sign_on is not None and session.person.way == "single_sign_on"
    return LogoutView(sign_out_url=await run_in_threadpool(sign_on.end_url, back) if sign_on and is_of_it else None)


@router.post("/api/password", openapi_extra=describe(PasswordRequest) | shows())
async def change_password(
    request: Request,
    response: Response,
    session: AnySession,
    body: Annotated[PasswordRequest, json_body(PasswordRequest)],
) -> LoginView:
    """Give oneself a new password; every session of this person ends, and this one goes on under a new cookie."""
    services, person = services_of(request), session.person
    attempt = LoginAttempt(client_address(request), person.username, f"session {person.user_id}")
    await services.pools.sessions.run(partial(services.delays.enter, attempt))
    token, opened, set_ms = await services.pools.known_devices.run(partial(_change, services, person, body))
    await services.pools.sessions.run(partial(services.delays.succeeded, attempt))
    await services.end_dead_streams()
    set_cookies(request, response, token, opened.person, set_ms)
    return LoginView(user=user_view(opened.person), csrf_token=opened.csrf_token)


def user_view(person: Person) -> UserView:
    """A person as a view."""
    return UserView(
        username=person.username,
        display_name=person.display_name,
        role=person.role,
        district_id=person.district_id,
        must_change_password=person.must_change_password,
        needs_enrolment_code=person.needs_enrolment_code,
        needs_second_factor=needs_second_factor(person),
    )


def _open(services: Services, body: LoginRequest, attempt: LoginAttempt) -> tuple[str, Session]:
    try:
        person = auth.check_password(services.db, body.username, body.password)
        services.delays.succeeded(attempt)  # codes are counted by themselves
        person = use_code(services, person, body.code, attempt)
    except ApiError as error:
        if error.code != "code_needed":
            is_known = attempt.device is not None
            auth.record_failure(services.db, body.username, address=attempt.address, is_known_device=is_known)
        raise
    return open_session(services.db, person, services.settings.session_hours)


def _change(services: Services, person: Person, body: PasswordRequest) -> tuple[str, Session, int]:
    auth.change_password(services.db, person, body.current_password, body.new_password)
    changed = auth.check_password(services.db, person.username, body.new_password)
    changed = replace(changed, way=person.way)
    token, session = open_session(services.db, changed, services.settings.session_hours)
    return token, session, auth.password_ms(services.db, person.username)


def set_cookies(request: Request, response: Response, token: str, person: Person, set_ms: int) -> None:
    """The cookies of a new session, and of a device from which this person has logged in."""
    services = services_of(request)
    hours = services.settings.session_hours
    is_secure = services.settings.secure_cookies or request.url.scheme == "https"
    response.set_cookie(SESSION_COOKIE, token, max_age=hours * 3600, httponly=True, secure=is_secure, samesite="strict")
    known = request.cookies.get(DEVICE_COOKIE, "")[:MAX_DEVICE_COOKIE]
    response.set_cookie(
        DEVICE_COOKIE,
        services.devices.remember(known, person.username, set_ms),
        max_age=COOKIE_DAYS * 24 * 3600,
        path="/api",
        httponly=True,
        secure=is_secure,
        samesite="strict",
    )

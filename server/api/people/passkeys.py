"""Routes of passkeys: log in with one, and one's own: which there are, a new one, one less."""

from __future__ import annotations

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from webauthn.helpers import bytes_to_base64url

from server.api.access import OPEN, EnrollingSession, OwnSession, client_address
from server.api.people.login import MAX_DEVICE_COOKIE, set_cookies, user_view
from server.api.service.services import Services, services_of
from server.interface.errors import ApiError
from server.interface.people_requests import NewPasskey, PasskeyAnswer
from server.interface.request_body import describe, json_body
from server.interface.views.people import LoginView, LoginWays, PasskeyChallenge, PasskeyList, PasskeyOptions
from server.people import auth, passkeys
from server.people.access_log import shows
from server.people.challenges import CHALLENGE_COOKIE, CHALLENGE_S, MAX_COOKIE
from server.people.devices import DEVICE_COOKIE
from server.people.login_delays import LoginAttempt
from server.people.passkeys import Owner
from server.people.relying_party import RelyingParty, relying_party
from server.people.sessions import Session, open_session
from sweep.phrases import Phrase

router = APIRouter(tags=["people"])

RP_NAME = "Ansim Sweep"


@router.get("/api/login", dependencies=[OPEN], openapi_extra=shows())
def login_ways(request: Request) -> LoginWays:
    """How one can log in here."""
    party, settings = _party(request), services_of(request).settings
    return LoginWays(
        passkey_origin=None if party is None else party.origin,
        single_sign_on=settings.oidc_name if settings.oidc_issuer else None,
    )


@router.post("/api/login/passkey/options", dependencies=[OPEN], openapi_extra=shows())
def login_options(request: Request, response: Response) -> PasskeyChallenge:
    """A challenge for any passkey of this server; 409 where there are none."""
    party, services = needed_party(request), services_of(request)
    challenge, cookie = services.challenges.make("login", "")
    set_challenge_cookie(request, response, cookie)
    return PasskeyChallenge(challenge=challenge, rp_id=party.rp_id, timeout_ms=CHALLENGE_S * 1000, credential_ids=())


@router.post("/api/login/passkey", dependencies=[OPEN], openapi_extra=describe(PasskeyAnswer) | shows())
async def log_in(
    request: Request, response: Response, body: Annotated[PasskeyAnswer, json_body(PasskeyAnswer)]
) -> LoginView:
    """Open a session by a passkey: no user name, no password; wrong ones wait like wrong passwords."""
    party, services = needed_party(request), services_of(request)
    run = services.pools.sessions.run
    owner = await run(partial(passkeys.owner_of, services.db, body))
    known = request.cookies.get(DEVICE_COOKIE, "")[:MAX_DEVICE_COOKIE]
    device = None if owner is None else services.devices.device_of(known, owner.username, owner.password_ms)
    attempt = LoginAttempt(client_address(request), f"passkey {body.credential_id[:100]}", device)
    await run(partial(services.delays.enter, attempt))
    token, session = await run(partial(_open, services, party, challenge_cookie(request), body, attempt, owner))
    await run(partial(services.delays.succeeded, attempt))
    set_ms = await run(partial(auth.password_ms, services.db, session.person.username))
    set_cookies(request, response, token, session.person, set_ms)
    response.delete_cookie(CHALLENGE_COOKIE, path="/api", httponly=True, samesite="strict")
    return LoginView(user=user_view(session.person), csrf_token=session.csrf_token)


@router.get("/api/passkeys", openapi_extra=shows())
def list_passkeys(request: Request, session: OwnSession) -> PasskeyList:
    """One's own passkeys."""
    with services_of(request).db.read() as connection:
        return PasskeyList(passkeys=passkeys.passkeys_of(connection, session.person.user_id))


@router.post("/api/passkeys/options", openapi_extra=shows())
def new_options(request: Request, response: Response, session: EnrollingSession) -> PasskeyOptions:
    """A challenge for a new passkey of one's own; 409 where there are none."""
    party, services, person = needed_party(request), services_of(request), session.person
    with services.db.read() as connection:
        held = passkeys.ids_of(connection, person.user_id)
    challenge, cookie = services.challenges.make("register", person.username)
    set_challenge_cookie(request, response, cookie)
    return PasskeyOptions(
        challenge=challenge,
        rp_id=party.rp_id,
        rp_name=RP_NAME,
        user_id=bytes_to_base64url(person.user_id.bytes),
        username=person.username,
        display_name=person.display_name,
        algorithms=tuple(int(one) for one in passkeys.ALGORITHMS),
        timeout_ms=CHALLENGE_S * 1000,
        exclude=held,
    )


@router.post("/api/passkeys", status_code=201, openapi_extra=describe(NewPasskey) | shows())
def post_passkey(
    request: Request,
    session: EnrollingSession,
    body: Annotated[NewPasskey, json_body(NewPasskey)],
) -> PasskeyList:
    """Register a passkey of one's own."""
    party, services, person = needed_party(request), services_of(request), session.person
    with services.db.write() as connection:
        challenge = services.challenges.spend(connection, challenge_cookie(request), "register", person.username)
    with services.db.write() as connection:
        passkeys.register(connection, party, person, challenge, body)
        return PasskeyList(passkeys=passkeys.passkeys_of(connection, person.user_id))


@router.delete("/api/passkeys/{passkey_id}", openapi_extra=shows())
def delete_passkey(request: Request, session: OwnSession, passkey_id: UUID) -> PasskeyList:
    """Forget one of one's own passkeys."""
    with services_of(request).db.write() as connection:
        passkeys.remove(connection, session.person, passkey_id)
        return PasskeyList(passkeys=passkeys.passkeys_of(connection, session.person.user_id))


def _open(
    services: Services,
    party: RelyingParty,
    cookie: str,
    body: PasskeyAnswer,
    attempt: LoginAttempt,
    owner: Owner | None,
) -> tuple[str, Session]:
    try:
        person = passkeys.prove(services.db, party, services.challenges, cookie, body, purpose="login")
    except ApiError as error:
        passkeys.record_failure(services.db, owner, address=attempt.address, code=error.code)
        raise
    return open_session(services.db, person, services.settings.session_hours)


def _party(request: Request) -> RelyingParty | None:
    return relying_party(services_of(request).settings.public_url, request.headers.get("host", ""))


def needed_party(request: Request) -> RelyingParty:
    """Where passkeys work on this server; ApiError 409 where they do not."""
    party = _party(request)
    if party is None:
        raise ApiError(409, Phrase("passkeys_off"))
    return party


def challenge_cookie(request: Request) -> str:
    """The cookie beside a challenge, cut to its bound."""
    return request.cookies.get(CHALLENGE_COOKIE, "")[: MAX_COOKIE + 1]


def set_challenge_cookie(request: Request, response: Response, cookie: str) -> None:
    """Bind a challenge to the browser that asked for it."""
    response.set_cookie(
        CHALLENGE_COOKIE,
        cookie,
        max_age=CHALLENGE_S,
        path="/api",
        httponly=True,
        secure=services_of(request).settings.secure_cookies,
        samesite="strict",
    )

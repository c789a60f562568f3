"""The second person of an act that needs two: who it is, proved in the very request of the first; and PINs for that."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from server.api.access import INSPECTORS, CaseWorker, EnrollingSession, Inspector, OwnSession, client_address
from server.api.people.passkeys import challenge_cookie, needed_party, set_challenge_cookie
from server.api.people.second_factor import use_code
from server.api.service.services import services_of
from server.interface.case_requests import SecondPerson
from server.interface.errors import ApiError
from server.interface.fields import Role
from server.interface.people_requests import AgreeRequest, PinRequest
from server.interface.request_body import describe, json_body
from server.interface.views.people import PasskeyChallenge, PinView, SecondView
from server.people import accounts, badges, passkeys, pins
from server.people.access_log import shows
from server.people.auth import Person, check_password, hashed
from server.people.challenges import CHALLENGE_S
from server.people.login_delays import LoginAttempt
from server.people.second_factor import factor_needed, needs_second_factor
from sweep.phrases import Phrase

router = APIRouter(tags=["people"])


@router.get("/api/pin", openapi_extra=shows())
def get_pin(request: Request, session: OwnSession) -> PinView:
    """Has one a PIN, is it locked, and which badge."""
    with services_of(request).db.read() as connection:
        return pins.pin_of(connection, session.person)


@router.put("/api/pin", openapi_extra=describe(PinRequest) | shows())
def put_pin(request: Request, session: EnrollingSession, body: Annotated[PinRequest, json_body(PinRequest)]) -> PinView:
    """Give oneself a PIN, or another one."""
    services, person = services_of(request), session.person
    if needs_second_factor(person):
        raise factor_needed()
    pins.refuse_guessable(body.pin)
    stored = hashed(services.devices.pin_mac(person.user_id, body.pin))
    with services.db.write() as connection:
        pins.set_pin(connection, person, stored)
        return pins.pin_of(connection, person)


@router.delete("/api/pin", openapi_extra=shows())
def delete_pin(request: Request, session: OwnSession) -> PinView:
    """Forget one's PIN."""
    with services_of(request).db.write() as connection:
        pins.remove_pin(connection, session.person)
        return pins.pin_of(connection, session.person)


@router.get("/api/second-person", openapi_extra=shows())
def get_second(
    request: Request, person: Inspector, name: Annotated[str, Query(min_length=2, max_length=60)]
) -> SecondView:
    """Is there somebody else of this number who may sweep along: a slip is seen when it is typed, not at the door."""
    with services_of(request).db.read() as connection:
        return SecondView(is_known=accounts.has_companion(connection, person, name, INSPECTORS))


@router.post("/api/second-person/options", openapi_extra=describe(AgreeRequest) | shows())
def agree_options(
    request: Request,
    response: Response,
    person: CaseWorker,
    body: Annotated[AgreeRequest, json_body(AgreeRequest)],
) -> PasskeyChallenge:
    """A challenge for the passkey of a second person, about one thing; 409 where there are no passkeys."""
    party = needed_party(request)
    challenge, cookie = services_of(request).challenges.make("second", _whom(person, body.about))
    set_challenge_cookie(request, response, cookie)
    return PasskeyChallenge(challenge=challenge, rp_id=party.rp_id, timeout_ms=CHALLENGE_S * 1000, credential_ids=())


def prove_second(request: Request, first: Person, named: SecondPerson, *, about: str, roles: frozenset[Role]) -> Person:
    """The second person, and how they proved it; `about`: the id of what both agree to, `roles`: who may be one.

    ApiError 401 or 429 for what does not hold, 403 for the first person again, another role, a locked PIN, or a
    password that has to be changed.
    """
    services = services_of(request)
    username = badges.username_of(services.db, named.badge) if named.badge is not None else named.username
    if username == first.username:
        raise _first_again()
    attempt = LoginAttempt(client_address(request), username or "", f"session {first.user_id}")
    services.delays.enter(attempt)
    second = _proved(request, first, named, username or "", about, attempt)
    services.delays.succeeded(attempt)
    if second.user_id == first.user_id:
        raise _first_again()
    if second.must_change_password:
        raise ApiError(403, Phrase("second_person_password_change_needed"), code="password_change_needed")
    if second.needs_enrolment_code and second.way == "password":
        raise ApiError(403, Phrase("second_person_enrolment_code_needed"), code="enrolment_code_needed")
    if needs_second_factor(second):
        raise ApiError(403, Phrase("second_person_password_not_enough"), code="second_factor_needed")
    if second.role not in roles:
        raise ApiError(403, Phrase("second_person_role_needed", roles=" or ".join(sorted(roles))), code="not_allowed")
    return second


def _proved(
    request: Request, first: Person, named: SecondPerson, username: str, about: str, attempt: LoginAttempt
) -> Person:
    services = services_of(request)
    if named.passkey is not None:
        party, cookie = needed_party(request), challenge_cookie(request)
        whom = _whom(first, about)
        return passkeys.prove(
            services.db, party, services.challenges, cookie, named.passkey, purpose="second", whom=whom
        )
    if named.pin is not None:
        by_badge = named.badge is not None
        return pins.check_pin(
            services.db, services.devices, username, named.pin, by_badge=by_badge, district_id=first.district_id
        )
    second = check_password(services.db, username, named.password or "")
    return use_code(services, second, named.code, attempt)


def _whom(first: Person, about: str) -> str:
    return f"{first.username} {about}"


def _first_again() -> ApiError:
    return ApiError(403, Phrase("second_person_is_the_first"), code="second_person_needed")

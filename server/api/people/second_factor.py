"""Routes of one's own second factor: an authenticator app beside the password."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from server.api.access import SESSION_COOKIE, EnrollingSession, FreshSession, OwnSession, client_address
from server.api.service.services import Services, services_of
from server.interface.people_requests import CodeRequest, EnrolmentRequest
from server.interface.request_body import describe, json_body
from server.interface.views.answer import Ok
from server.interface.views.people import NewSecondFactor, RecoveryCodes, SecondFactorView
from server.people import enrolment, second_factor
from server.people.access_log import shows
from server.people.auth import Person
from server.people.login_delays import LoginAttempt
from server.people.sessions import strengthen

router = APIRouter(tags=["people"])


@router.get("/api/second-factor", openapi_extra=shows())
def get_second_factor(request: Request, session: OwnSession) -> SecondFactorView:
    """Is an authenticator app connected, and must one be?"""
    with services_of(request).db.read() as connection:
        return second_factor.state_of(connection, session.person)


@router.post("/api/enrolment-code", openapi_extra=describe(EnrolmentRequest) | shows())
async def prove_enrolment(
    request: Request, session: OwnSession, body: Annotated[EnrolmentRequest, json_body(EnrolmentRequest)]
) -> Ok:
    """Give the code that came apart from the first password: other ways to log in can be set up from then on."""
    services, person = services_of(request), session.person
    attempt = LoginAttempt(client_address(request), f"enrolment {person.username}", f"enrolment {person.user_id}")
    await services.pools.sessions.run(partial(services.delays.enter, attempt))
    await services.pools.known_devices.run(partial(enrolment.prove_code, services.db, person, body.code))
    await services.pools.sessions.run(partial(services.delays.succeeded, attempt))
    return Ok()


@router.post("/api/second-factor", status_code=201, openapi_extra=shows())
def begin_second_factor(request: Request, session: EnrollingSession) -> NewSecondFactor:
    """A new secret for an app; it counts once a code of it came back."""
    services = services_of(request)
    with services.db.write() as connection:
        return second_factor.begin(connection, services.devices.second_factor_key, session.person)


@router.post("/api/second-factor/confirm", openapi_extra=describe(CodeRequest) | shows())
async def confirm_second_factor(
    request: Request, session: EnrollingSession, body: Annotated[CodeRequest, json_body(CodeRequest)]
) -> RecoveryCodes:
    """Connect the app by a code of it; the recovery codes are in this answer and nowhere else."""
    services, person = services_of(request), session.person
    attempt = LoginAttempt(client_address(request), person.username, f"second factor {person.user_id}")
    await services.pools.sessions.run(partial(services.delays.enter, attempt))
    token = request.cookies[SESSION_COOKIE]
    codes = await run_in_threadpool(_confirm, services, person, token, body.code)
    await services.pools.sessions.run(partial(services.delays.succeeded, attempt))
    return RecoveryCodes(codes=codes)


@router.delete("/api/second-factor", openapi_extra=shows())
def delete_second_factor(request: Request, session: FreshSession) -> SecondFactorView:
    """Disconnect the app; recovery codes end with it."""
    with services_of(request).db.write() as connection:
        second_factor.remove(connection, session.person)
        return second_factor.state_of(connection, session.person)


def _confirm(services: Services, person: Person, token: str, code: str) -> tuple[str, ...]:
    with services.db.write() as connection:
        codes = second_factor.confirm(connection, services.devices.second_factor_key, person, code)
        strengthen(connection, token)
    return codes


def use_code(services: Services, person: Person, code: str | None, attempt: LoginAttempt) -> Person:
    """The person, who has given the code that they need beside the right password.

    ApiError 401 `code_needed` without one and `wrong_code` for a wrong one, 429 after several wrong ones.
    """
    with services.db.read() as connection:
        if not second_factor.is_on(connection, person.user_id):
            return person
    if code is None:
        raise second_factor.code_needed()
    # Codes count by themselves: a right password in between forgives none of them.
    attempt = replace(attempt, username=f"code {person.username}", device=attempt.device and f"code {attempt.device}")
    services.delays.enter(attempt)
    with services.db.write() as connection:
        is_right = second_factor.use_code(connection, services.devices.second_factor_key, person, code)
    if not is_right:
        raise second_factor.wrong_code()
    services.delays.succeeded(attempt)
    return replace(person, way="code")

"""Routes of people: log in, log out, who am I."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.access import SESSION_COOKIE, OptionalSession, Viewer
from server.auth import Person, check_password, close_session, open_session
from server.requests import LoginRequest, describe, json_body
from server.services import services_of
from server.views import LoginView, MeView, Ok, UserView

router = APIRouter(tags=["people"])


@router.post("/api/login", openapi_extra=describe(LoginRequest))
def login(request: Request, response: Response, body: Annotated[LoginRequest, json_body(LoginRequest)]) -> LoginView:
    """Open a session: sets the cookie and answers with the token that state-changing requests need."""
    services = services_of(request)
    services.gate.enter(request.client.host if request.client else "unknown", body.username)
    person = check_password(services.db, body.username, body.password)
    token, session = open_session(services.db, person, services.settings.session_hours)
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=services.settings.session_hours * 3600,
        httponly=True,
        secure=services.settings.secure_cookies,
        samesite="strict",
    )
    return LoginView(user=user_view(person), csrf_token=session.csrf_token)


@router.get("/api/me")
def me(session: OptionalSession) -> MeView:
    """The person logged in, or nulls."""
    if session is None:
        return MeView(user=None, csrf_token=None)
    return MeView(user=user_view(session.person), csrf_token=session.csrf_token)


@router.post("/api/logout")
def logout(request: Request, response: Response, _person: Viewer) -> Ok:
    """End the session."""
    close_session(services_of(request).db, request.cookies[SESSION_COOKIE])
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
    return Ok()


def user_view(person: Person) -> UserView:
    """A person as a view."""
    return UserView(username=person.username, display_name=person.display_name, role=person.role)

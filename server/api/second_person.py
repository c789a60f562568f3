"""The second person of an act that needs two: who it is, proved in the very request of the first."""

from __future__ import annotations

from starlette.requests import Request

from server.api.access import client_address
from server.api.services import services_of
from server.interface.case_requests import SecondPerson
from server.interface.errors import ApiError
from server.people.auth import Person, check_password
from server.people.login_delays import LoginAttempt


def prove_second(request: Request, first: Person, named: SecondPerson) -> Person:
    """The second person; ApiError 401 or 429 for a wrong password, 403 for one that has to be changed."""
    services = services_of(request)
    attempt = LoginAttempt(client_address(request), named.username, f"session {first.user_id}")
    services.delays.enter(attempt)
    second = check_password(services.db, named.username, named.password or "")
    services.delays.succeeded(attempt)
    if second.must_change_password:
        raise ApiError(
            403,
            "password_change_needed",
            "두 번째 사람이 먼저 비밀번호를 바꾸어야 합니다",
            "the second person has to log in and change the password first",
        )
    return second

"""Who may do what: dependencies that turn a session cookie or a probe's signature into a person or a key.

State-changing requests of a session need its CSRF token in `X-CSRF-Token`.  A request that names its person in
`X-Ansim-Person` is refused in anybody else's session: what waited on a phone is never done in another name.  A probe
signs each request; its key must be admitted for just the probe that the path names.  Everything else is 401 or 403.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from server import keys
from server.access_log import Reader
from server.auth import Person, Session, find_session, is_same_token
from server.errors import ApiError
from server.fields import Role
from server.requests import MAX_LIVE_BYTES, read_body
from server.services import services_of
from sweep.entry import EntryError, parse_request_authorization, verify_request

SESSION_COOKIE = "ansim_session"
CSRF_HEADER = "x-csrf-token"
PERSON_HEADER = "x-ansim-person"
RANKS: dict[Role, int] = {"viewer": 0, "inspector": 1, "admin": 2}


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request that an admitted probe signed."""

    key: keys.Key
    probe_id: str
    body: bytes


async def optional_session(request: Request) -> Session | None:
    """The session of the cookie, if it holds."""
    token = request.cookies.get(SESSION_COOKIE, "")
    if not token or len(token) > 100:
        return None
    services = services_of(request)
    return await services.crews.sessions.run(partial(find_session, services.db, token))


async def needed_session(
    request: Request, session: Annotated[Session | None, Depends(optional_session)]
) -> AsyncIterator[Session]:
    """The session; ApiError 401 without one, 403 without its token where something is changed, 429 beyond its share."""
    if session is None:
        raise ApiError(401, "login_needed", "로그인이 필요합니다", "log in first")
    named = request.headers.get(PERSON_HEADER)
    if named is not None and named != session.person.username:
        raise ApiError(
            403,
            "another_person",
            "다른 사람으로 로그인되어 있어 처리하지 않았습니다",
            "somebody else is logged in than the person this request names; nothing was done",
        )
    if request.method not in {"GET", "HEAD"} and not is_same_token(
        request.headers.get(CSRF_HEADER, ""), session.csrf_token
    ):
        raise ApiError(
            403, "csrf", "페이지를 새로 고친 뒤 다시 시도하십시오", "the header X-CSRF-Token is missing or wrong"
        )
    with services_of(request).shares.one_more(session.person.user_id):
        yield session


async def _usable_session(session: Annotated[Session, Depends(needed_session)]) -> Session:
    if session.person.must_change_password:
        raise ApiError(
            403,
            "password_change_needed",
            "먼저 비밀번호를 바꾸어야 합니다",
            "change the password first: this one was given by somebody else",
        )
    return session


def client_address(request: Request) -> str:
    """Where the request comes from, as far as this server sees: of a proxy, its address."""
    return request.client.host if request.client else "unknown"


def reader_of(request: Request, person: Person) -> Reader:
    """The person of this request, as the access log names them."""
    return Reader.of(person, client_address(request))


def _at_least(role: Role) -> object:
    async def check(session: Annotated[Session, Depends(_usable_session)]) -> Person:
        if RANKS[session.person.role] < RANKS[role]:
            raise ApiError(403, "not_allowed", "권한이 없습니다", f"this needs the role {role}")
        return session.person

    return Depends(check)


Viewer = Annotated[Person, _at_least("viewer")]
Inspector = Annotated[Person, _at_least("inspector")]
Admin = Annotated[Person, _at_least("admin")]
AnySession = Annotated[Session, Depends(needed_session)]
"""Also one whose password has to be changed first: for just that, and for logging out."""
OptionalSession = Annotated[Session | None, Depends(optional_session)]


async def signed_request(request: Request, probe_id: str) -> SignedRequest:
    """The request of the probe that the path names; ApiError 401 or 403 when it is not."""
    body = await read_body(request, MAX_LIVE_BYTES)
    header = request.headers.get("authorization", "")
    services = services_of(request)

    def find(key_id: str) -> keys.Key | None:
        with services.db.read() as connection:
            return keys.find_key(connection, key_id)

    try:
        key = await services.crews.sessions.run(partial(find, parse_request_authorization(header)[0]))
        if key is None:
            raise EntryError("this key is not admitted; enrol it with sweep-server enrol")
        verify_request(
            header,
            key.public_key,
            method=request.method,
            target=_target(request),
            body=body,
            now_unix_s=int(time.time()),
        )
    except EntryError as error:
        raise ApiError(401, "probe_not_known", "등록되지 않은 점검기입니다", str(error)) from None
    if key.revoked_from_index is not None or key.role not in {"probe", "demo"} or key.probe_id != probe_id:
        raise ApiError(403, "not_this_probe", "이 점검기의 키가 아닙니다", "this key does not speak for this probe")
    return SignedRequest(key, probe_id, body)


Probe = Annotated[SignedRequest, Depends(signed_request)]


def _target(request: Request) -> str:
    """Path and query as sent."""
    path: str = request.scope.get("raw_path", request.url.path.encode()).decode("ascii", "backslashreplace")
    query: str = request.scope.get("query_string", b"").decode("ascii", "backslashreplace")
    return f"{path}?{query}" if query else path

"""Who may do what: dependencies that turn a session cookie or a probe's signature into a person or a key.

State-changing requests of a session need its CSRF token in `X-CSRF-Token`.  A request that names its person in
`X-Ansim-Person` is refused in anybody else's session: what waited on a phone is never done in another name.  A probe
signs each request; its key must be admitted for just the probe that the path names.  Everything else is 401 or 403.

Every route has exactly one dependency that `allow`, `OPEN`, `Probe` or `Server` made: it declares which roles may call
the route and how far it reaches (`x-access` in OpenAPI), and holds the request to it.  What lies in another district is
answered like what does not exist.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal, get_args

from fastapi import Depends, Path
from starlette.requests import Request

from server.api.service.services import services_of
from server.bounds.load import Rank
from server.districts.scope import refuse_foreign, refuse_unowned
from server.interface.errors import ApiError
from server.interface.fields import FACILITY_ROLES, Role
from server.interface.request_body import MAX_LIVE_BYTES, read_body
from server.people import enrolment
from server.people.access_log import Reader
from server.people.auth import Person
from server.people.second_factor import factor_needed, needs_second_factor
from server.people.sessions import Session, find_session, is_same_token
from server.signing import keys
from server.store.clock import now_ms
from sweep.entry.dsse import EntryError
from sweep.entry.envelope import parse_request_authorization, verify_request
from sweep.phrases import Phrase

SESSION_COOKIE = "ansim_session"
CSRF_HEADER = "x-csrf-token"
PERSON_HEADER = "x-ansim-person"
FRESH_S = 600  # guessed: finding the settings and the phone's own screens takes a minute or two
Scope = Literal["public", "device", "account", "facility", "district", "city"]
"""How far a route reaches: `public` nothing that belongs to anybody; `device` what the key that signed may speak of;
`account` the caller's own; `facility` rooms of the caller's facilities; `district` the caller's district, or every one
for people of the whole city; `city` for people of the whole city alone."""
ALL_ROLES: frozenset[Role] = frozenset(get_args(Role))
READERS: frozenset[Role] = ALL_ROLES - FACILITY_ROLES
"""Who sees rooms, sweeps and the log; nobody of a facility does."""
DETAIL_READERS: frozenset[Role] = frozenset(
    {"inspector", "supervisor", "district_officer", "evidence_officer", "admin"}
)
"""Who sees addresses and names of devices and crops, each time written down."""
INSPECTORS: frozenset[Role] = frozenset({"inspector", "supervisor", "admin"})
"""Who steers a probe and decides about findings."""
PLAN_KEEPERS: frozenset[Role] = INSPECTORS | {"district_officer"}
CASE_WORKERS: frozenset[Role] = INSPECTORS | {"district_officer", "evidence_officer"}
"""Who takes a step of a case, and who may be the second person of one."""
CASE_READERS: frozenset[Role] = READERS - {"viewer"}
CASE_GIVERS: frozenset[Role] = frozenset({"supervisor", "district_officer", "evidence_officer", "admin"})
"""Who has the file of a found camera made, which goes to the police."""
PLANNERS: frozenset[Role] = frozenset({"supervisor", "district_officer", "admin"})
"""Who says what there is to inspect."""
CHECK_READERS: frozenset[Role] = PLANNERS | {"city_officer", "auditor", "inspector"}
"""Who sees how each probe reads against its reference target, also whoever takes it along in the morning: of probes,
never of persons."""
LOG_READERS: frozenset[Role] = frozenset(
    {"inspector", "supervisor", "district_officer", "city_officer", "auditor", "admin"}
)
NAME_READERS: frozenset[Role] = frozenset({"supervisor", "district_officer"})
"""In whose documents names stand beside pseudonyms, where their office wants it: they answer for the persons named."""
TOLD: frozenset[Role] = frozenset(
    {"inspector", "supervisor", "district_officer", "evidence_officer", "city_officer", "admin"}
)
"""Who is told at once that there is something to look at; nobody of a facility, and nobody who only reads."""
LOG_WRITERS: frozenset[Role] = LOG_READERS - {"auditor"}
"""Who has a document made; an auditor reads it at once and leaves nothing behind."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a route declares: who may call it, and how far it reaches."""

    roles: tuple[str, ...]
    """Roles of people in alphabetical order, or one of `anyone`, `probe`, `server`."""
    scope: Scope

    def described(self) -> dict[str, object]:
        """As it stands in OpenAPI."""
        return {"roles": list(self.roles), "scope": self.scope}


_DECLARED: dict[object, Access] = {}
_PUT_OFF: dict[object, Rank] = {}


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
    return await services.pools.sessions.run(partial(find_session, services.db, token))


async def needed_session(
    request: Request, session: Annotated[Session | None, Depends(optional_session)]
) -> AsyncIterator[Session]:
    """The session; ApiError 401 without one, 403 without its token where something is changed, 429 beyond its share."""
    if session is None:
        raise ApiError(401, Phrase("login_needed"))
    named = request.headers.get(PERSON_HEADER)
    if named is not None and named != session.person.username:
        raise ApiError(403, Phrase("another_person_logged_in"), code="another_person")
    if request.method not in {"GET", "HEAD"} and not is_same_token(
        request.headers.get(CSRF_HEADER, ""), session.csrf_token
    ):
        raise ApiError(403, Phrase("csrf"))
    with services_of(request).shares.one_more(session.person.user_id):
        yield session


async def _settled_session(session: Annotated[Session, Depends(needed_session)]) -> Session:
    if session.person.must_change_password:
        raise ApiError(403, Phrase("change_password_first"), code="password_change_needed")
    return session


async def _usable_session(session: Annotated[Session, Depends(_settled_session)]) -> Session:
    if needs_second_factor(session.person):
        raise factor_needed()
    return session


async def _own_settled_session(session: Annotated[Session, Depends(_settled_session)]) -> Session:
    return session


async def _fresh_session(session: Annotated[Session, Depends(_settled_session)]) -> Session:
    _refuse_stale(session)
    return session


def _refuse_stale(session: Session) -> None:
    if now_ms() - session.opened_ms > FRESH_S * 1000:
        raise ApiError(403, Phrase("login_again", minutes=FRESH_S // 60))


async def _enrolling_session(session: Annotated[Session, Depends(_settled_session)]) -> Session:
    _refuse_stale(session)
    if session.person.needs_enrolment_code:
        raise enrolment.code_needed()
    return session


async def _own_session(session: Annotated[Session, Depends(needed_session)]) -> Session:
    return session


def client_address(request: Request) -> str:
    """Where the request comes from, as far as this server sees: of a proxy, its address."""
    return request.client.host if request.client else "unknown"


def reader_of(request: Request, person: Person) -> Reader:
    """The person of this request, as the access log names them."""
    return Reader.of(person, client_address(request))


def allow(roles: Iterable[Role], scope: Scope) -> Any:
    """The dependency of a route that people of these roles may call; it gives the `Person`.

    ApiError 403 for another role or beyond the scope, 404 when path or query name what lies in another district.
    """
    allowed = frozenset(roles)

    async def check(request: Request, session: Annotated[Session, Depends(_usable_session)]) -> Person:
        person = session.person
        if person.needs_enrolment_code and _is_more_than_looking(request):
            raise enrolment.code_needed()
        if person.role not in allowed or (scope == "city" and person.district_id is not None):
            raise ApiError(403, Phrase("role_needed", roles=" or ".join(sorted(allowed))), code="not_allowed")
        if scope == "district" and person.district_id is not None:
            await services_of(request).pools.sessions.run(partial(_refuse_foreign, request, person.district_id))
        if scope == "facility":
            await services_of(request).pools.sessions.run(partial(_refuse_unowned, request, person))
        return person

    _DECLARED[check] = Access(tuple(sorted(allowed)), scope)
    return Depends(check)


def _is_more_than_looking(request: Request) -> bool:
    """Does this request change something, or may its answer hold personal data? Not for a password that others know."""
    extra = getattr(request.scope.get("route"), "openapi_extra", None) or {}
    return request.method not in {"GET", "HEAD"} or bool(extra.get("x-personal-data"))


def _refuse_foreign(request: Request, district_id: str) -> None:
    named = {name: str(value) for name, value in (*request.query_params.items(), *request.path_params.items())}
    with services_of(request).db.read() as connection:
        refuse_foreign(connection, district_id, named)


def _refuse_unowned(request: Request, person: Person) -> None:
    room_id = request.path_params.get("room_id")
    if room_id is not None:
        with services_of(request).db.read() as connection:
            refuse_unowned(connection, person.user_id, str(room_id))


def access_of(calls: Iterable[object]) -> Access | None:
    """What the dependencies of a route declare; None for a route that declares nothing."""
    found = [_DECLARED[call] for call in calls if call in _DECLARED]
    return found[0] if len(found) == 1 else None


def asks_fresh_login(calls: Iterable[object]) -> bool:
    """Do the dependencies of a route ask for a login of the last `FRESH_S` seconds?"""
    return bool({_fresh_session, _enrolling_session} & set(calls))


async def _anybody() -> None:
    """Let everybody in."""


def put_off_as(rank: Rank) -> Any:
    """The dependency of a route that is put off when there is too much to do, before it is asked who calls."""

    async def admit(request: Request) -> None:
        services_of(request).load.admit(rank)

    _PUT_OFF[admit] = rank
    return Depends(admit)


def rank_of(calls: Iterable[object]) -> Rank | None:
    """As what a route is put off, by its dependencies; None for one that never is."""
    return next((_PUT_OFF[call] for call in calls if call in _PUT_OFF), None)


AS_DOCUMENT, AS_LIST, AS_ENTRY = put_off_as("document"), put_off_as("list"), put_off_as("entry")
OPEN = Depends(_anybody)
"""For what belongs to nobody: a route of `dependencies=[OPEN]` answers without a login."""
Viewer = Annotated[Person, allow(READERS, "district")]
Inspector = Annotated[Person, allow(INSPECTORS, "district")]
DetailReader = Annotated[Person, allow(DETAIL_READERS, "district")]
PlanKeeper = Annotated[Person, allow(PLAN_KEEPERS, "district")]
CaseReader = Annotated[Person, allow(CASE_READERS, "district")]
CaseWorker = Annotated[Person, allow(CASE_WORKERS, "district")]
CaseGiver = Annotated[Person, allow(CASE_GIVERS, "district")]
EvidenceOfficer = Annotated[Person, allow({"evidence_officer"}, "district")]
"""Whose browser opens photographs, with a key that nobody else has."""
Planner = Annotated[Person, allow(PLANNERS, "district")]
FilingReader = Annotated[Person, allow(PLANNERS | {"auditor"}, "district")]
CheckReader = Annotated[Person, allow(CHECK_READERS, "district")]
Eraser = Annotated[Person, allow({"admin", "evidence_officer"}, "district")]
LogReader = Annotated[Person, allow(LOG_READERS, "district")]
LogWriter = Annotated[Person, allow(LOG_WRITERS, "district")]
OwnEvidenceKeys = Annotated[Person, allow({"evidence_officer"}, "account")]
OwnPractice = Annotated[Person, allow(INSPECTORS, "account")]
"""One's own practice: a person's own, whatever the role, and nobody else's."""
OwnNotifications = Annotated[Person, allow(TOLD, "account")]
OwnDocuments = Annotated[Person, allow(LOG_WRITERS, "account")]
FacilityPerson = Annotated[Person, allow(FACILITY_ROLES, "facility")]
Cleaner = Annotated[Person, allow({"cleaner"}, "facility")]
AccountKeeper = Annotated[Person, allow({"admin", "district_officer"}, "district")]
Admin = Annotated[Person, allow({"admin"}, "city")]
CityOffice = Annotated[Person, allow({"admin", "city_officer"}, "city")]
ImportKeeper = Annotated[Person, allow({"admin", "city_officer", "district_officer"}, "district")]
"""Who brings lists in: of the whole city, or of the own district."""
PastKeeper = Annotated[Person, allow({"admin", "district_officer"}, "district")]
"""Who takes past inspections over from lists, and cites their originals."""
Auditor = Annotated[Person, allow({"admin", "auditor"}, "district")]
KeyReader = Annotated[Person, allow({"admin", "auditor"}, "city")]
ToldReader = Annotated[Person, allow({"admin", "auditor", "city_officer"}, "city")]
"""Who reads what districts' servers tell this one."""
UsernamePath = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$")]
AnySession = Annotated[Session, Depends(_own_session)]
"""Also one whose password has to be changed first: for just that, and for logging out."""
OwnSession = Annotated[Session, Depends(_own_settled_session)]
"""For ways to log in, which are a person's own, whatever the role and with or without a second factor."""
FreshSession = Annotated[Session, Depends(_fresh_session)]
"""Soon after a login: for what would outlive a session that somebody else got hold of."""
EnrollingSession = Annotated[Session, Depends(_enrolling_session)]
"""And by more than a password that somebody handed over: for setting up another way to log in."""
OptionalSession = Annotated[Session | None, Depends(optional_session)]


async def signed_request(request: Request, probe_id: str) -> SignedRequest:
    """The request of the probe that the path names; ApiError 401 or 403 when it is not."""
    key, body = await _signed_by(request)
    if key.revoked_from_index is not None or key.role not in {"probe", "demo"} or key.probe_id != probe_id:
        raise ApiError(403, Phrase("key_not_of_this_probe"), code="not_this_probe")
    return SignedRequest(key, probe_id, body)


@dataclass(frozen=True, slots=True)
class SignedByServer:
    """A request that another server signed."""

    key: keys.Key
    body: bytes


async def signed_server(request: Request) -> SignedByServer:
    """The request of a server that relays to this one; ApiError 401, or 403 for any other key."""
    key, body = await _signed_by(request)
    if key.revoked_from_index is not None or key.role != "relay":
        raise ApiError(403, Phrase("not_a_server"))
    return SignedByServer(key, body)


async def _signed_by(request: Request) -> tuple[keys.Key, bytes]:
    """(admitted key that signed this request, its body); ApiError 401 when none did."""
    body = await read_body(request, MAX_LIVE_BYTES)
    header = request.headers.get("authorization", "")
    services = services_of(request)
    try:
        key = await services.request_keys.ask(parse_request_authorization(header)[0])
        if key is None:
            raise EntryError(Phrase("key_not_admitted"))
        verify_request(
            header,
            key.public_key,
            method=request.method,
            target=_target(request),
            body=body,
            now_unix_s=int(time.time()),
        )
    except EntryError as error:
        raise ApiError(401, Phrase("probe_not_known", why=error)) from None
    return key, body


Probe = Annotated[SignedRequest, Depends(signed_request)]
Server = Annotated[SignedByServer, Depends(signed_server)]
_DECLARED |= {
    _anybody: Access(("anyone",), "public"),
    _own_session: Access(tuple(sorted(ALL_ROLES)), "account"),
    _own_settled_session: Access(tuple(sorted(ALL_ROLES)), "account"),
    _fresh_session: Access(tuple(sorted(ALL_ROLES)), "account"),
    _enrolling_session: Access(tuple(sorted(ALL_ROLES)), "account"),
    signed_request: Access(("probe",), "device"),
    signed_server: Access(("server",), "device"),
}


def _target(request: Request) -> str:
    """Path and query as sent."""
    path: str = request.scope.get("raw_path", request.url.path.encode()).decode("ascii", "backslashreplace")
    query: str = request.scope.get("query_string", b"").decode("ascii", "backslashreplace")
    return f"{path}?{query}" if query else path

"""Routes of accounts and districts, for who keeps them: inviting, moving, leaving."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from server.api.access import AS_LIST, CASE_WORKERS, AccountKeeper, Admin, UsernamePath, Viewer
from server.api.service.services import services_of
from server.districts import register
from server.exports.sheets.badge_sheet import badge_sheet
from server.interface.people_requests import (
    BadgeSheetRequest,
    DistrictRequest,
    InviteRequest,
    LostRequest,
    MoveRequest,
    SubjectRequest,
)
from server.interface.request_body import describe, json_body
from server.interface.views.answer import Ok
from server.interface.views.people import (
    AccountDetail,
    AccountList,
    BadgeList,
    BadgeView,
    DistrictList,
    Invited,
    Moved,
    SignOnLinks,
)
from server.people import accounts, auth, badges, links
from server.people.access_log import shows
from server.people.enrolment import hashed_code
from server.people.first_passwords import random_code
from server.people.single_sign_on import no_sign_on
from server.server_keys.root import sign_waiting

router = APIRouter(tags=["people"])


@router.get("/api/districts", openapi_extra=shows())
def list_districts(request: Request, person: Viewer) -> DistrictList:
    """Every district of the city, or one's own."""
    with services_of(request).db.read() as connection:
        return DistrictList(districts=register.all_districts(connection, person.district_id))


@router.post("/api/districts", status_code=201, openapi_extra=describe(DistrictRequest) | shows())
def post_district(
    request: Request, person: Admin, body: Annotated[DistrictRequest, json_body(DistrictRequest)]
) -> DistrictList:
    """Add a district, or name one anew."""
    with services_of(request).db.write() as connection:
        register.add_district(connection, body.district_id, body.name, actor=person.display_name)
        return DistrictList(districts=register.all_districts(connection))


@router.get("/api/users", dependencies=[AS_LIST], openapi_extra=shows())
def list_users(request: Request, person: AccountKeeper) -> AccountList:
    """The accounts of one's district, or all of them."""
    with services_of(request).db.read() as connection:
        return AccountList(users=accounts.accounts(connection, person.district_id))


@router.post("/api/users", status_code=201, openapi_extra=describe(InviteRequest) | shows())
def post_user(
    request: Request, person: AccountKeeper, body: Annotated[InviteRequest, json_body(InviteRequest)]
) -> Invited:
    """Invite somebody: the one-time password and the enrolment code are in this answer and nowhere else."""
    services = services_of(request)
    password, code = auth.random_password(), random_code()
    stored, stored_code = auth.hashed(password), hashed_code(code)
    with services.db.write() as connection:
        accounts.invite(
            connection,
            person,
            username=body.username,
            display_name=body.display_name,
            role=body.role,
            district_id=body.district_id,
            facility_ids=body.facility_ids,
            password=stored,
            code=stored_code,
        )
        sign_waiting(connection, services.server_signer)
    return Invited(username=body.username, one_time_password=password, enrolment_code=code)


@router.get("/api/users/{username}", openapi_extra=shows())
def get_user(request: Request, _person: AccountKeeper, username: UsernamePath) -> AccountDetail:
    """One account, with what was done about it."""
    with services_of(request).db.read() as connection:
        return accounts.account_detail(connection, username)


@router.post("/api/users/{username}/first-password", status_code=201, openapi_extra=shows())
def renew_first_password(request: Request, person: AccountKeeper, username: UsernamePath) -> Invited:
    """Another one-time password and enrolment code for somebody who never used the first ones, which end, or who was
    switched off and comes back.
    """
    password, code = auth.random_password(), random_code()
    stored, stored_code = auth.hashed(password), hashed_code(code)
    services = services_of(request)
    with services.db.write() as connection:
        accounts.renew(connection, person, username, password=stored, code=stored_code)
        sign_waiting(connection, services.server_signer)
    return Invited(username=username, one_time_password=password, enrolment_code=code)


@router.post("/api/users/{username}/lost", status_code=201, openapi_extra=describe(LostRequest) | shows())
async def lose(
    request: Request,
    person: AccountKeeper,
    username: UsernamePath,
    body: Annotated[LostRequest, json_body(LostRequest)],
) -> Invited:
    """Somebody lost a phone or second factor: sessions, streams and proofs end, and they begin with a new password.

    What a lost phone keeps can be read no more, neither on it nor elsewhere.
    """
    services = services_of(request)
    password, code = auth.random_password(), random_code()

    def lost() -> None:
        stored, stored_code = auth.hashed(password), hashed_code(code)
        with services.db.write() as connection:
            accounts.lose(connection, person, username, body.what, password=stored, code=stored_code)

    await run_in_threadpool(lost)
    await services.end_dead_streams()
    return Invited(username=username, one_time_password=password, enrolment_code=code)


@router.post("/api/users/{username}/badge", status_code=201, openapi_extra=shows())
def post_badge(request: Request, person: AccountKeeper, username: UsernamePath) -> BadgeView:
    """A badge for somebody, who needs a PIN beside it; the old one names nobody any more."""
    with services_of(request).db.write() as connection:
        return badges.issue_badge(connection, username, actor=person.display_name)


@router.delete("/api/users/{username}/badge", openapi_extra=shows())
def delete_badge(request: Request, person: AccountKeeper, username: UsernamePath) -> Ok:
    """Take a badge back: it names nobody any more."""
    with services_of(request).db.write() as connection:
        badges.revoke_badge(connection, username, actor=person.display_name)
    return Ok()


@router.get("/api/single-sign-on", openapi_extra=shows())
def list_links(request: Request, person: AccountKeeper) -> SignOnLinks:
    """Which accounts the city's single sign-on opens, and by which subject."""
    services = services_of(request)
    sign_on = services.single_sign_on
    issuer = None if sign_on is None else sign_on.issuer
    with services.db.read() as connection:
        people = links.linked_people(connection, issuer, person.district_id)
    return SignOnLinks(name=None if sign_on is None else services.settings.oidc_name, issuer=issuer, people=people)


@router.put("/api/users/{username}/single-sign-on", openapi_extra=describe(SubjectRequest) | shows())
def put_link(
    request: Request,
    person: AccountKeeper,
    username: UsernamePath,
    body: Annotated[SubjectRequest, json_body(SubjectRequest)],
) -> Ok:
    """Let a subject of the city's single sign-on speak for an account that is there; 409 without a single sign-on."""
    services = services_of(request)
    if services.single_sign_on is None:
        raise no_sign_on()
    with services.db.write() as connection:
        links.link(connection, username, services.single_sign_on.issuer, body.subject, actor=person.display_name)
    return Ok()


@router.delete("/api/users/{username}/single-sign-on", openapi_extra=shows())
def delete_link(request: Request, person: AccountKeeper, username: UsernamePath) -> Ok:
    """Let no subject of a single sign-on speak for an account any more."""
    with services_of(request).db.write() as connection:
        links.unlink(connection, username, actor=person.display_name)
    return Ok()


@router.get("/api/badges", openapi_extra=shows())
def list_badges(request: Request, person: AccountKeeper) -> BadgeList:
    """Who may be a second person, with badge and whether a PIN stands beside it."""
    with services_of(request).db.read() as connection:
        return badges.badge_list(connection, CASE_WORKERS, person.district_id)


@router.post(
    "/api/badges/sheet",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
    openapi_extra=describe(BadgeSheetRequest) | shows(),
)
def post_badge_sheet(
    request: Request, person: AccountKeeper, body: Annotated[BadgeSheetRequest, json_body(BadgeSheetRequest)]
) -> Response:
    """Badges as a sheet to print and cut out."""
    with services_of(request).db.write() as connection:
        wanted = badges.badges_to_print(connection, body.usernames, person.district_id, actor=person.display_name)
    headers = {"Content-Disposition": 'attachment; filename="badges.pdf"', "Cache-Control": "private, no-store"}
    return Response(badge_sheet(wanted, datetime.now(UTC)), media_type="application/pdf", headers=headers)


@router.post("/api/users/{username}/move", openapi_extra=describe(MoveRequest) | shows())
async def move_user(
    request: Request,
    person: AccountKeeper,
    username: UsernamePath,
    body: Annotated[MoveRequest, json_body(MoveRequest)],
) -> Moved:
    """Give somebody another district or role: their sessions end, and what was assigned to them goes back."""
    services = services_of(request)
    code = random_code()
    stored = await run_in_threadpool(hashed_code, code)

    def move() -> None:
        with services.db.write() as connection:
            accounts.move(
                connection,
                person,
                username,
                role=body.role,
                district_id=body.district_id,
                code=stored,
                display_name=body.display_name,
            )
            sign_waiting(connection, services.server_signer)

    await run_in_threadpool(move)
    await services.end_dead_streams()
    return Moved(enrolment_code=code)


@router.post("/api/users/{username}/deactivate", openapi_extra=shows())
async def deactivate_user(request: Request, person: AccountKeeper, username: UsernamePath) -> Ok:
    """Switch an account off: its sessions and event streams end at once, and what was assigned to it goes back."""
    services = services_of(request)

    def deactivate() -> None:
        with services.db.write() as connection:
            accounts.leave(connection, person, username)
            sign_waiting(connection, services.server_signer)

    await run_in_threadpool(deactivate)
    await services.end_dead_streams()
    return Ok()

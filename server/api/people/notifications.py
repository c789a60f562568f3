"""Routes of what somebody is told at once: their own choices, browsers and messages, and who is on duty."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request

from server.api.access import OwnNotifications, Planner
from server.api.service.services import Services, services_of
from server.districts.register import existing_district, home_of
from server.interface.errors import ApiError, busy
from server.interface.fields import DistrictId
from server.interface.notification_requests import DutyRequest, NotificationRequest, SubscriptionRequest
from server.interface.request_body import describe, json_body
from server.interface.views.notifications import DutyList, NotificationSettings
from server.notifications import choices, duty, queue
from server.people.access_log import shows
from server.people.auth import Person
from server.store.clock import now_ms
from sweep.phrases import Phrase

router = APIRouter(tags=["notifications"])
TEST_EVERY_S = 60  # guessed: nobody is to be written to by somebody else's impatience


@router.get("/api/notifications", openapi_extra=shows())
def get_notifications(request: Request, person: OwnNotifications) -> NotificationSettings:
    """What one is told of and how, and what one was told lately."""
    return _settings_of(services_of(request), person)


@router.put("/api/notifications", openapi_extra=describe(NotificationRequest) | shows())
def put_notifications(
    request: Request, person: OwnNotifications, body: Annotated[NotificationRequest, json_body(NotificationRequest)]
) -> NotificationSettings:
    """Choose what one is told of, by mail or not, and in which hours one is left alone."""
    services = services_of(request)
    with services.db.write() as connection:
        choices.choose(connection, services.ways.key, person, body)
    return _settings_of(services, person)


@router.post("/api/notifications/subscriptions", status_code=201, openapi_extra=describe(SubscriptionRequest) | shows())
def post_subscription(
    request: Request, person: OwnNotifications, body: Annotated[SubscriptionRequest, json_body(SubscriptionRequest)]
) -> NotificationSettings:
    """Be told at this browser from now on."""
    services = services_of(request)
    push = services.ways.push
    if push is None:
        raise ApiError(409, Phrase("push_is_off"))
    with services.db.write() as connection:
        choices.subscribe(connection, services.ways.key, person, push, body)
    return _settings_of(services, person)


@router.delete("/api/notifications/subscriptions/{subscription_id}", openapi_extra=shows())
def delete_subscription(request: Request, person: OwnNotifications, subscription_id: UUID) -> NotificationSettings:
    """Be told no more at a browser."""
    services = services_of(request)
    with services.db.write() as connection:
        choices.unsubscribe(connection, person, subscription_id)
    return _settings_of(services, person)


@router.post("/api/notifications/test", openapi_extra=shows())
def post_test(request: Request, person: OwnNotifications) -> NotificationSettings:
    """Be told now, by every way one has: the same message as any other."""
    services, now = services_of(request), now_ms()
    with services.db.write() as connection:
        own = choices.chosen(connection, services.ways.key, person.user_id, person.role)
        ways = [
            (way, browser)
            for way, browser in choices.ways_to(connection, person.user_id, own.mail)
            if (services.ways.mail if way == "mail" else services.ways.push) is not None
        ]
        if not ways:
            raise ApiError(409, Phrase("no_way_to_tell"))
        if queue.was_sent_since(connection, person.user_id, now - TEST_EVERY_S * 1_000, now):
            raise busy(Phrase("told_just_now"), status=429, code="told_just_now", retry_after_s=TEST_EVERY_S)
        queue.enqueue(connection, person.user_id, ways, due_ms=now, now=now)
    return _settings_of(services, person)


@router.get("/api/duty", openapi_extra=shows())
def get_duty(request: Request, person: Planner, district: Annotated[DistrictId | None, Query()] = None) -> DutyList:
    """Who may be on duty for one's own district, and who is: finds are told to them; who sees all asks for one."""
    with services_of(request).db.read() as connection:
        where = person.district_id or district or home_of(connection)
        return DutyList(people=() if where is None else duty.people_of(connection, where))


@router.put("/api/duty", openapi_extra=describe(DutyRequest) | shows())
def put_duty(request: Request, person: Planner, body: Annotated[DutyRequest, json_body(DutyRequest)]) -> DutyList:
    """Put somebody on duty for a district, or off."""
    with services_of(request).db.write() as connection:
        where = person.district_id or existing_district(connection, body.district_id) or home_of(connection)
        if where is None:
            return DutyList(people=())
        duty.put_on(connection, where, body.username, is_on=body.is_on, actor=person.display_name)
        return DutyList(people=duty.people_of(connection, where))


def _settings_of(services: Services, person: Person) -> NotificationSettings:
    ways = services.ways
    with services.db.read() as connection:
        return choices.settings_of(connection, ways.key, person, push=ways.push, has_mail=ways.mail is not None)

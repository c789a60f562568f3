"""A server without routes, a mail server and a push service beside it, and a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from server.api.app import build_services
from server.api.service.services import Services
from server.config.settings import Settings
from server.districts.register import add_district
from server.interface.fields import CaseState, Role
from server.interface.notification_requests import NotificationKind, NotificationRequest, SubscriptionRequest
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.notifications import choices, delivering, duty
from server.notifications.events import Event
from server.people import auth
from server.people.auth import Person
from server.places import facilities
from server.store.clock import to_ms
from server.store.schema import access_log, cases, sendings, users
from sweep.report import LocalText, new_id
from tests.server.conftest import QUICK_HASH
from tests.server.notifications.receivers import Browser, Mail, PushService, mail_server, push_service

NOON = datetime(2026, 11, 2, 3, tzinfo=UTC)
"""A Monday, twelve o'clock in Korea."""
MAPO = "mapo-gu"


@dataclass
class World:
    """All of it."""

    services: Services
    mail: Mail
    push: PushService
    room_id: UUID
    now: datetime = NOON
    browsers: dict[str, Browser] = field(default_factory=dict)

    @property
    def now_ms(self) -> int:
        return to_ms(self.now)

    def person(self, name: str, role: Role, district_id: str | None = MAPO) -> Person:
        with self.services.db.write() as connection:
            auth.create_user(
                connection,
                username=name,
                display_name=f"{name} 01",
                role=role,
                password=QUICK_HASH,
                actor="test",
                district_id=district_id,
            )
            return auth.person_of(connection.execute(select(users).where(users.c.username == name)).one())

    def reach(
        self, person: Person, *, quiet: tuple[str, str] | None = None, kinds: tuple[str, ...] | None = None
    ) -> None:
        """Let a person be told by mail and at a browser."""
        key = self.services.ways.key
        said = {
            "kinds": choices.DEFAULTS[person.role] if kinds is None else kinds,
            "mail": f"{person.username}@example.kr",
            "quiet_from": quiet and quiet[0],
            "quiet_until": quiet and quiet[1],
        }
        browser = self.browsers[person.username] = self.push.browser(person.username)
        push = self.services.ways.push
        assert push is not None
        with self.services.db.write() as connection:
            choices.choose(connection, key, person, NotificationRequest.model_validate(said))
            request = SubscriptionRequest.model_validate(browser.subscription())
            choices.subscribe(connection, key, person, push, request)

    def on_duty(self, person: Person, *, is_on: bool = True) -> None:
        with self.services.db.write() as connection:
            duty.put_on(connection, MAPO, person.username, is_on=is_on, actor="test")

    def case(self, state: CaseState, case_id: UUID | None = None) -> UUID:
        """A case of a finding in this state, changed just now."""
        case_id = case_id or new_id()
        with self.services.db.write() as connection:
            connection.execute(delete(cases).where(cases.c.case_id == case_id))
            connection.execute(
                insert(cases).values(
                    case_id=case_id,
                    room_id=self.room_id,
                    recorded_room_id=self.room_id,
                    source="live",
                    state=state,
                    stands="found",
                    steps=1,
                    opened_ms=self.now_ms,
                    changed_ms=self.now_ms,
                )
            )
        return case_id

    def round(self, *seen: Event) -> None:
        """What the server does every few seconds."""
        services = self.services
        delivering.look(services.db, services.ways, seen, self.today, self.now_ms)
        delivering.send_due(services.db, services.ways, lambda: self.now_ms)

    def later(self, **ago: float) -> None:
        self.now += timedelta(**ago)

    @property
    def today(self) -> date:
        return (self.now + timedelta(hours=9)).date()

    @property
    def told(self) -> list[str]:
        """Who had a message, by mail and by push, in order of their names; and forget it."""
        found = [f"mail {address.partition('@')[0]}" for address in self.mail.recipients]
        found += [f"push {path[1:]}" for path, _ in self.push.taken]
        self.mail.taken.clear()
        self.push.taken.clear()
        return sorted(found)

    def event(self, kind: NotificationKind, name: str = "1") -> Event:
        return Event(kind, name, MAPO, self.now_ms)

    def outcomes(self) -> list[str | None]:
        with self.services.db.read() as connection:
            return list(connection.scalars(select(sendings.c.outcome).order_by(sendings.c.sending_id)))

    def logged(self) -> list[tuple[str, str, str, str]]:
        with self.services.db.read() as connection:
            rows = connection.execute(select(access_log).order_by(access_log.c.access_id))
            return [(row.action, row.account, row.address, row.shown + row.reason) for row in rows]

    def switch_off(self, person: Person) -> None:
        with self.services.db.write() as connection:
            connection.execute(update(users).where(users.c.user_id == person.user_id).values(is_active=False))


def with_ways(settings: Settings, mail: Mail, push: PushService) -> Settings:
    """Settings of an operator who set up both ways, on this machine."""
    return settings.model_copy(
        update={
            "smtp_url": f"smtps://127.0.0.1:{mail.port}",
            "smtp_roots": mail.roots,
            "mail_from": "ansim@example.kr",
            "push_contact": "mailto:ansim@example.kr",
            "push_services": push.name,
        }
    )


@contextmanager
def new_world(settings: Settings, folder: Path) -> Iterator[World]:
    """A district with a room, and nobody in it."""
    with mail_server(folder) as mail, push_service() as push:
        services = build_services(with_ways(settings, mail, push))
        try:
            name = LocalText(ko=MAPO, en=MAPO)
            with services.db.write() as connection:
                for district in (MAPO, "jung-gu"):
                    add_district(connection, district, LocalText(ko=district, en=district), actor="test")
                wanted = FacilityRequest(name=name, address="어딘가 1")
                place = facilities.add_facility(connection, wanted, actor="test", district_id=MAPO)
                room = RoomRequest(name=name, kind="restroom")
                room_id = facilities.add_room(connection, place, room, actor="test")
            yield World(services, mail, push, room_id)
        finally:
            services.db.close()

"""Who is told of what, when and by which way; what an onlooker sees; and what becomes of a message on its way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from server.config.settings import Settings
from server.interface.fields import CaseState, Role
from server.interface.notification_requests import NotificationKind
from server.live.hub import LiveHub
from server.notifications import choices, delivering, events, queue
from server.notifications.outcomes import GONE, TEXT
from server.people import accounts, auth
from server.schedule.periods import start_ms
from server.signing.keys import Key
from server.store.schema import (
    facilities,
    notification_choices,
    notified_people,
    push_subscriptions,
    rooms,
    sendings,
    visit_orders,
)
from sweep.report import new_id
from tests.server.conftest import EACH_DATABASE
from tests.server.live_kit import state
from tests.server.notifications.receivers import text_of
from tests.server.notifications.world import MAPO, World, new_world


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> Iterator[World]:
    with new_world(settings, tmp_path) as found:
        yield found


def _order(world: World, day: str) -> None:
    facility_id = select(rooms.c.facility_id).where(rooms.c.room_id == world.room_id).scalar_subquery()
    with world.services.db.write() as connection:
        connection.execute(
            insert(visit_orders).values(
                order_id=new_id(), facility_id=facility_id, first_day=day, last_day=day, with_police=False,
                reason="신고", created_ms=0, created_by="test",
            )
        )  # fmt: skip


def test_an_order_is_told_once_to_the_districts_people_who_want_it(world: World) -> None:
    people: tuple[tuple[str, Role, str], ...] = (
        ("kim", "inspector", MAPO),
        ("lee", "supervisor", MAPO),
        ("park", "inspector", "jung-gu"),
        ("choi", "evidence_officer", MAPO),
    )
    for name, role, district in people:
        world.reach(world.person(name, role, district))
    world.reach(world.person("yoon", "district_officer"), kinds=("overdue",))
    world.person("han", "inspector")  # nobody can reach
    _order(world, "2026-11-03")
    world.round()
    assert world.told == ["mail kim", "mail lee", "push kim", "push lee"]
    world.later(days=1)
    world.round()
    assert world.told == []
    assert world.outcomes() == ["sent"] * 4
    sent = ("notification.sent", "", "")
    lines = {line[:3] for line in world.logged()}
    assert lines == {(sent[0], name, way) for name in ("kim", "lee") for way in ("mail", "push")}
    assert {line[3] for line in world.logged()} == {""}
    with world.services.db.read() as connection:
        assert connection.scalar(select(func.count()).select_from(notified_people)) == 3  # also who has no way


@pytest.mark.parametrize("kind", ["order", "overdue", "silent", "found"])
def test_an_onlooker_learns_nothing(world: World, kind: NotificationKind) -> None:
    kim = world.person("kim", "supervisor")
    world.reach(kim)
    seen: list[Any] = []
    pair: tuple[NotificationKind, ...] = ("order", kind)
    for one in pair:
        if one == "found":
            world.on_duty(kim)
            world.case("police_called")
            world.round()
        else:
            world.round(world.event(one, f"{one} {len(seen)}"))
        (_, push), (mail,) = world.push.taken[0], world.mail.taken
        content = mail.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        heads = sorted(line.split(b":")[0] for line in raw.partition(b"\r\n\r\n")[0].splitlines())
        subject = next(line for line in raw.splitlines() if line.startswith(b"Subject:"))
        seen.append((push, len(raw), heads, subject, text_of(mail)))
        assert len(world.told) == 2
        world.later(hours=2)
    assert seen[0] == seen[1]
    assert (seen[0][0].text, seen[0][0].octets) == (TEXT, 21 + 65 + 128 + 16)
    assert seen[0][0].headers["Urgency"] == "high" and seen[0][0].headers["Topic"] == "ansim"


def test_quiet_hours_hold_everything_but_a_find(world: World) -> None:
    kim = world.person("kim", "supervisor")
    world.reach(kim, quiet=("22:00", "07:00"))
    world.on_duty(kim)
    world.later(hours=11)  # 23:00
    world.round(world.event("silent"))
    assert world.told == []
    world.later(hours=7, minutes=59)
    world.round()
    assert world.told == []
    world.later(minutes=1)
    world.round(world.event("silent", "2"))  # and the one of the night rides along
    assert world.told == ["mail kim", "push kim"]
    world.later(hours=16)
    world.round(world.event("silent", "3"))
    world.case("police_called")
    world.round()
    assert world.told == ["mail kim", "push kim"]
    assert world.outcomes() == ["sent"] * 4


@pytest.mark.parametrize(
    ("quiet", "clock", "over"),
    [
        (("22:00", "07:00"), "21:59", None),
        (("22:00", "07:00"), "22:00", "07:00"),
        (("22:00", "07:00"), "06:59", "07:00"),
        (("22:00", "07:00"), "07:00", None),
        (("12:00", "13:30"), "12:30", "13:30"),
        (("12:00", "13:30"), "13:30", None),
        (("08:00", "08:00"), "09:00", None),
    ],
)
def test_when_quiet_hours_are_over(quiet: tuple[str, str], clock: str, over: str | None) -> None:
    def at(text: str) -> int:
        return start_ms(date(2026, 11, 2)) + (int(text[:2]) * 60 + int(text[3:])) * 60_000

    now = at(clock)
    wanted = now if over is None else at(over) + (86_400_000 if over < clock else 0)
    assert choices.Chosen((), None, quiet).due_ms(now) == wanted


def test_a_find_waits_for_112_or_ten_minutes_and_reaches_who_is_on_duty_alone(world: World) -> None:
    on, off = world.person("kim", "supervisor"), world.person("lee", "supervisor")
    officer, inspector = world.person("choi", "evidence_officer", None), world.person("park", "inspector")
    boss, elsewhere = world.person("yoon", "district_officer"), world.person("han", "supervisor", "jung-gu")
    for person in (on, off, officer, inspector, boss, elsewhere):
        world.reach(person)
    for person in (on, officer):
        world.on_duty(person)
    told = ["mail choi", "mail kim", "push choi", "push kim"]
    first = world.case("camera")
    world.round()
    world.later(minutes=9, seconds=59)
    world.round()
    assert world.told == []
    world.later(seconds=1)
    world.round()
    assert world.told == told
    second = world.case("camera")
    world.round()
    world.case("room_closed", second)
    world.later(minutes=2)
    world.round()
    assert world.told == []
    world.case("police_called", second)
    world.round()
    assert world.told == told
    for next_state in ("handed_over", "police_camera"):
        world.case(next_state, first)
        world.later(hours=1)
        world.round()
    assert world.told == []


def test_a_find_waits_for_somebody_on_duty_and_one_taken_back_is_told_to_nobody(world: World) -> None:
    kim = world.person("kim", "supervisor")
    world.reach(kim, kinds=())
    world.case("police_called")
    gone = world.case("camera")
    world.round()
    world.case("not_camera", gone)
    world.later(hours=3)
    world.round()
    assert world.told == []
    world.on_duty(kim)  # who chose nothing is told of a find all the same
    world.round()
    assert world.told == ["mail kim", "push kim"]
    world.on_duty(kim, is_on=False)
    world.case("camera")
    world.later(hours=1)
    world.round()
    assert world.told == []


@pytest.mark.parametrize("state", ["candidate", "looked_at", "defect", "not_camera", "police_none"])
def test_what_is_no_find_is_told_to_nobody(world: World, state: CaseState) -> None:
    kim = world.person("kim", "supervisor")
    world.reach(kim)
    world.on_duty(kim)
    world.case(state)
    world.later(hours=1)
    world.round()
    assert world.told == []


def test_what_is_overdue_is_one_message_a_day_and_district(world: World) -> None:
    world.reach(world.person("kim", "supervisor"))
    _order(world, "2026-11-02")
    with world.services.db.write() as connection:
        connection.execute(update(facilities).values(is_demo=False))
    world.round()
    assert world.told == ["mail kim", "push kim"]  # of the order
    for days in range(1, 4):
        world.later(days=1)
        rules = world.services.policy
        late = events.overdue(world.services.db, rules, world.today, world.now_ms)
        assert [(one.kind, one.district_id) for one in late] == [("overdue", MAPO)]
        world.round(*late)
        world.round(*late)
        assert world.told == ["mail kim", "push kim"], days


def test_what_does_not_get_through_comes_again_ever_later_and_ends_after_a_day(world: World) -> None:
    world.reach(world.person("kim", "supervisor"))
    world.mail.answers += ["451 full"] * 3
    world.push.answers += [(503, {"Retry-After": "600"})]
    world.round(world.event("silent"))
    assert world.told == []
    tried = []
    for second in range(0, 700, 10):
        world.round()
        tried += [(second, what) for what in world.told]
        world.later(seconds=10)
    assert tried == [(420, "mail kim"), (600, "push kim")]
    assert world.outcomes() == ["sent", "sent"]
    world.push.answers += [(503, {})] * 40
    world.round(world.event("silent", "2"))
    for _ in range(60):
        world.later(minutes=30)
        world.round()
    assert world.told == ["mail kim"]
    assert sorted(str(one) for one in world.outcomes()) == ["expired", "sent", "sent", "sent"]
    assert len(world.logged()) > 20  # each attempt


def test_a_browser_that_is_gone_is_forgotten_and_a_dead_letter_counted(world: World) -> None:
    world.reach(world.person("kim", "supervisor"))
    world.push.answers += [(410, {})]
    world.mail.answers += ["RCPT 550 no such user"]
    world.round(world.event("silent"))
    with world.services.db.read() as connection:
        assert connection.scalar(select(func.count()).select_from(push_subscriptions)) == 0
        assert queue.counts(connection) == {"dead": 1, "gone": 1}
    world.later(hours=1)
    world.round(world.event("silent", "2"))
    assert world.told == ["mail kim"]


def test_who_leaves_is_told_nothing_more_and_leaves_no_address(world: World) -> None:
    kim, boss = world.person("kim", "supervisor"), world.person("boss", "admin", None)
    world.reach(kim, quiet=("11:00", "13:00"))
    world.on_duty(kim)
    world.round(world.event("silent"))
    with world.services.db.read() as connection:
        sealed = connection.scalar(select(notification_choices.c.mail_sealed))
        assert sealed is not None and b"kim@" not in sealed
    with world.services.db.write() as connection:
        code = auth.hashed("x" * 12)
        accounts.move(connection, boss, "kim", role="supervisor", district_id="jung-gu", code=code)
        for table in (notification_choices, push_subscriptions, sendings, notified_people):
            left = select(func.count()).select_from(table).where(table.c.user_id == kim.user_id)
            assert connection.scalar(left) == 0, table.name
    world.case("police_called")
    world.later(hours=2)
    world.round(world.event("silent", "2"))
    assert world.told == []


def test_who_is_switched_off_meanwhile_is_not_written_to(world: World) -> None:
    kim = world.person("kim", "supervisor")
    world.reach(kim, quiet=("11:00", "13:00"))
    world.round(world.event("silent"))
    world.switch_off(kim)
    world.later(hours=2)
    world.round()
    assert (world.told, world.outcomes()) == ([], ["gone", "gone"])


@EACH_DATABASE
def test_a_process_that_ends_in_the_middle_loses_nothing_and_sends_at_most_twice(world: World) -> None:
    for name in ("kim", "lee", "park"):
        world.reach(world.person(name, "supervisor"))
    db, ways = world.services.db, world.services.ways
    delivering.look(db, ways, [world.event("silent")], world.today, world.now_ms)
    with db.write() as connection:
        taken = queue.take(connection, world.now_ms)
    assert len(taken) == 6
    for row in taken[:3]:  # and then it was killed: three were sent, none was settled
        delivering._send(db, ways, row, world.now_ms)
    first = world.told
    assert len(first) == 3
    world.round()  # another process: they are the first one's still
    assert world.told == []
    world.later(milliseconds=queue.LEASE_MS)
    world.round()
    second = world.told
    assert len(second) == 6
    assert set(first) <= set(second)
    assert world.outcomes() == ["sent"] * 6
    with db.write() as connection:  # the first one wakes up and says what it knew: nobody believes it
        queue.settle(connection, {row.sending_id: GONE for row in taken}, 0, world.now_ms)
    assert world.outcomes() == ["sent"] * 6


def test_two_processes_never_take_the_same(world: World) -> None:
    for name in ("kim", "lee"):
        world.reach(world.person(name, "supervisor"))
    db = world.services.db
    delivering.look(db, world.services.ways, [world.event("silent")], world.today, world.now_ms)
    with db.write() as connection:
        taken = [row.sending_id for row in queue.take(connection, world.now_ms)]
    with db.write() as connection:
        again = queue.take(connection, world.now_ms)
    assert (len(taken), again) == (4, [])


def test_a_probe_is_silent_in_the_middle_of_a_sweep_alone() -> None:
    now = [1_000.0]
    hub, sweep_id = LiveHub(lambda: now[0]), new_id()
    real = Key("k" * 16, b"", "probe", "probe-7", "점검기 7", 0, None, MAPO)
    hub.publish("probe-7", real, (state(1, "running", sweep_id),))
    hub.publish("probe-8", replace(real, probe_id="probe-8"), (state(1, "done", sweep_id),))
    hub.publish("probe-9", replace(real, probe_id="probe-9", role="demo"), (state(1, "running", sweep_id),))
    seen = []
    for at_s in (100, 181, 86_399, 86_401):
        now[0] = 1_000.0 + at_s
        seen.append(hub.fallen_silent(180.0))
    assert seen == [[], [("probe-7", MAPO, sweep_id)], [("probe-7", MAPO, sweep_id)], []]


def test_old_lines_go_and_a_find_is_not_told_again(world: World) -> None:
    kim = world.person("kim", "supervisor")
    world.reach(kim)
    world.on_duty(kim)
    world.case("police_called")
    world.round(world.event("silent"))
    assert world.told == ["mail kim", "push kim"]
    world.later(days=31)
    with world.services.db.write() as connection:
        assert delivering.forget(connection, 30, world.now_ms) == 5  # told of two, one that passes, two messages
        assert delivering.forget(connection, 30, world.now_ms) == 0
    world.round()
    assert world.told == []

"""The access log (PIPA §29): each view of addresses, names, crops and photographs, and each export, before it is given.

Who, from where, what, why and when, in a table that triggers keep append-only, for the period of retention.toml.  Each
route says what it shows (`shows`), and a test holds every route and command to that.  What was seen is never in it, and
what cannot be written down is not shown.
"""

from __future__ import annotations

import getpass
import hashlib
import itertools
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, delete, insert, select

from server.interface.safe_text import csv_line
from server.interface.views.rules import AccessLine, AccessList
from server.interface.words import KST, kst
from server.people.auth import Person
from server.signing.statements import say
from server.store.clock import from_ms, now_ms, to_ms
from server.store.schema import access_heads, access_log
from sweep.entry import kinds
from sweep.report import LocalText, display_text, new_id
from sweep.report.log_records import AccessLogHead

DAY_MS = 86_400_000

Shown = Literal[
    "device_addresses", "device_names", "crops", "bodies", "photographs", "inspection_log", "access_log", "person_names"
]
Action = Literal[
    "sweep.viewed",
    "body.viewed",
    "body.downloaded",
    "photo.opened",
    "log.asked",
    "log.downloaded",
    "log.exported",
    "entries.exported",
    "access_log.viewed",
    "access_log.exported",
    "case.given",
    "changers.viewed",
    "statistics.exported",
    "copy.exported",
    "names.viewed",
    "provisions.exported",
    "handover.printed",
    "notification.sent",
]
WORDS: dict[str, LocalText] = {
    "sweep.viewed": LocalText(ko="점검 상세 열람", en="details of a sweep seen"),
    "body.viewed": LocalText(ko="사진 조각 열람", en="crop seen"),
    "body.downloaded": LocalText(ko="본문 내려받기", en="body downloaded"),
    "photo.opened": LocalText(ko="물체 사진 열람", en="photograph seen"),
    "log.asked": LocalText(ko="점검일지 요청", en="inspection log asked for"),
    "log.downloaded": LocalText(ko="점검일지 내려받기", en="inspection log downloaded"),
    "log.exported": LocalText(ko="점검일지 내보내기", en="inspection log exported"),
    "entries.exported": LocalText(ko="기록 내보내기", en="entries exported"),
    "access_log.viewed": LocalText(ko="접속 기록 열람", en="access log seen"),
    "access_log.exported": LocalText(ko="접속 기록 내보내기", en="access log exported"),
    "case.given": LocalText(ko="확인 건 기록 묶음 내려받기", en="file of a case downloaded"),
    "changers.viewed": LocalText(ko="기록을 바꿀 수 있었던 사람·키 열람", en="who could have changed a record seen"),
    "statistics.exported": LocalText(ko="통계 내보내기", en="statistics exported"),
    "copy.exported": LocalText(ko="분석용 사본 내보내기", en="copy for analysis exported"),
    "names.viewed": LocalText(ko="문서용 성명 열람", en="names for documents seen"),
    "provisions.exported": LocalText(ko="제3자 제공 대장 내보내기", en="register of provisions exported"),
    "handover.printed": LocalText(ko="업무 인수인계서 출력", en="handover printed"),
    "notification.sent": LocalText(ko="알림 보냄", en="notification sent"),
    "device_addresses": LocalText(ko="기기 주소", en="addresses of devices"),
    "device_names": LocalText(ko="기기·와이파이 이름", en="names of devices and Wi-Fi"),
    "crops": LocalText(ko="사진 조각", en="crops"),
    "photographs": LocalText(ko="물체 사진", en="photographs of objects"),
    "bodies": LocalText(ko="본문", en="bodies"),
    "inspection_log": LocalText(ko="점검일지", en="inspection log"),
    "person_names": LocalText(ko="점검자 성명", en="names of inspectors"),
    "access_log": LocalText(ko="접속 기록", en="access log"),
}
HEADINGS = ("일시(한국시간)", "사람", "계정", "접속지", "수행 업무", "처리 대상", "열람 항목", "사유")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and from where."""

    name: str
    """Pseudonym."""
    account: str
    address: str

    @classmethod
    def of(cls, person: Person, address: str) -> Reader:
        """A person who is logged in."""
        return cls(person.display_name, person.username, address)

    @classmethod
    def at_terminal(cls) -> Reader:
        """Whoever runs a command here: the operating system's user, also behind sudo."""
        return cls("sweep-server", display_text(os.environ.get("SUDO_USER") or getpass.getuser(), limit=60), "terminal")


def shows(*what: Shown) -> dict[str, Any]:
    """`openapi_extra` of a route: which personal data its answer may hold; without arguments: none."""
    return {"x-personal-data": list(what)}


def note(
    connection: Connection, reader: Reader, action: Action, object_id: str, shown: tuple[Shown, ...], reason: str = ""
) -> None:
    """Write an access down; inside a write transaction that ends before anything is given away."""
    connection.execute(
        insert(access_log).values(
            access_id=new_id(),
            at_ms=now_ms(),
            name=reader.name,
            account=reader.account,
            address=reader.address[:64],
            action=action,
            object_id=object_id[:200],
            shown=" ".join(shown),
            reason=reason,
        )
    )


def purge(connection: Connection, kept_days: int) -> int:
    """Remove what is older than its period, two years unless a body decided otherwise; returns how many."""
    old = delete(access_log).where(access_log.c.at_ms < now_ms() - kept_days * DAY_MS - DAY_MS)
    return connection.execute(old).rowcount


def seal_days(connection: Connection) -> int:
    """Say in the log what every finished Korean day with accesses held (sweep/LOG.md); returns how many days."""
    last = connection.execute(select(access_heads).order_by(access_heads.c.day.desc()).limit(1)).one_or_none()
    before = None if last is None else last.head
    since_ms = 0 if last is None else _end_of(last.day)
    today_ms = to_ms(from_ms(now_ms()).astimezone(KST).replace(hour=0, minute=0, second=0, microsecond=0))
    rows = connection.execute(
        select(access_log)
        .where(access_log.c.at_ms >= since_ms, access_log.c.at_ms < today_ms)
        .order_by(access_log.c.at_ms, access_log.c.access_id)
    ).all()
    done = 0
    for day, accesses in itertools.groupby(rows, key=lambda row: from_ms(row.at_ms).astimezone(KST).date().isoformat()):
        of_day = list(accesses)
        head = head_of(before, of_day)
        body = AccessLogHead(v=1, day=day, count=len(of_day), head=head, before=before)
        say(connection, kinds.ACCESS_LOG_HEAD, body, actor="system")
        connection.execute(insert(access_heads).values(day=day, count=len(of_day), head=head))
        before, done = head, done + 1
    return done


def head_of(before: str | None, accesses: Iterable[Row[Any]]) -> str:
    """Head of a day of the access log: SHA-256 over the head before it and the hash of each access in order."""
    digest = hashlib.sha256(bytes.fromhex(before) if before else bytes(32))
    for row in accesses:
        said = [str(row.access_id), row.at_ms, row.name, row.account, row.address, row.action, row.object_id]
        line = json.dumps([*said, row.shown, row.reason], ensure_ascii=False, separators=(",", ":"))
        digest.update(hashlib.sha256(line.encode()).digest())
    return digest.hexdigest()


def _end_of(day: str) -> int:
    """When a Korean day ends, in milliseconds since 1970."""
    return to_ms(datetime.fromisoformat(day).replace(tzinfo=KST) + timedelta(days=1))


def accesses(connection: Connection, month: str, limit: int) -> AccessList:
    """The accesses of a month of Korean time (`2026-11`), newest first; raises ValueError for no such month."""
    newest = (access_log.c.at_ms.desc(), access_log.c.access_id.desc())
    found = connection.execute(_of_month(month).order_by(*newest).limit(limit + 1)).all()
    return AccessList(
        accesses=tuple(
            AccessLine(
                access_id=row.access_id,
                at=from_ms(row.at_ms),
                name=row.name,
                account=row.account,
                address=row.address,
                action=row.action,
                object_id=row.object_id,
                shown=tuple(row.shown.split()),
                reason=row.reason,
            )
            for row in found[:limit]
        ),
        is_cut=len(found) > limit,
    )


def review_lines(connection: Connection, month: str) -> Iterator[bytes]:
    """The accesses of a month of Korean time (`2026-11`) as CSV, oldest first; raises ValueError for no such month."""
    yield csv_line(HEADINGS, is_first=True)
    oldest = _of_month(month).order_by(access_log.c.at_ms, access_log.c.access_id)
    for row in connection.execution_options(yield_per=500).execute(oldest):
        shown = ", ".join(in_korean(one) for one in row.shown.split())
        when, action = kst(from_ms(row.at_ms)), in_korean(row.action)
        yield csv_line((when, row.name, row.account, row.address, action, row.object_id, shown, row.reason or "없음"))


def _of_month(month: str) -> Select[Any]:
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=KST)
    end = (first + timedelta(days=31)).replace(day=1)
    return select(access_log).where(access_log.c.at_ms >= to_ms(first), access_log.c.at_ms < to_ms(end))


def in_korean(code: str) -> str:
    """What was shown, as documents say it."""
    return WORDS[code].ko if code in WORDS else code

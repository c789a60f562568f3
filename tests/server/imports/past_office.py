"""A district with registered rooms, and its officer who brings past inspections in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from server.districts.register import add_district
from server.projections import projecting
from server.store.clock import today
from server.store.schema import rooms, sweeps
from sweep.report import LocalText
from tests.server.conftest import Client, Site
from tests.server.district_kit import person
from tests.server.imports.past_lists import PLACES

HANBIT, DALBIT = "hanbit-gu", "dalbit-gu"
YESTERDAY = today() - timedelta(days=1)
HEADING = "점검일시,시설명,성별,점검방법,점검결과,문서번호,인원,점검자"
NAMES = ("홍길동", "김철수")


def list_of(*rows: str) -> bytes:
    return "\n".join((HEADING, *rows)).encode("cp949")


def row_of(
    *,
    when: str = f"{YESTERDAY:%Y-%m-%d} 10:00",
    name: str = "가람공원 화장실",
    sex: str = "남",
    method: str = "렌즈탐지기",
    result: str = "이상없음",
    document: str = "점검-7",
    persons: str = "2",
    names: str = "홍길동·김철수",
) -> str:
    return f"{when},{name},{sex},{method},{result},{document},{persons},{names}"


@dataclass(frozen=True, slots=True)
class Office:
    """A district with registered rooms and its officer."""

    site: Site
    officer: Client

    def post(self, path: str, data: bytes, client: Client | None = None, **parameters: str) -> Any:
        """The answer to a list."""
        by = client or self.officer
        headers = {"X-CSRF-Token": by.csrf}
        return by.http.post(path, content=data, headers=headers, params={"file_name": "대장.csv"} | parameters)

    def preview(self, *rows: str) -> dict[str, Any]:
        """A list as it is previewed."""
        answer = self.post("/api/imports", list_of(*rows), kind="inspections")
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def bring_in(self, *rows: str) -> dict[str, Any]:
        """The same, confirmed."""
        found = self.preview(*rows)
        confirmed = self.officer.post(f"/api/imports/{found['import_id']}/confirm")
        assert confirmed.json()["state"] == "confirmed", confirmed.text
        return found

    def rows(self, import_id: str) -> list[dict[str, Any]]:
        """Rows of an import as the page has them."""
        found: list[dict[str, Any]] = self.officer.get(f"/api/imports/{import_id}/rows").json()["rows"]
        return found

    def sweep_ids(self) -> list[str]:
        """Of what was imported and stands, the newest first."""
        projecting.drain(self.site.db)
        with self.site.db.read() as connection:
            found = select(sweeps.c.sweep_id).where(sweeps.c.mode.in_(("imported", "cited")))
            return [str(one) for one in connection.scalars(found.order_by(sweeps.c.started_ms.desc()))]

    def cite(self, sweep_id: str, document: str = "점검-7", client: Client | None = None, **changed: str) -> Any:
        """The answer to a citation of its original."""
        seen = self.officer.get(f"/api/sweeps/{sweep_id}").json()
        shown = seen["imported"]["entry_hash"] if "imported" in seen else "0" * 64
        body = {"document": document, "shown_hash": shown} | changed
        return (client or self.officer).post(f"/api/sweeps/{sweep_id}/citation", body)

    def room_id(self, name: str = "1층 남자 화장실") -> UUID:
        """Of a room by its name."""
        with self.site.db.read() as connection:
            found: UUID | None = connection.scalar(select(rooms.c.room_id).where(rooms.c.name_ko == name).limit(1))
        assert found is not None
        return found


def open_office(site: Site) -> Office:
    """The district with its rooms registered."""
    with site.db.write() as connection:
        for district_id, name in ((HANBIT, "한빛구"), (DALBIT, "달빛구")):
            add_district(connection, district_id, LocalText(ko=name, en=name), actor="test")
    found = Office(site, person(site, "district_officer", HANBIT))
    answer = found.post("/api/imports", PLACES.encode(), kind="rooms")
    assert found.officer.post(f"/api/imports/{answer.json()['import_id']}/confirm").json()["state"] == "confirmed"
    return found

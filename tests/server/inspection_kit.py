"""Inspections with other instruments for tests: a room of a district, its instruments, and what a phone sends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from server.districts import register as districts
from server.instruments import register
from server.interface.instrument_requests import InstrumentCheckRequest, InstrumentRequest
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.places import facilities
from server.public_page.stickers import replace_sticker
from server.store.clock import today
from sweep.report import LocalText, new_id
from sweep.report.inspection_records import InstrumentKind
from tests.report_factory import make_plan
from tests.server.conftest import PASSWORD, Client, Site
from tests.server.district_kit import person

MAPO = "mapo-gu"


@dataclass(frozen=True, slots=True)
class Ground:
    """A room with two inspectors and an instrument of each kind, their function checked today."""

    room_id: UUID
    facility_id: UUID
    door: str
    zones: tuple[str, ...]
    first: Client
    second: Client
    second_name: str
    """User name of the second one, whose password is everybody's."""
    instruments: dict[str, str]

    def body(self, *, kind: str = "lens_finder", each_s: int = 20, **changed: Any) -> dict[str, Any]:
        """Every zone with one instrument and nothing to see."""
        left = datetime.now(UTC) - timedelta(minutes=3)
        looks = [self.look(zone, kind=kind, after_s=each_s * number) for number, zone in enumerate(self.zones, start=1)]
        whole = {
            "sweep_id": str(new_id()),
            "plan_version": 1,
            "looks": looks,
            "declared_empty": True,
            "borescope_rule": kind == "borescope",
            "entered": (left - timedelta(seconds=each_s * len(looks) + 5)).isoformat(),
            "left": left.isoformat(),
            "sent": datetime.now(UTC).isoformat(),
            "door_in": self.door,
            "door_out": self.door,
        }
        return whole | changed

    def look(self, zone: str, *, kind: str = "lens_finder", after_s: int = 20, **changed: Any) -> dict[str, Any]:
        """One zone with one instrument."""
        of_register = None if kind == "by_eye" else self.instruments[kind]
        seen = {"saw": "nothing", "place": None, "afterwards": None, "after_s": after_s}
        return {"zone_id": zone, "instrument_id": of_register, "kind": kind} | seen | changed

    def record(self, body: dict[str, Any]) -> Any:
        """The answer to this inspection."""
        return self.first.post(f"/api/rooms/{self.room_id}/inspections", body)

    def confirm(self, sweep_id: str, **changed: Any) -> Any:
        """The answer to the second person's confirmation."""
        seen = self.first.get(f"/api/sweeps/{sweep_id}").json()["inspection"]
        said = {
            "shown_hash": seen["entry_hash"],
            "second_person": {"username": self.second_name, "password": PASSWORD},
        }
        return self.first.post(f"/api/sweeps/{sweep_id}/confirmation", said | changed)


def ground(site: Site, name: str = MAPO, *, checked: bool = True) -> Ground:
    """A district with one room."""
    text = LocalText(ko=name, en=name)
    with site.db.write() as connection:
        districts.add_district(connection, name, text, actor="test")
        wanted = FacilityRequest(name=text, address="어딘가 1")
        facility_id = facilities.add_facility(connection, wanted, actor="test", district_id=name)
        room = RoomRequest(name=text, kind="restroom", plan=make_plan())
        room_id = facilities.add_room(connection, facility_id, room, actor="test")
        door = replace_sticker(connection, room_id, actor="test")
        instruments: dict[str, str] = {}
        kinds: tuple[InstrumentKind, ...] = ("lens_finder", "rf_finder", "thermal_imager", "borescope")
        for kind in kinds:
            one = InstrumentRequest(kind=kind, maker="가상", model="K18", serial="1")
            added = register.add_instrument(connection, one, actor="test", district_id=name)
            if checked:
                day = today()
                check = InstrumentCheckRequest(
                    what="function", day=day, good_until=day, has_passed=True, checked_by="사무소"
                )
                register.add_check(connection, added, check, today=day, actor="test")
            instruments[kind] = str(added)
    first, second = person(site, "inspector", name), person(site, "inspector", name)
    plan = first.get(f"/api/rooms/{room_id}").json()["plan"]
    second_name = second.get("/api/me").json()["user"]["username"]
    zones = tuple(zone["zone_id"] for zone in plan["zones"])
    return Ground(room_id, facility_id, door, zones, first, second, second_name, instruments)

"""Rows of a district's list of people, read: user name, the name that records bear, role, district.

Pure but for the names that are taken.  Records never bear a person's own name: a column of those is not imported, and
whoever is told no other name gets the next number of the role (`점검자-07`).  Of a mail address only the user name is
kept; telephones are not imported.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sqlalchemy import Connection

from server.imports.reading import cells, values
from server.imports.reading.columns import Own
from server.imports.reading.cuts import covered, may_be_name, without_title
from server.imports.rows.border import Named
from server.interface.errors import ApiError
from server.interface.fields import CITY_ROLES, FACILITY_ROLES, Role
from server.interface.plain_text import looks
from server.people.names import looks_taken, tidy_name

ROLES: Final[Mapping[Role, str]] = {
    "inspector": "점검자 점검원 점검반원 점검요원 점검단원 점검담당 점검 현장점검 현장점검원 현장점검자 inspector",
    "supervisor": "감독자 감독 점검감독 점검감독자 현장감독 점검반감독 점검반장 점검조장 supervisor",
    "district_officer": "구청담당자 구청담당 구담당자 구담당 구담당공무원 구청담당공무원 자치구담당자 담당공무원 "
    "districtofficer",
    "city_officer": "시청담당자 시청담당 시담당자 cityofficer",
    "auditor": "감사자 감사 감사담당 감사담당자 감사관 auditor",
    "evidence_officer": "증거담당자 증거담당 증거물담당자 증거물담당 증거담당관 증거물담당관 evidenceofficer",
    "viewer": "열람자 열람 조회자 조회 viewer",
    "admin": "시스템관리자 전산관리자 admin administrator",
    "facility_owner": "시설소유자 시설주 건물주 facilityowner",
    "facility_staff": "시설직원 시설관리인 facilitystaff",
    "cleaner": "미화원 환경미화원 청소원 청소 청소미화 cleaner",
}
"""Squashed; a word that may mean two of them (`관리자`, `담당자`) is in none, and is asked about."""
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_BESIDE = re.compile(r"\s*\((?:위촉|보조|임시|기간제|공무직|상근|비상근|오전|오후|주간|야간|신규|\d{1,2}조)\)$")
"""What stands beside a role and changes nothing of it."""


@dataclass(frozen=True, slots=True)
class Item:
    """Somebody as a row tells them."""

    username: str
    display_name: str
    is_numbered: bool
    """The file tells no name that records may bear."""
    role: Role | None
    district_id: str | None
    district: str
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What tells them from others."""
        return self.username[: cells.LONGEST_TEXT]

    @property
    def mark(self) -> str:
        """Of what the row says."""
        name = "" if self.is_numbered else self.display_name
        said = json.dumps([self.username, name, self.role, self.district_id], ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def known_role(self) -> Role:
        """The role, of a row that may be done; a row without one is asked about and never done."""
        if self.role is None:
            raise ValueError("no role")
        return self.role

    def is_called(self, name: str) -> bool:
        """Is this the name that the row tells, if it tells one?"""
        return self.is_numbered or self.display_name == name

    def to_json(self) -> str:
        """For `item_of`; name and address are what people are shown."""
        shown = {"name": self.display_name, "address": self.username if self.display_name else ""}
        return json.dumps(asdict(self) | shown, ensure_ascii=False)


def item_of(text: str) -> Item:
    """The item that `to_json` wrote."""
    told: dict[str, Any] = json.loads(text)
    for shown in ("name", "address"):
        del told[shown]
    return Item(**told | {"notes": tuple(told["notes"]), "doubts": tuple(told["doubts"])})


@dataclass(slots=True)
class Names:
    """The names that nobody else may bear: of each district what was given, and what rows of this file took."""

    connection: Connection
    taken: dict[str | None, set[str]] = field(default_factory=dict)

    def take(self, name: str, district_id: str | None) -> bool:
        """Take a name; False when somebody has it, or one that looks so."""
        taken = self._of(district_id)
        is_free = not looks(name) & taken
        taken |= looks(name)
        return is_free

    def next_of(self, role: Role, district_id: str | None) -> str:
        """Take the next free number of a role."""
        word = ROLES[role].split()[0]
        names = (f"{word}-{number:02d}" for number in itertools.count(1))
        return next(name for name in names if not looks(name) & self._of(district_id) and self.take(name, district_id))

    def _of(self, district_id: str | None) -> set[str]:
        if district_id not in self.taken:
            self.taken[district_id] = looks_taken(self.connection, district_id)
        return self.taken[district_id]


def role_in(cell: str) -> tuple[Role | None, str]:
    """(the role that a cell names, doubt)."""
    plain = values.squashed(_BESIDE.sub("", cell))
    if not plain:
        return None, "role_missing"
    found = next((role for role, words in ROLES.items() if plain in words.split()), None)
    return found, "" if found is not None else "role_unclear"


def read_item(own: Own, district: Named, names: Names, known: Mapping[str, Any]) -> Item:
    """What a row tells; `known` are accounts by user name."""
    username, notes, doubt = _username(own)
    notes += own.notes
    role, role_doubt = role_in(own.said.get("role", ""))
    doubts = [*own.doubts, doubt, role_doubt]
    district_id = district.district_id
    if role in CITY_ROLES:
        doubts.append("role_contradicts_district" if district_id is not None else "")
    else:
        doubts.append(district.doubt)
    if role in FACILITY_ROLES:
        doubts.append("facilities_needed")
    told = own.said.get("display_name", "")
    is_numbered = values.is_nothing(told)
    here = known.get(username)
    if not is_numbered:
        name, name_doubt = _name(told)
        if not name_doubt and here is None and not names.take(name, district_id):
            name_doubt = "display_name_taken"
        doubts.append(name_doubt)
    elif here is not None:
        name = here.display_name
    elif role is not None and not any(doubts):
        name = names.next_of(role, district_id)
        notes.append("name_numbered")
    else:
        name = ""
    return Item(
        username=username,
        display_name=name,
        is_numbered=is_numbered,
        role=role,
        district_id=district_id,
        district=district.name,
        notes=tuple(sorted(notes)),
        doubts=tuple(sorted({one for one in doubts if one})),
    )


def _username(own: Own) -> tuple[str, list[str], str]:
    """(user name, notes, doubt)."""
    said, mail = own.said.get("username", ""), own.said.get("mail", "")
    plain, notes = said.lower(), []
    if values.is_nothing(said) or "@" in said:
        mail = said if "@" in said else mail
        plain = values.mail_in(mail).partition("@")[0]
        if not plain:
            return "", [], "username_missing" if values.is_nothing(mail) else "username_unclear"
        notes.append("username_from_mail")
    elif plain != said:
        notes.append("username_in_small")
    if _USERNAME.fullmatch(plain) is None:
        return "", [], "username_unclear"
    return plain, notes, ""


def _name(told: str) -> tuple[str, str]:
    if may_be_name(without_title(told)):
        return covered(told), "name_may_be_real"
    try:
        return tidy_name(told), ""
    except ApiError:
        return cells.line(told)[0], "name_letters"


def kept_cells(own: Own, item: Item) -> dict[str, str]:
    """Cells as they are kept: of a mail address the user name alone, and no person's own name."""
    said, mail, told = (own.said.get(name, "") for name in ("username", "mail", "display_name"))
    instead = {mail: item.username, told: covered(told) if "name_may_be_real" in item.doubts else told}
    if "@" in said:
        instead[said] = item.username
    return {heading: instead.get(cell, cell) for heading, cell in own.raw.items()}

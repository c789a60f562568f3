"""Rows of a district's list of instruments, read: kind, maker, model, number, who holds it, the check of its function.

Pure but for who may hold one.  A holder is a person of the district or nobody: whom a row names otherwise is asked
about, and the name is not kept.  A check that lacks something is asked about and never made up.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from server.imports.reading import cells, values
from server.imports.reading.columns import Own
from server.imports.reading.cuts import covered, names_office, without_title
from server.imports.rows.border import Named
from server.instruments.register import holders_of
from server.interface.instrument_requests import FIRST_CHECK_DAY, LONGEST_GOOD_D
from server.interface.plain_text import has_link
from server.interface.words import INSTRUMENTS
from server.people.document_names import names_by_pseudonym
from server.store.clock import today
from sweep.phrases import Phrase
from sweep.report import local_text
from sweep.report.inspection_records import InstrumentKind

KIND_STEMS: Final[Mapping[InstrumentKind, tuple[str, ...]]] = {
    "lens_finder": ("렌즈",),
    "rf_finder": ("전파", "전자파", "주파수", "무선", "rf"),
    "thermal_imager": ("열화상", "열영상", "열상", "thermal"),
    "borescope": ("내시경", "보어스코프", "borescope", "endoscope"),
    "by_eye": ("육안", "손전등", "랜턴", "플래시", "돋보기", "확대경", "루페"),
}
"""What a cell says that names a kind; one that says two of them, or none, is asked about."""
PASSED: Final[Mapping[str, bool]] = dict.fromkeys(("정상", "양호", "이상없음", "합격", "적합", "작동", "o"), True) | (
    dict.fromkeys(("불량", "고장", "불합격", "부적합", "이상", "비정상", "미작동", "x"), False)
)
_IN_OFFICE = frozenset(
    {
        "",
        "사무실",
        "사무실보관",
        "보관함",
        "공용",
        "예비",
        "창고",
        "부서공용",
        "캐비닛",
        "캐비넷",
        "금고",
        "과캐비닛",
        "사무실캐비닛",
    }
)
_SERIAL_WORD = re.compile(
    r"^(?:s\s?/\s?n|s\.n\.?|sn|serial(?:\s?no\.?)?|일련번호|제조번호|기기번호)\s*[:.]\s*", re.IGNORECASE
)
_NOT_DONE = frozenset({"미실시", "미교정", "미확인"})
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_NO_SERIAL = re.compile(
    rf"\d(?:\.\d+)?e\+?\d+|\d{{4}}-\d{{2}}-\d{{2}}(?: \d{{2}}:\d{{2}})?|(?:{_MONTHS})-\d{{1,2}}|\d{{1,2}}-(?:{_MONTHS})"
    r"|\d{1,2}월\s*\d{1,2}일",
    re.IGNORECASE,
)
"""What a spreadsheet makes of a long number, and of one that looks like a day."""
_SEVERAL = re.compile(r"[~,;]|\s외\s?\d|\d\s*[대개]$")
_UNTIL = re.compile(r"^[~\u223c]\s*|\s*까지$")
LONGEST_SERIAL = 100
FAR = date(2100, 12, 31)


@dataclass(frozen=True, slots=True)
class Check:
    """A check of its function."""

    day: str
    good_until: str
    has_passed: bool
    checked_by: str


@dataclass(frozen=True, slots=True)
class Item:
    """An instrument as a row tells it."""

    kind: InstrumentKind | None
    maker: str
    model: str
    serial: str
    holder: str | None
    """User name of a person of the district."""
    check: Check | None
    district_id: str | None
    district: str
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[str, ...]:
        """What tells it from others."""
        return (self.kind or "", *(values.squashed(one) for one in (self.maker, self.model, self.serial)))

    @property
    def key(self) -> str:
        """The same as one text."""
        return "|".join(self.identity)[: cells.LONGEST_TEXT]

    @property
    def mark(self) -> str:
        """Of what the row says."""
        said = {name: value for name, value in asdict(self).items() if name not in {"notes", "doubts"}}
        return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    @property
    def known_kind(self) -> InstrumentKind:
        """The kind, of a row that may be done; a row without one is asked about and never done."""
        if self.kind is None:
            raise ValueError("no kind")
        return self.kind

    def to_json(self) -> str:
        """For `item_of`; name and address are what people are shown."""
        kind = "" if self.kind is None else INSTRUMENTS[self.kind].ko
        shown = {
            "name": " ".join(one for one in (kind, self.maker, self.model) if one),
            "address": self.serial,
        }
        return json.dumps(asdict(self) | shown, ensure_ascii=False)


def item_of(text: str) -> Item:
    """The item that `to_json` wrote."""
    told: dict[str, Any] = json.loads(text)
    for shown in ("name", "address"):
        del told[shown]
    check = told.pop("check")
    told |= {"notes": tuple(told["notes"]), "doubts": tuple(told["doubts"])}
    return Item(**told, check=None if check is None else Check(**check))


def kind_in(cell: str) -> tuple[InstrumentKind | None, str]:
    """(the kind that a cell names, doubt)."""
    plain = values.squashed(cell)
    found = [kind for kind, stems in KIND_STEMS.items() if any(stem in plain for stem in stems)]
    return (found[0], "") if len(found) == 1 else (None, "instrument_kind_unclear")


@dataclass(slots=True)
class Holders:
    """To whom instruments of a district may be given, by what lists call them."""

    by_name: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection, district_id: str) -> Holders:
        found = cls()
        there = holders_of(connection, district_id)
        called = {one.name: one.username for one in there}
        for one in there:
            found._add(one.username, one.username)
            found._add(one.name, one.username)
        for pseudonym, name in names_by_pseudonym(connection, district_id).items():
            if pseudonym in called:
                found._add(name, called[pseudonym])
        return found

    def _add(self, name: str, username: str) -> None:
        self.by_name.setdefault(values.squashed(name), set()).add(username)

    def named(self, cell: str) -> tuple[str | None, str]:
        """(user name, doubt): nobody where the cell says that it lies in the office, or which office that is."""
        plain = values.squashed(without_title(cell))
        if plain in _IN_OFFICE or values.is_nothing(cell):
            return None, ""
        found = self.by_name.get(plain, set())
        if not found and names_office(cell):
            return None, ""
        return (next(iter(found)), "") if len(found) == 1 else (None, "holder_unknown")


def read_item(own: Own, district: Named, holders: Holders, epoch: values.Epoch) -> Item:
    """What a row tells."""

    def cell(name: str) -> str:
        text = own.said.get(name, "")
        return "" if values.is_nothing(text) else cells.line(text, cells.LONGEST_TEXT)[0]

    kind, kind_doubt = kind_in(cell("kind"))
    doubts = [*own.doubts, kind_doubt, district.doubt]
    maker, model, serial = cell("maker"), cell("model"), _SERIAL_WORD.sub("", cell("serial"))
    doubts += ["maker_missing"] * (not maker) + ["model_missing"] * (not model)
    doubts += ["maker_model_swapped"] * (_has_digit(maker) and bool(model) and not _has_digit(model))
    doubts += ["text_holds_link"] * any(map(has_link, (maker, model, serial)))
    if not serial:
        doubts += ["serial_missing"] * (kind != "by_eye")
    elif _NO_SERIAL.fullmatch(serial) or len(serial) > LONGEST_SERIAL:
        doubts.append("serial_unclear")
    elif _SEVERAL.search(serial):
        doubts.append("several_in_row")
    many, many_doubt = values.counted(own.said.get("count", ""))
    doubts += ["several_in_row"] * (many not in {None, 1} or many_doubt != "")
    holder, holder_doubt = holders.named(own.said.get("holder", ""))
    check, check_doubt = _check(own, epoch)
    doubts += [holder_doubt, check_doubt]
    return Item(
        kind=kind,
        maker=maker,
        model=model,
        serial=serial,
        holder=holder,
        check=check,
        district_id=district.district_id,
        district=district.name,
        notes=tuple(
            sorted({*own.notes, *_remarks(own, check), *(["holder_is_office"] if _is_office(own, holder) else [])})
        ),
        doubts=tuple(sorted({one for one in doubts if one})),
    )


def _has_digit(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def _is_office(own: Own, holder: str | None) -> bool:
    return holder is None and names_office(own.said.get("holder", ""))


def _remarks(own: Own, check: Check | None) -> list[str]:
    """What is to be said of a check whose checker the register does not name."""
    if check is None or check.checked_by != _unnamed():
        return []
    return ["checker_is_no_office"] if _tells_checker(own) else ["checker_not_told"]


def _unnamed() -> str:
    return local_text(Phrase("import_checker_unnamed")).ko


def _tells_checker(own: Own) -> bool:
    """Has the list a column of who checked? Where it has, an empty cell is asked about."""
    return "checked_by" in own.said


def _check(own: Own, epoch: values.Epoch) -> tuple[Check | None, str]:
    """(a check of its function, doubt): none where the row tells of none, or not all that one needs."""
    said = {name: own.said.get(name, "") for name in ("checked", "good_until", "checked_by", "passed")}
    plain = {name: "" if values.is_nothing(text) else text for name, text in said.items()}
    if values.squashed(plain["checked"]) in _NOT_DONE:
        plain["checked"] = ""
    if not plain["checked"]:
        return None, "check_incomplete" if plain["good_until"] else ""
    day, doubt = values.day(plain["checked"], epoch, today())
    if day is None or day < FIRST_CHECK_DAY:
        return None, doubt or "date_unbelievable"
    if not plain["good_until"] or (_tells_checker(own) and not plain["checked_by"]):
        return None, "check_incomplete"
    until, doubt = values.day(_UNTIL.sub("", plain["good_until"]), epoch, FAR)
    if until is None:
        return None, doubt
    if not 0 <= (until - day).days <= LONGEST_GOOD_D:
        return None, "check_days_disagree"
    passed = PASSED.get(values.without_spaces(said["passed"]), None if said["passed"] else True)
    if passed is None:
        return None, "check_result_unclear"
    by = cells.line(plain["checked_by"], cells.LONGEST_TEXT)[0]
    # A person's name is no part of the register; the check is.
    named = by if names_office(by) and not has_link(by) else _unnamed()
    return Check(day.isoformat(), until.isoformat(), passed, named), ""


def kept_cells(own: Own, item: Item) -> dict[str, str]:
    """Cells as they are kept: who holds it by user name, and a name that nobody bears here covered."""
    instead = {}
    if not names_office(own.said.get("checked_by", "")) and own.said.get("checked_by"):
        instead[own.said["checked_by"]] = covered(own.said["checked_by"])
    if "holder_unknown" in item.doubts:
        instead[own.said["holder"]] = covered(own.said["holder"])
    if item.holder is not None:
        instead[own.said["holder"]] = item.holder
    return {heading: instead.get(cell, cell) for heading, cell in own.raw.items()}

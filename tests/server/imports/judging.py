"""How well lists come in that nobody tuned the importer to: rows right, asked, refused and wrong, file by file.

Input is a folder of lists, each `NAME.csv` or `NAME.xlsx` beside `NAME.truth.json`:

    {"kind": "rooms",                      what it is about; null: the importer tells it by its columns
     "district": "한빛구",                  the district whose officer brings it in; null: the whole city
     "columns": {"구 분": "sex"},           what a person of the office answers where a column is asked
     "phrases": {"result=無": "nothing_unusual"},   and where a phrase is; optional, beside what the rows tell
     "before": "OTHER.csv",                 a list of this folder that came in before, with its own truth; optional
     "secrets": ["900101-1234567"],        what must never be kept or shown
     "rows": {"5": {"name": "…", "stalls": 8}, "9": null}}    by line of the file; null: no row of the list at all

Values are what a person reads in the file; what a row does not name is not judged.  A row that comes in with every
value as the truth has it is right; one that a person is asked about is asked; one that is left out is refused; anything
else is wrong, and so is a secret that was kept.  A phrase is answered as all of its rows have it, or not at all.
`python -m tests.server.imports.judging FOLDER` prints it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from sqlalchemy import Connection, select

from server.districts.register import add_district
from server.imports import importing, looking
from server.imports.reading import answers, values
from server.imports.reading.fields import Kind
from server.imports.rows import telling
from server.imports.rows.known import KnownPlace, read_known
from server.imports.rows.rows import Given
from server.imports.rows.telling import Asked
from server.interface.errors import ApiError
from server.people.auth import Person
from server.store.crypto.body_keys import BodyKeys
from server.store.db import Database
from server.store.schema import import_rows
from sweep.report import LocalText, new_id


@dataclass(slots=True)
class Verdict:
    """What became of a list."""

    name: str
    right: int = 0
    asked: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)
    refusal: str = ""
    """Of the whole list."""
    asked_columns: int = 0
    asked_phrases: int = 0
    answered_phrases: int = 0

    def __str__(self) -> str:
        counts = f"{self.right:4} right {self.asked:4} asked {self.refused:4} refused {len(self.wrong):3} wrong"
        whole = f"  refused whole: {self.refusal}" if self.refusal else ""
        phrases = f"{self.asked_phrases} phrases asked, {self.answered_phrases} answered"
        return f"{self.name:40} {counts}  {self.asked_columns} columns, {phrases}{whole}"


def judge_folder(folder: Path, fresh: Callable[[], AbstractContextManager[Database]]) -> list[Verdict]:
    """A verdict for each list of a folder, in the order of their names, each in a database of its own."""
    found = []
    for truth_file in sorted(folder.glob("*.truth.json")):
        truth = json.loads(truth_file.read_text(encoding="utf-8"))
        stem = truth_file.name.removesuffix(".truth.json")
        file = next(one for one in folder.iterdir() if one.stem == stem and one.suffix != ".json")
        with fresh() as db:
            if "before" in truth:
                before = folder / truth["before"]
                earlier = json.loads((folder / f"{before.stem}.truth.json").read_text(encoding="utf-8"))
                _bring_in(db, before.name, before.read_bytes(), earlier, confirm=True)
            found.append(judge(db, file.name, file.read_bytes(), truth))
    return found


@contextmanager
def fresh_database() -> Iterator[Database]:
    """An empty one on SQLite, gone afterwards."""
    with tempfile.TemporaryDirectory() as name, closing(database_in(Path(name))) as db:
        db.migrate()
        yield db


def database_in(folder: Path) -> Database:
    """The one of a folder, which can hold bodies."""
    keys = BodyKeys(folder / "bodies.keys", folder / "bodies.key")
    return Database(f"sqlite:///{folder}/judged.sqlite3", keys)


def judge(db: Database, name: str, data: bytes, truth: Mapping[str, Any]) -> Verdict:
    """What becomes of one list beside what is true of it."""
    verdict = Verdict(name)
    try:
        rows, shown, verdict.asked_columns = _bring_in(db, name, data, truth, confirm=False, verdict=verdict)
    except ApiError as error:
        verdict.refusal = str(error)
        verdict.refused = sum(one is not None for one in truth["rows"].values())
        return verdict
    told = {line: (outcome, values) for line, outcome, values in rows if line > 0}
    for line, expected in truth["rows"].items():
        outcome, values = told.pop(int(line), ("missing", {}))
        _count(verdict, line, outcome, values, expected)
    for line, (outcome, values) in told.items():
        _count(verdict, str(line), outcome, values, None)
    verdict.wrong += [f"kept or shown: {secret}" for secret in truth.get("secrets", ()) if secret in shown]
    return verdict


def _count(verdict: Verdict, line: str, outcome: str, values: Mapping[str, Any], expected: Any) -> None:
    if outcome == "question":
        verdict.asked += 1
    elif outcome == "refused" or (outcome == "missing" and expected is None):
        verdict.refused += expected is not None
    elif expected is None or outcome == "missing":
        verdict.wrong.append(f"line {line}: {outcome} {dict(values)}")
    else:
        differ = {key: (values.get(key), value) for key, value in expected.items() if values.get(key) != value}
        verdict.right += not differ
        if differ:
            verdict.wrong.append(f"line {line}: {differ}")


def _bring_in(
    db: Database,
    name: str,
    data: bytes,
    truth: Mapping[str, Any],
    *,
    confirm: bool,
    verdict: Verdict | None = None,
) -> tuple[list[tuple[int, str, dict[str, Any]]], str, int]:
    """(rows with outcome and values, all that was kept or shown as one text, how many columns were asked)."""
    kind: Kind | None = truth.get("kind")
    assert kind is None or kind in get_args(Kind)
    district = _district(db, truth.get("district"))
    with db.read() as connection:
        known = answers.answers_of(connection, district)
    seen = looking.look(data, name, truth.get("sheet"), kind, known)
    open_columns = [one.heading for one in seen.columns if one.field is None]
    told = {heading: field for heading, field in truth.get("columns", {}).items() if heading in open_columns}
    if told:
        assert seen.layout is not None
        with db.write() as connection:
            answers.remember(connection, district, kind or seen.layout, told, actor="담당-01")  # type: ignore[arg-type]  # as the files name them
    officer = Person(new_id(), "officer", "담당-01", "district_officer", "p-0000000000", district_id=district)
    given = Given(sheet=truth.get("sheet"), kind=kind, district_id=district, person=officer)
    counted = verdict or Verdict(name)
    counted.asked_phrases, counted.answered_phrases = _answer_phrases(db, data, given, truth)
    import_id = importing.preview(db, data, name, actor="담당-01", given=given)
    with db.read() as connection:
        kept = connection.execute(select(import_rows).where(import_rows.c.import_id == import_id)).all()
    if confirm:
        importing.confirm(db, import_id, actor="담당-01")
    shown = seen.model_dump_json() + "".join(row.place_json + row.raw_json + row.source_key for row in kept)
    return (
        [(row.line, row.outcome, dict(_values(json.loads(row.place_json)))) for row in kept],
        shown,
        len(open_columns),
    )


def _answer_phrases(db: Database, data: bytes, given: Given, truth: Mapping[str, Any]) -> tuple[int, int]:
    """(how many phrases were asked, how many of them the truth answers), answered as a person does on the page."""
    asked: set[tuple[str, str]] = set()
    answered: set[tuple[str, str]] = set()
    for _ in range(3):  # one answer may bring up another phrase
        with db.read() as connection:
            known = {one.facility_id.hex: one.name for one in _places(connection, given)}
            found = importing.judge_file(connection, data, given=given)
            told = telling.asked(connection, found.table, found.rows, given.district_id)
        waiting = {(one.rule, one.phrase): one for one in told if one.answer is None}
        asked |= set(waiting)
        said = {key: answer for key, one in waiting.items() if (answer := _clerk(one, truth, known))}
        if not said:
            break
        answered |= set(said)
        with db.write() as connection:
            kind: Any = found.table.layout
            answers.remember(connection, given.district_id, kind, {}, actor="담당-01", said=said)
    return len(asked), len(answered)


def _places(connection: Connection, given: Given) -> list[KnownPlace]:
    known = read_known(connection, "facilities", given.district_id)
    return [one for some in known.by_name.values() for one in some]


def _clerk(asked: Asked, truth: Mapping[str, Any], known: Mapping[str, str]) -> str | None:
    """What a person of the office says of a phrase: as the truth has it, or nothing where it does not tell."""
    choices = [one for one, _ in asked.choices]
    told = truth.get("phrases", {}).get(f"{asked.rule}={asked.phrase}")
    if told is not None:  # a facility is told by its name
        return next((one for one in choices if told in {one, known.get(one)}), None)
    rows = [truth["rows"].get(str(line)) for line in asked.lines]
    if all(row is None for row in rows):
        return "left_out" if "left_out" in choices else None
    kept = [row for row in rows if row]
    if any("asked" in row.values() for row in kept):  # no answer about a phrase makes these sure
        return None
    if asked.rule == "sex" and values.is_both(asked.phrase) and "both" in choices:
        return "both"
    if asked.rule == "time":
        return "time_none"
    names = {row.get("name") for row in kept}
    if not asked.phrase:
        above = [truth["rows"].get(str(line - 1)) or {} for line in asked.lines]
        return "as_above" if all(rows) and [one.get("name") for one in above] == [one["name"] for one in kept] else None
    if asked.rule in {"name", "spacing"}:
        return _place_said(asked, choices, names, known) if len(names) == 1 and None not in names else None
    said = {row.get(asked.rule) for row in kept if asked.rule in row}
    if len(said) != 1:
        return None
    (value,) = said
    answer = f"floor_{value}".replace("-", "b") if asked.rule == "floor" and value is not None else value
    return answer if answer in choices else None


def _place_said(asked: Asked, choices: Sequence[str], names: Collection[str], known: Mapping[str, str]) -> str | None:
    (name,) = names
    if asked.rule == "spacing":
        return "joined" if values.unspaced(asked.phrase) == name else "as_is"
    here = next((one for one in choices if known.get(one) == name), None)
    return here or ("new" if "new" in choices and name == asked.phrase else None)


def _district(db: Database, name: str | None) -> str | None:
    if name is None:
        return None
    with db.write() as connection:
        add_district(connection, "judged", LocalText(ko=name, en=name), actor="담당-01")
    return "judged"


def _values(told: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a row says, flat: of a facility its counts, of a room its parts."""
    rooms = told.get("rooms", [])
    yield from ((key, value) for key, value in told.items() if key != "rooms")
    if "check" in told:
        check = told["check"] or {}
        yield from ((key, check.get(name)) for key, name in (("checked", "day"), ("good_until", "good_until")))
    if any(room["is_counted"] for room in rooms):  # what a file counts none of is no room
        nought = ("men_stalls", "men_urinals", "women_stalls")
        yield from ((name, 0) for name in nought)
    for room in rooms:
        if room["is_counted"]:
            yield f"{room['sex']}_stalls", room["stalls"]
            yield f"{room['sex']}_urinals", room["urinals"]
    if len(rooms) == 1:
        (room,) = rooms
        yield from (("sex", room["sex"]), ("floor", room["floor"]), ("room", room["name"]))
        if room["is_counted"]:
            yield from (("stalls", room["stalls"]), ("urinals", room["urinals"]))


def main() -> int:
    """Judge the lists of a folder; 1 where anything is wrong."""
    verdicts = judge_folder(Path(sys.argv[1]), fresh_database)
    for verdict in verdicts:
        print(verdict)
        for one in verdict.wrong:
            print(f"    {one}")
    return 1 if any(verdict.wrong for verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())

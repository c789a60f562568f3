"""A list with what persons said of its phrases, and the phrases that are still to be asked, each once.

Input are rows by field and the district's answers (reading/answers.py); output are rows in which an answered phrase
stands as a word that the readers know, and a question for each phrase whose rows wait for nothing else to be told.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from server.imports.reading import phrases, values
from server.imports.reading.columns import Own
from server.imports.reading.fields import KINDS, LEFT_OUT, Kind
from server.imports.reading.phrases import ABOVE, NAME, SPACING, PhraseRule, mark_of, words_of_answer
from server.imports.reading.table import Table
from server.imports.rows.known import KnownPlace, read_known
from server.imports.rows.rows import Judged
from sweep.report import LocalText

MOST_PLACES = 10
ALIKE = 0.5  # guessed: names that a person may mean by one another
ANSWERED = "told_by_answer"


@dataclass(frozen=True, slots=True)
class Asked:
    """A phrase about which a person is asked, or was."""

    rule: str
    phrase: str
    lines: tuple[int, ...]
    answer: str | None
    choices: tuple[tuple[str, LocalText], ...]


@dataclass(slots=True)
class _Places:
    """Facilities that are known, read when somebody needs them."""

    connection: Connection
    kind: Kind
    district_id: str | None
    read: list[KnownPlace] | None = None

    def all(self) -> list[KnownPlace]:
        """Each of them."""
        if self.read is None:
            known = read_known(self.connection, self.kind, self.district_id)
            self.read = [one for some in known.by_name.values() for one in some]
        return self.read

    def of(self, answer: str) -> KnownPlace | None:
        """The one that an answer names."""
        return next((one for one in self.all() if one.facility_id.hex == answer), None)

    def like(self, name: str) -> list[KnownPlace]:
        """Those that a name may mean, the likeliest first."""
        plain = values.bare_name(name)
        told = [(_likeness(plain, values.bare_name(one.name)), one) for one in self.all()]
        likely = sorted((one for one in told if one[0] >= ALIKE), key=lambda one: (-one[0], one[1].name))
        return [one for _, one in likely[:MOST_PLACES]]


def _likeness(one: str, other: str) -> float:
    if one and other and (one in other or other in one):
        return 1.0
    return difflib.SequenceMatcher(None, one, other).ratio()


def told(
    connection: Connection, table: Table, answers: Mapping[tuple[Kind, str], str], district_id: str | None
) -> Table:
    """The table with its names, as answers of this district make them, before any row is judged."""
    kind = kind_of_table(table)
    if kind is None:
        return table
    said = _said(kind, answers)
    places = _Places(connection, kind, district_id)
    return replace(table, own=tuple(_without_spacing(_filled(table.own, kind, said), places, said)))


def answered(
    connection: Connection,
    table: Table,
    rows: Sequence[Judged],
    answers: Mapping[tuple[Kind, str], str],
    district_id: str | None,
) -> Table | None:
    """The table after answers about what its rows were judged to leave in doubt; None where no answer is about that.

    One answer may bring up another doubt: the table is judged again, until there is none to answer.
    """
    kind = kind_of_table(table)
    if kind is None or not (said := _said(kind, answers)):
        return None
    places = _Places(connection, kind, district_id)
    judged = {one.line: one for one in rows}
    own = tuple(_answered(one, judged[one.line], kind, said, places) for one in table.own)
    return None if own == table.own else replace(table, own=own)


def _said(kind: Kind, answers: Mapping[tuple[Kind, str], str]) -> dict[str, str]:
    return {mark: answer for (of, mark), answer in answers.items() if of == kind and phrases.rule_in(mark)}


def kind_of_table(table: Table) -> Kind | None:
    """What an office's own list is about; None for a published layout, and where there is no row."""
    kind = next((one for one in KINDS if one == table.layout), None)
    return kind if table.own else None


def _filled(rows: Iterable[Own], kind: Kind, said: Mapping[str, str]) -> Iterator[Own]:
    """A row without a name below one that has one: of the same facility, where somebody said so."""
    is_said = said.get(mark_of(ABOVE, "")) == phrases.AS_ABOVE
    above: Own | None = None
    for own in rows:
        is_blank = above is not None and may_be_as_above(kind, own, above)
        named = _as_above(own, above) if is_blank and above is not None else own
        yield named if is_said or not is_blank else replace(own, above=True)
        above = None if own.problem else named


def _as_above(own: Own, above: Own) -> Own:
    of_place = (NAME, "road", "lot", "address", "district")
    empty = {name: above.said[name] for name in of_place if name in above.said and not own.said.get(name)}
    return _noted(replace(own, said=own.said | empty, told={ABOVE: ("", phrases.AS_ABOVE)}, above=True))


def may_be_as_above(kind: Kind, own: Own, above: Own) -> bool:
    """Is it a row without a name right below one of the same list that has one?"""
    is_below = own.line == above.line + 1 and not own.problem and kind in {"rooms", "inspections"}
    return is_below and not own.said.get(NAME) and bool(above.said.get(NAME))


def _without_spacing(rows: Iterable[Own], places: _Places, said: Mapping[str, str]) -> Iterator[Own]:
    """Names whose letters stand apart: as they are written otherwise, here or in the list; else as somebody said."""
    every = list(rows)
    spaced = {own.line: name for own in every if (name := values.unspaced(own.said.get(NAME, "")))}
    written: dict[str, str] = {}
    if spaced:
        written = {values.squashed(one.name): one.name for one in places.all()}
        told = [one for own in every if own.line not in spaced and (one := own.said.get(NAME, ""))]
        written |= {values.squashed(one): one for one in told}
    for own in every:
        if own.line not in spaced:
            yield own
            continue
        name = spaced[own.line]
        other = written.get(values.squashed(name))
        answer = said.get(mark_of(SPACING, name))
        if other is not None:
            yield replace(own, said=own.said | {NAME: other}, notes=tuple(sorted({*own.notes, "name_joined"})))
        elif answer is not None:
            cell = {NAME: name} if answer == phrases.JOINED else {}
            told_of = {SPACING: (own.said[NAME], answer)}
            yield _noted(replace(own, said=own.said | cell, told=dict(own.told) | told_of))
        else:
            yield replace(own, doubts=(*own.doubts, "name_spaced"))


def _answered(own: Own, judged: Judged, kind: Kind, said: Mapping[str, str], places: _Places) -> Own:
    found = own
    for rule in phrases.RULES[kind]:
        cell = own.said.get(rule.column, "")
        is_asked = rule.name not in {SPACING, ABOVE, *own.told} and cell != "" and _in_doubt(rule, own, judged)
        answer = said.get(mark_of(rule.name, cell)) if is_asked else None
        if answer is None:
            continue
        cells: dict[str, str] = {rule.column: rule.words[answer]} if rule.words.get(answer) is not None else {}
        if rule.name == NAME:
            place = places.of(answer)
            if place is None and answer not in {phrases.NEW, LEFT_OUT}:
                continue  # the facility is gone
            cells = {} if place is None else {NAME: place.name} | _address_of(place, found)
        if answer == LEFT_OUT:
            found = replace(found, problem=found.problem or "left_out_by_answer")
        told_of = {rule.name: (cell, answer)}
        found = _noted(replace(found, said=found.said | cells, told=dict(found.told) | told_of))
    return found


def _address_of(place: KnownPlace, own: Own) -> dict[str, str]:
    told = any(own.said.get(name) for name in ("road", "lot", "address"))
    return {} if told else {"address": place.address}


def _noted(own: Own) -> Own:
    return replace(own, notes=tuple(sorted({*own.notes, ANSWERED})))


@dataclass(slots=True)
class _Group:
    phrase: str
    lines: list[int] = field(default_factory=list)
    answer: str | None = None


def asked(connection: Connection, table: Table, rows: Sequence[Judged], district_id: str | None) -> list[Asked]:
    """Each phrase once, in the order of the list's columns and lines: what is asked, and what was answered."""
    kind = kind_of_table(table)
    if kind is None:
        return []
    places = _Places(connection, kind, district_id)
    found = []
    judged = {one.line: one for one in rows}
    for rule in phrases.RULES[kind]:
        groups: dict[str, _Group] = {}
        for own in table.own:
            for phrase, answer in _phrase(rule, own, judged[own.line]):
                group = groups.setdefault(mark_of(rule.name, phrase), _Group(phrase))
                group.lines.append(own.line)
                group.answer = answer
        found += [
            Asked(rule.name, one.phrase, tuple(one.lines), one.answer, tuple(_choices(rule, one, places)))
            for one in groups.values()
        ]
    return found


def _phrase(rule: PhraseRule, own: Own, judged: Judged) -> Iterator[tuple[str, str | None]]:
    if rule.name in own.told:
        yield own.told[rule.name]
        return
    cell = own.said.get(rule.column, "")
    if not _in_doubt(rule, own, judged):
        return
    is_asked = own.above if rule.name == ABOVE else cell != ""
    if is_asked and phrases.may_be_asked(rule.name, cell):
        yield cell, None


def _in_doubt(rule: PhraseRule, own: Own, judged: Judged) -> bool:
    """Does a row wait for what this rule asks?"""
    is_open = not own.problem and judged.decision.outcome == "question"
    return is_open and not rule.doubts.isdisjoint(judged.decision.reasons)


def _choices(rule: PhraseRule, group: _Group, places: _Places) -> Iterator[tuple[str, LocalText]]:
    for answer in rule.words:
        yield answer, words_of_answer(answer)
    if rule.name == NAME:
        for place in places.like(group.phrase):
            yield place.facility_id.hex, LocalText(ko=place.name, en=place.name)
    if rule.may_leave_out:
        yield LEFT_OUT, words_of_answer(LEFT_OUT)

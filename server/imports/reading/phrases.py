"""Phrases of lists that a person is asked about once, however many rows have them: which, and what may be answered.

Pure.  A rule names a column, the doubts about a row that are its phrase's, and the answers; most answers stand for a
word that the readers know (`숙녀용` -> `여`), so that a row with the phrase is read as one with that word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args
from uuid import UUID

from server.imports.reading import values
from server.imports.reading.cuts import masked
from server.imports.reading.fields import KINDS, LEFT_OUT, Kind
from server.interface.errors import invalid
from server.interface.fields import Role
from server.interface.words import INSTRUMENTS, ROLES
from sweep.phrases import Phrase
from sweep.report import LocalText, local_text

PastResult = Literal["nothing_unusual", "recheck", "suspected", "found"]
"""What a list of past inspections may say."""
LONGEST_PHRASE = 60  # guessed: what is longer tells of one row
FLOORS = range(-5, 31)
NEW, AS_ABOVE, JOINED, AS_IS, BOTH = "new", "as_above", "joined", "as_is", "both"
NAME, SPACING, ABOVE = "name", "spacing", "above"
"""Of the column of names: which facility it is, whether its letters belong together, and what an empty cell says."""
_NO_NAME = re.compile(r"[조반팀과계원소]장|주임|서기|주사|반원|장애인|남녀|남여|전파|전자파|주간|오전|오후")
"""Words that begin like a surname, and are nobody's name."""
_CHOICES: Final[Mapping[str, Phrase]] = {
    NEW: Phrase("import_choice_new"),
    AS_ABOVE: Phrase("import_choice_as_above"),
    JOINED: Phrase("import_choice_joined"),
    AS_IS: Phrase("import_choice_as_is"),
    BOTH: Phrase("import_choice_both"),
    LEFT_OUT: Phrase("import_choice_left_out"),
    "men": Phrase("import_choice_men"),
    "women": Phrase("import_choice_women"),
    "all": Phrase("import_choice_all"),
    "floor_none": Phrase("import_choice_floor_none"),
    "time_none": Phrase("import_choice_time_none"),
    "instruments": Phrase("import_choice_instruments"),
    "nothing_unusual": Phrase("import_choice_nothing_unusual"),
    "recheck": Phrase("import_choice_recheck"),
    "suspected": Phrase("import_choice_suspected"),
    "found": Phrase("import_choice_found"),
    "passed": Phrase("import_choice_passed"),
    "failed": Phrase("import_choice_failed"),
    "in_office": Phrase("import_choice_in_office"),
}


@dataclass(frozen=True, slots=True)
class PhraseRule:
    """Something that is asked of a phrase."""

    name: str
    """Of the rule, and of the column where nothing else is said."""
    doubts: frozenset[str]
    words: Mapping[str, str] = field(default_factory=dict)
    """By answer, what stands in the cell then."""
    may_leave_out: bool = False
    """May rows with it be no rows of the list at all?"""

    @property
    def column(self) -> str:
        """The field of the column."""
        return NAME if self.name in {SPACING, ABOVE} else self.name

    def takes(self, answer: str) -> bool:
        """May this be answered? Facilities are looked up by whoever keeps the answer."""
        return answer in self.words or (answer == LEFT_OUT and self.may_leave_out)


def _rule(name: str, doubt: str, words: Mapping[str, str], *, may_leave_out: bool = False) -> PhraseRule:
    return PhraseRule(name, frozenset({doubt}), words, may_leave_out)


_SEXES: Final = {"men": "남", "women": "여", "all": "공용"}
_FLOOR = _rule(
    "floor",
    "floor_unclear",
    {"floor_none": ""} | {f"floor_{one}".replace("-", "b"): values.floor_words(one) for one in FLOORS if one},
)
_SPACING = _rule(SPACING, "name_spaced", {JOINED: "", AS_IS: ""})
_ABOVE = _rule(ABOVE, "name_missing", {AS_ABOVE: ""})
RULES: Final[Mapping[Kind, tuple[PhraseRule, ...]]] = {
    "facilities": (_SPACING,),
    "rooms": (
        _SPACING,
        _ABOVE,
        _rule(NAME, "address_missing", {NEW: ""}, may_leave_out=True),
        _rule("sex", "sex_unclear", _SEXES, may_leave_out=True),
        _FLOOR,
    ),
    "inspections": (
        _SPACING,
        _ABOVE,
        PhraseRule(
            NAME, frozenset({"facility_unknown", "facility_may_be", "several_facilities"}), {}, may_leave_out=True
        ),
        _rule("sex", "sex_unclear", _SEXES | {BOTH: "남녀"}),
        _FLOOR,
        _rule("time", "time_unclear", {"time_none": ""}),
        _rule("method", "method_unclear", {"by_eye": "육안", "instruments": "탐지기"}, may_leave_out=True),
        _rule(
            "result",
            "result_unclear",
            dict(zip(get_args(PastResult), ("이상없음", "재점검", "의심", "발견"), strict=True)),
            may_leave_out=True,
        ),
    ),
    "instruments": (
        _rule(
            "kind", "instrument_kind_unclear", {one: words.ko for one, words in INSTRUMENTS.items()}, may_leave_out=True
        ),
        _rule("passed", "check_result_unclear", {"passed": "정상", "failed": "불량"}),
        _rule("holder", "holder_unknown", {"in_office": "사무실"}),
    ),
    "people": (_rule("role", "role_unclear", {one: one for one in get_args(Role)}, may_leave_out=True),),
}


def rule_of(kind: Kind, name: str) -> PhraseRule | None:
    """The rule of this name."""
    return next((one for one in RULES[kind] if one.name == name), None)


def mark_of(name: str, phrase: str) -> str:
    """What an answer about a phrase is remembered by; no heading's mark has such a sign.

    Signs are kept: `○` and `×` say the contrary of each other, and `1~2층` is not `12층`.
    """
    return f"{name}={values.without_spaces(phrase)}"[:200]


def rule_in(mark: str) -> str:
    """The rule's name in a mark; empty for a heading's."""
    return mark.partition("=")[0] if "=" in mark else ""


def may_be_asked(name: str, phrase: str) -> bool:
    """May a phrase be kept and shown, so that it is asked about as one? A name of a person may not."""
    is_place, bare = name in {NAME, SPACING, ABOVE}, _NO_NAME.sub("", phrase)
    return len(phrase) <= LONGEST_PHRASE and (is_place or masked([bare])[0] == bare)


def said_of(kind: Kind, name: str) -> LocalText:
    """Of which column a rule is, in words."""
    rule = rule_of(kind, name)
    found = None if rule is None else KINDS[kind].field(rule.column)
    return local_text(Phrase("import_field_name") if found is None else found.said)


def words_of_answer(answer: str) -> LocalText:
    """An answer in words; of a facility that is chosen its name stands beside."""
    known = next((said for one, said in (*INSTRUMENTS.items(), *ROLES.items()) if one == answer), None)
    if known is not None:
        return known
    if answer.startswith("floor_") and answer != "floor_none":
        number = int(answer.removeprefix("floor_").replace("b", "-"))
        return LocalText(ko=values.floor_words(number), en=values.floor_in_english(number))
    return local_text(_CHOICES[answer])


def facility_in(answer: str) -> UUID | None:
    """The facility that an answer names."""
    return UUID(hex=answer) if re.fullmatch(r"[0-9a-f]{32}", answer) else None


def refuse_phrase(kind: Kind, name: str, phrase: str, answer: str) -> PhraseRule:
    """The rule; ApiError 400 for a phrase that is not asked about, or an answer that none may have but a facility."""
    rule = rule_of(kind, name)
    is_facility = rule is not None and rule.name == NAME and facility_in(answer) is not None
    is_asked = may_be_asked(name, phrase) and (phrase.strip() == "") == (name == ABOVE)
    if rule is None or not is_asked or not (is_facility or rule.takes(answer)):
        raise invalid(Phrase("phrase_answer_unknown"), code="phrase_answer_unknown")
    return rule

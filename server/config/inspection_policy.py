"""How often which rooms are inspected, as data: the legal floor and a city's own policy (inspection_policy.toml).

Input is a TOML file; output are rules, or one line about what is wrong with it.  A file without the law's floor for
restrooms is refused: it cannot be switched off.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from server.interface.fields import INSPECTED_WITH, VisitMode
from server.store.counting import NEEDED_PERSONS
from sweep.phrases import Phrase
from sweep.report import Mode, RoomKind, first_problem

STANDARD = Path(__file__).parent / "inspection_policy.toml"
Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Method = Literal["equipment", "visual"]
Every = Literal["day", "week", "month", "half_year"]


class PolicyError(ValueError):
    """A policy that cannot be used; the message is one line."""


class Rule(BaseModel):
    """One thing that is due again and again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
    ko: Words
    en: Words
    basis: Words
    rooms: Annotated[tuple[RoomKind, ...], Field(min_length=1)]
    method: Method
    every: Every
    facilities: tuple[str, ...] = ()
    """Kinds of facilities; empty: all."""
    only_special: bool = False
    modes: tuple[Mode, ...] = ()
    """Which sweeps count; needed for equipment."""
    persons: Annotated[int, Field(ge=1, le=2)] | None = None
    """How many it needs at least; absent: one to look by eye, two for equipment."""
    is_floor: bool = False
    again_per_day: Annotated[float, Field(ge=0, le=0.5)] = 0.0

    @property
    def counted(self) -> tuple[VisitMode, ...]:
        """Which visits fulfil it: the law's floor and a look by eye any inspection of every zone, and one of an
        office's own list whose original was cited; equipment only where a probe measured or every zone was inspected
        with an instrument whose function was checked.
        """
        if self.method == "visual":
            return (*INSPECTED_WITH, "cited")
        return (*self.modes, *((*INSPECTED_WITH, "cited") if self.is_floor else ("checked",)))

    @property
    def needed_persons(self) -> int:
        """How many have to have been there."""
        return self.persons or (1 if self.method == "visual" else NEEDED_PERSONS)

    def is_for(self, room_kind: str, facility_kind: str, *, is_special: bool) -> bool:
        """Is such a room inspected by this rule?"""
        if room_kind not in self.rooms or (self.only_special and not is_special):
            return False
        return not self.facilities or facility_kind in self.facilities


class Policy(BaseModel):
    """All rules, in the file's order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=50)]


def read_policy(path: Path = STANDARD) -> tuple[Rule, ...]:
    """The rules in a file; raises PolicyError."""
    try:
        rules = Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).rule
    except ValidationError as error:
        raise PolicyError(Phrase("place_and_reason", place=path, why=first_problem(error))) from None
    except (OSError, ValueError) as error:
        raise PolicyError(Phrase("place_and_reason", place=path, why=error)) from None
    if len({rule.name for rule in rules}) != len(rules):
        raise PolicyError(Phrase("policy_rule_twice", file=path))
    if any(rule.method == "equipment" and not rule.modes for rule in rules):
        raise PolicyError(Phrase("policy_equipment_without_modes", file=path))
    floors = [rule for rule in rules if rule.is_floor and rule.method == "equipment" and "restroom" in rule.rooms]
    if not any(not rule.facilities and not rule.only_special for rule in floors):
        raise PolicyError(Phrase("policy_floor_missing", file=path))
    return rules

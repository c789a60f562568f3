"""What two persons who looked have named: for half a year one other person is enough to say that it is as it was.

Input are the persons of steps and a day; output is who named it and until when that holds.  Owners, verdicts of single
persons and repetition name nothing, and saying that nothing changed makes the half year no longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from server.interface.voice import Voice
from sweep.report.case_records import NotCamera
from sweep.report.proof_records import SecondWay

HALF_YEAR: Final = timedelta(days=182)
WEAK: Final[frozenset[SecondWay]] = frozenset({"pin", "badge_pin"})
"""Who has seen a colleague type some digits is two persons: good for a look, not for months without one."""


@dataclass(frozen=True, slots=True)
class Named:
    """What two persons said that something is."""

    day: date
    persons: tuple[Voice, ...] = ()
    """Who named it, then who said since that nothing changed."""
    at_ms: int = 0
    """What sweeps saw after that is compared with it."""

    @property
    def ends(self) -> date:
        """From this day on two persons look again."""
        return self.day + HALF_YEAR

    def may_say(self, person: Voice) -> bool:
        """May this person say that nothing changed? Nobody does who has spoken of it before."""
        return not any(one.is_of(person) for one in self.persons)

    def said_by(self, person: Voice) -> Named:
        """After this person said that nothing changed."""
        return replace(self, persons=(*self.persons, person))


def named_by(
    step: NotCamera, persons: Sequence[Voice], lookers: Sequence[Voice], day: date, at_ms: int
) -> Named | None:
    """What a step names; None unless the two had looked themselves and each proved to be there."""
    is_of_two = len(persons) == 2 and not persons[0].is_of(persons[1])
    have_looked = all(any(one.is_of(looker) for looker in lookers) for one in persons)
    is_proven = step.identified is not None and step.identified.second not in WEAK
    return Named(day, tuple(persons), at_ms) if is_of_two and have_looked and is_proven else None

"""What a verification found: counts, problems with the index, and what the file alone cannot prove."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sweep.phrases import Phrase

MAX_PROBLEMS = 1_000


class PackageError(ValueError):
    """The file is no package at all; the message is one line that says what to do."""


@dataclass(slots=True)
class Findings:
    """The outcome, as a person is told it."""

    origin: str = ""
    scope: str = ""
    root_hash: str = ""
    """Of the tree over all entries, hexadecimal."""
    entries: Counter[str] = field(default_factory=Counter)
    """By status."""
    unread: int = 0
    """Entries of a version or kind that nobody here reads."""
    bodies: Counter[str] = field(default_factory=Counter)
    """By state: present, withheld, erased, missing."""
    problems: list[Phrase] = field(default_factory=list)
    more_problems: int = 0
    """Beyond the first thousand."""
    is_cut: bool = False
    """Was the rest of the file not read, since what was read is enough?"""
    proven: list[Phrase] = field(default_factory=list)
    """What anchors from outside show."""
    unproven: list[Phrase] = field(default_factory=list)
    """What nobody can tell from what was given."""
    notes: list[Phrase] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many entries there are."""
        return sum(self.entries.values())

    @property
    def holds(self) -> bool:
        """Is there no problem?"""
        return not self.problems

    @property
    def count(self) -> int:
        """How many problems there are."""
        return len(self.problems) + self.more_problems

    @property
    def is_full(self) -> bool:
        """Are there more problems than are told? Then it is no use to read on."""
        return self.more_problems > 0

    def complain(self, what: Phrase) -> None:
        """Add a problem."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(what)
        else:
            self.more_problems += 1

    def complain_of(self, log_index: int, why: Phrase) -> None:
        """Add a problem of an entry."""
        self.complain(Phrase("of_log_index", log_index=log_index, why=why))

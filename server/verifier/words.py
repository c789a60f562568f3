"""What a verification found, line by line for a terminal.

Input are findings and a language; output are lines, in English of ASCII: whatever a file put into a problem is shown,
not obeyed.
"""

from __future__ import annotations

from collections.abc import Iterator

from server.verifier.findings import Findings
from sweep.phrases import Language, Phrase, words

MAX_LINE = 400


def lines_of(found: Findings, language: Language = "en") -> Iterator[str]:
    """Counts, what is proven, what is not, what is worth knowing, and each problem."""
    return (_shown(words(line, language), language) for line in _lines(found, language))


def _lines(found: Findings, language: Language) -> Iterator[Phrase]:
    of, bodies = found.entries, found.bodies
    seldom = (
        Phrase("verify_conflict", count=of["conflict"]),
        Phrase("verify_purged", count=of["purged"]),
        Phrase("verify_broken", count=of["broken"]),
        Phrase("verify_unread", count=found.unread),
    )
    rest = "".join(f", {words(one, language)}" for one in seldom if one.values["count"])
    yield Phrase("verify_entries", size=found.size, accepted=of["accepted"], quarantined=of["quarantined"], rest=rest)
    yield Phrase("verify_bodies", **{state: bodies[state] for state in ("present", "withheld", "erased", "missing")})
    yield Phrase("verify_log", origin=found.origin, scope=found.scope, root_hash=found.root_hash)
    yield from (Phrase("verify_proven", what=one) for one in found.proven)
    yield from (Phrase("verify_unproven", what=one) for one in found.unproven)
    yield from (Phrase("verify_note", what=one) for one in found.notes)
    yield from (Phrase("verify_problem", what=one) for one in found.problems)
    if found.more_problems:
        yield Phrase("verify_more_problems", count=found.more_problems)
    if found.is_cut:
        yield Phrase("verify_cut")
    yield Phrase("verify_holds") if found.holds else Phrase("verify_fails", count=found.count)


def _shown(line: str, language: Language) -> str:
    text = "".join(character if character.isprintable() else " " for character in line[: MAX_LINE + 1])
    text = text.encode("ascii" if language == "en" else "utf-8", "backslashreplace").decode()
    return text if len(text) <= MAX_LINE else text[: MAX_LINE - 3] + "..."

"""Forks as a witness keeps them: the head it remembered, the heads of the same log that contradict it, who decided.

Input are signed heads; each fork is one JSON file in the witness's folder.  Nothing is ever removed: a decision of two
persons is written beside the evidence.  For anybody to see, without the names of those persons.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from server.witness.folder import Folder, MemoryLostError
from sweep.phrases import Phrase
from sweep.report.language import spoken

Why = Literal["same_size", "not_grown", "keys", "told"]
"""Another root of the same size; no proof that it grew; entries of the root key that contradict each other; told."""
MOST_FORKS = 200  # guessed: files that strangers can cause, who send public heads with proofs of nonsense
MOST_HEADS = 10  # guessed: a server that is refused asks once a minute
SUFFIX = ".fork.json"
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
    """How two persons went on."""

    head: str
    """The head from which the log goes on."""
    persons: tuple[str, ...]
    reason: str
    at_s: int


@dataclass(frozen=True, slots=True)
class Fork:
    """One head that was remembered and what contradicted it."""

    fork_id: str
    origin: str
    why: Why
    remembered: str
    """Note; of `keys` the entries that were known before."""
    refused: tuple[str, ...]
    """Notes, the first few; of `keys` the entries that contradict them."""
    seen_s: int
    decision: Decision | None = None

    def shown(self) -> dict[str, Any]:
        """What anybody may see."""
        said = asdict(self)
        if self.decision is not None:
            said["decision"].pop("persons")
        if self.why == "keys":  # names of probes and persons stand in them
            said |= {"remembered": "", "refused": []}
        return said


class Forks:
    """All forks in a folder; call what writes inside `Folder.alone`."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def all(self, origin: str = "") -> list[Fork]:
        """Every fork of a log, or of all, oldest first.  MemoryLostError when a file cannot be read."""
        found = [self._read(name) for name in self._folder.names(SUFFIX)]
        return sorted(
            (fork for fork in found if origin in ("", fork.origin)), key=lambda fork: (fork.seen_s, fork.fork_id)
        )

    def undecided(self, origin: str) -> list[Fork]:
        """Those that two persons have to look at."""
        return [fork for fork in self.all(origin) if fork.decision is None]

    def keep(self, origin: str, why: Why, remembered: str, refused: str, now_s: int) -> None:
        """Keep both sides and say so in the log; what is kept already changes nothing."""
        same = [fork for fork in self.all(origin) if fork.remembered == remembered]
        known = next((fork for fork in same if fork.decision is None), None)
        if known is not None:
            if refused in known.refused or len(known.refused) >= MOST_HEADS:
                return
            fork = replace(known, refused=(*known.refused, refused))
        elif len(self._folder.names(SUFFIX)) >= MOST_FORKS:
            logger.error("%s", spoken(Phrase("fork_not_kept", origin=origin, most=MOST_FORKS)))
            return
        else:
            fork = Fork(_new_id(remembered, len(same)), origin, why, remembered, (refused,), now_s)
        self.write(fork)
        logger.error("%s", spoken(Phrase("fork_kept", fork=fork.fork_id, origin=origin, why=why)))

    def decide(self, fork: Fork, decision: Decision) -> Fork:
        """Write down how two persons went on, for this fork and for what was told of it since."""
        decided = replace(fork, decision=decision)
        self.write(decided)
        logger.warning("%s", spoken(Phrase("fork_is_decided", fork=fork.fork_id, origin=fork.origin)))
        return decided

    def write(self, fork: Fork) -> None:
        """Put a fork on disk."""
        said = json.dumps(asdict(fork), ensure_ascii=False, indent=1)
        self._folder.write(f"{fork.fork_id}{SUFFIX}", said)

    def made(self, origin: str, remembered: str, refused: str, now_s: int) -> Fork:
        """A fork that the witness could not see by itself and two persons tell it."""
        number = sum(fork.remembered == remembered for fork in self.all(origin))
        return Fork(_new_id(remembered, number), origin, "told", remembered, (refused,), now_s)

    def _read(self, name: str) -> Fork:
        try:
            said = json.loads(self._folder.read(name) or "")
            decision = said.pop("decision")
            return Fork(
                **said | {"refused": tuple(said["refused"])},
                decision=None if decision is None else Decision(**decision | {"persons": tuple(decision["persons"])}),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise MemoryLostError(Phrase("witness_memory_damaged", file=self._folder.path / name)) from None


def _new_id(remembered: str, number: int) -> str:
    return hashlib.sha256(f"{number}\n{remembered}".encode()).hexdigest()[:16]

"""Whose hand signs for a log: of all keys that were admitted as `server` or `demo`, those that are the log's own.

Input are admissions in the order of the log; output is the role in which each counts.  The first key of such a role is
the log's own, and so is whatever replaced it; a Pi's log has one more for what it says of itself, and follows its
city's.  Every other one is another server's: it counts as a relay, whatever its admission says.  Older logs admitted
the servers of Pis as `server`, and no operator can admit a second pen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from server.verifier.signing_rules import KeyRole

LOG_KEY_NAME = "server, its own log"
"""Name of the key with which a Pi's server signs what it says of its own log."""
ITSELF = "system"
"""Subject of an admission that a server made of its own keys."""
CITY = "city"
"""Subject of an admission in which a Pi's server follows its city."""
RELAY_OF: dict[KeyRole, KeyRole] = {"server": "relay", "demo": "demo-relay"}
Whose = Literal["own", "own log", "city"]


class Admitted(NamedTuple):
    """What an admission says of a key, as far as it matters here."""

    key_id: str
    role: KeyRole
    probe_id: str | None
    predecessor: str | None
    name: str
    subject: str


@dataclass(slots=True)
class LogSigners:
    """The keys that sign for a log, as far as its admissions were read."""

    lines: dict[tuple[KeyRole, Whose], set[str]] = field(default_factory=dict)

    def take(self, said: Admitted) -> KeyRole:
        """The role in which this key counts."""
        if said.role not in RELAY_OF or said.probe_id is not None:
            return said.role
        line = self.lines.setdefault((said.role, _whose(said)), set())
        if line and said.key_id not in line and said.predecessor not in line:
            return RELAY_OF[said.role]
        line.add(said.key_id)
        return said.role


def _whose(said: Admitted) -> Whose:
    if said.subject == CITY:
        return "city"
    return "own log" if (said.subject, said.name) == (ITSELF, LOG_KEY_NAME) else "own"

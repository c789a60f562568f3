"""Processor time of server processes and of the database beside them, as the kernel counts it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Spent:
    """Milliseconds since the processes began."""

    servers_ms: float
    engine_ms: float

    def since(self, before: Spent, count: int) -> Spent:
        """What came since, for each of `count` things."""
        servers_ms, engine_ms = self.servers_ms - before.servers_ms, self.engine_ms - before.engine_ms
        return Spent(servers_ms / count, engine_ms / count)

    @property
    def both_ms(self) -> float:
        """Servers and engine together."""
        return self.servers_ms + self.engine_ms

    def __str__(self) -> str:
        return f"{self.servers_ms:.1f} + {self.engine_ms:.1f} ms"


def spent(servers: Sequence[int], database_url: str) -> Spent:
    """What these server processes and the PostgreSQL with its children have used."""
    folder = Path(str(make_url(database_url).query["host"]))
    first = next(iter(folder.glob(".s.PGSQL.*.lock"))).read_text(encoding="ascii").split()[0]
    children = Path(f"/proc/{first}/task/{first}/children").read_text(encoding="ascii").split()
    engine = _ticks(first, with_ended=True) + sum(map(_ticks, children))
    return Spent(sum(_ticks(str(pid)) for pid in servers) * TICK_MS, engine * TICK_MS)


def _ticks(pid: str, *, with_ended: bool = False) -> int:
    """User and system time; `with_ended`: that of children that have ended too."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except FileNotFoundError:  # a child that ended just now: its parent counts it
        return 0
    return sum(map(int, fields[11 : 15 if with_ended else 13]))

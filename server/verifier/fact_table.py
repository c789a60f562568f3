"""What is to be judged of every entry of a log, in a private file of SQLite that goes when the verification ends.

Input are facts in the order of the log; output are answers about them all: which count, which are told twice, which
follow what.  Memory holds some megabytes of it, however long the log is; the rest lies where SQLite puts temporary
files (`SQLITE_TMPDIR`, `TMPDIR`, /var/tmp), about half a kilobyte an entry.  It needs only the standard library.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from server.verifier.facts import NOT_OF_ROOT, NOT_SIGNED, NOT_VALID, UNKNOWN_KEY, Fact, broken_alone, may_not_sign
from server.verifier.placements import Placements
from server.verifier.signing_rules import Bearer, Claim, Statement, broken_rules_in_sweep
from sweep.entry.kinds import BODY_ERASED
from sweep.phrases import Phrase

CACHE_KIB = 32_768  # guessed: a tenth of what verifying may take
AT_ONCE = 500  # guessed: rows in one statement
OBJECTIONS = {phrase.code: phrase for phrase in (UNKNOWN_KEY, NOT_SIGNED, NOT_VALID, NOT_OF_ROOT)}
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
CREATE TABLE facts (
    log_index INTEGER PRIMARY KEY, status TEXT, entry_hash BLOB, mark BLOB, key_id TEXT, seq INTEGER, prev BLOB,
    kind TEXT, source TEXT, tenant TEXT, assurance TEXT, subject TEXT, room_id TEXT, sweep_id TEXT,
    is_borne INTEGER, is_signed INTEGER, objection TEXT
);
CREATE TABLE broken (log_index INTEGER PRIMARY KEY, rule TEXT);
CREATE VIEW judged AS
    SELECT facts.*, rule, objection IS NULL AND rule IS NULL AS counts FROM facts LEFT JOIN broken USING (log_index);
BEGIN;
"""
_OF_CLAIM = ("kind", "source", "tenant", "assurance", "subject", "room_id", "sweep_id")
_INSERT = f"INSERT INTO facts VALUES ({', '.join('?' * 17)})"  # noqa: S608  question marks alone
_BROKEN = "INSERT INTO broken VALUES (?, ?)"
_OF_KEY = "CREATE INDEX of_key ON facts (key_id, seq, is_signed, entry_hash)"
_CLAIM = "SELECT log_index, key_id, kind, source, tenant, assurance, subject, room_id, sweep_id FROM facts"
_ALONE = f"{_CLAIM} WHERE is_borne AND objection IS NULL AND (sweep_id IS NULL OR status = 'conflict')"
_TOGETHER = (
    f"{_CLAIM} WHERE is_borne AND objection IS NULL AND sweep_id IS NOT NULL AND status <> 'conflict'"
    " ORDER BY sweep_id, log_index"
)
_WHY = "SELECT status, key_id, kind, objection, rule FROM judged WHERE log_index = ?"
_WRONG = """
SELECT log_index, 0, NULL FROM judged WHERE counts = (status = 'quarantined')
UNION ALL
SELECT log_index, 1, first FROM (
    SELECT log_index, MIN(log_index) OVER (PARTITION BY mark) AS first FROM judged WHERE counts AND status = 'accepted'
) WHERE first < log_index
UNION ALL
SELECT log_index, 2, first FROM (
    SELECT log_index, MIN(log_index) OVER (PARTITION BY key_id, seq) AS first
    FROM judged WHERE counts AND status = 'accepted' AND seq
) WHERE first < log_index
ORDER BY 1, 2
"""
_CONTESTED = """
CREATE TABLE contested AS
    SELECT log_index, mark, key_id, seq FROM judged WHERE counts AND status = 'conflict';
CREATE INDEX contested_mark ON contested (mark);
CREATE INDEX contested_place ON contested (key_id, seq);
"""
_RIVALS = """
WITH rivals AS (
    SELECT contested.log_index AS log_index, one.log_index AS other FROM judged AS one
    CROSS JOIN contested ON contested.mark = one.mark WHERE one.counts AND one.status = 'accepted'
    UNION ALL
    SELECT contested.log_index, one.log_index FROM judged AS one
    CROSS JOIN contested ON contested.key_id = one.key_id AND contested.seq = one.seq
    WHERE one.counts AND one.status = 'accepted' AND one.seq
), first AS (SELECT log_index, MIN(other) AS other FROM rivals GROUP BY log_index)
SELECT contested.log_index, first.other FROM contested LEFT JOIN first USING (log_index) ORDER BY contested.log_index
"""
_ELSEWHERE = """
CREATE TABLE elsewhere AS SELECT key_id FROM facts WHERE is_signed AND kind IS NOT NULL
    GROUP BY key_id HAVING MIN(kind) = ? AND MAX(kind) = ?
"""
_LOOSE = """
SELECT log_index, key_id, seq, prev FROM judged AS one
WHERE counts AND seq AND key_id NOT IN (SELECT key_id FROM elsewhere) AND CASE seq WHEN 1 THEN prev IS NOT NULL
    ELSE prev IS NULL OR NOT EXISTS (
        SELECT 1 FROM facts AS before WHERE before.key_id = one.key_id AND before.seq = one.seq - 1
            AND before.is_signed AND before.entry_hash = one.prev
    ) END
ORDER BY log_index
"""


class Wrong(NamedTuple):
    """An entry that stands otherwise than the log says, or repeats another."""

    log_index: int
    other: int | None
    """The first entry that it repeats; None: its status is wrong."""


class Loose(NamedTuple):
    """An entry that counts and does not follow one that its key signed."""

    log_index: int
    key_id: str
    seq: int
    prev: bytes | None


class FactTable:
    """The facts of one verification."""

    def __init__(self, connection: sqlite3.Connection, bearer_of: Callable[[str], Bearer]) -> None:
        """`bearer_of`: a key that the log admits, as the rules see it."""
        self._connection = connection
        self._bearer_of = bearer_of
        self._bearers: dict[str, Bearer] = {}
        self._waiting: list[tuple[Any, ...]] = []

    def add(self, fact: Fact) -> None:
        """The next entry, nothing of it judged by the rules yet."""
        claim = fact.claim
        said = [None if claim is None else getattr(claim, name) for name in _OF_CLAIM]
        objection = None if fact.objection is None else fact.objection.code
        row = (fact.log_index, fact.status, fact.entry_hash, fact.mark, fact.key_id, fact.seq, fact.prev)
        self._waiting.append((*row, *said, fact.bearer is not None, fact.is_signed, objection))
        if len(self._waiting) >= AT_ONCE:
            self._flush()

    def judge_rules(self, places: Placements) -> None:
        """Hold every entry of which nothing else is against the table of what a key may sign; after all were added."""
        self._flush()
        self._connection.execute(_OF_KEY)
        for statement in map(self._statement, self._connection.execute(_ALONE)):
            rule = broken_alone(statement.log_index, statement.claim, statement.bearer, places)
            if rule is not None:
                self._connection.execute(_BROKEN, (statement.log_index, rule))
        for _, rows in groupby(self._connection.execute(_TOGETHER), key=itemgetter(8)):
            found = broken_rules_in_sweep(map(self._statement, rows), places.district_at)
            broken = [(log_index, rule) for log_index, rule in found.items() if rule is not None]
            self._connection.executemany(_BROKEN, broken)

    def counts(self, log_index: int) -> bool:
        """Does this entry count?"""
        return bool(self._value("SELECT counts FROM judged WHERE log_index = ?", log_index))

    def why_not(self, log_index: int) -> Phrase | None:
        """Why this entry does not count; None when it does."""
        _, key_id, kind, objection, rule = self._connection.execute(_WHY, (log_index,)).fetchone()
        if objection is not None:
            return OBJECTIONS[objection]
        return None if rule is None else may_not_sign(self._bearer(key_id), kind, rule)

    def status(self, log_index: int) -> str:
        """How the file says that this entry stands."""
        return str(self._value("SELECT status FROM facts WHERE log_index = ?", log_index))

    def kind(self, log_index: int) -> str | None:
        """Its kind; None for a version that nobody here reads."""
        kind: str | None = self._value("SELECT kind FROM facts WHERE log_index = ?", log_index)
        return kind

    def key_id(self, log_index: int) -> str:
        """The key that its envelope names; empty for such a version."""
        return str(self._value("SELECT key_id FROM facts WHERE log_index = ?", log_index))

    def find(self, entry_hash: bytes) -> int | None:
        """The index of the first entry with this hash."""
        found: int | None = self._value("SELECT MIN(log_index) FROM facts WHERE entry_hash = ?", entry_hash)
        return found

    def wrong(self) -> Iterator[Wrong]:
        """What stands otherwise than it must, and what is there twice, in the order of the log."""
        for log_index, _, other in self._connection.execute(_WRONG):
            yield Wrong(log_index, other)

    def contested(self) -> Iterator[tuple[int, int | None]]:
        """What counts and stands in conflict, each with the first accepted entry that it is in conflict with."""
        self._connection.executescript(_CONTESTED)
        yield from self._connection.execute(_RIVALS)

    def loose(self) -> Iterator[Loose]:
        """What does not follow an entry of its key; of a key that only erases the rest is in another log."""
        self._connection.execute(_ELSEWHERE, (BODY_ERASED, BODY_ERASED))
        yield from map(Loose._make, self._connection.execute(_LOOSE))

    def last_before(self, key_id: str, seq: int) -> int | None:
        """The highest number below this one that the key signed."""
        below = "SELECT MAX(seq) FROM facts WHERE key_id = ? AND seq BETWEEN 1 AND ? AND is_signed"
        found: int | None = self._value(below, key_id, seq - 1)
        return found

    def _flush(self) -> None:
        self._connection.executemany(_INSERT, self._waiting)
        self._waiting.clear()

    def _value(self, statement: str, *values: object) -> Any:
        row = self._connection.execute(statement, values).fetchone()
        return None if row is None else row[0]

    def _bearer(self, key_id: str) -> Bearer:
        found = self._bearers.get(key_id)
        if found is None:
            found = self._bearers[key_id] = self._bearer_of(key_id)
        return found

    def _statement(self, row: tuple[Any, ...]) -> Statement:
        return Statement(row[0], Claim(*row[2:]), self._bearer(row[1]))


@contextmanager
def fact_table(bearer_of: Callable[[str], Bearer]) -> Iterator[FactTable]:
    """A table that is gone when the block ends; OSError when there is no room for it."""
    connection = sqlite3.connect("", isolation_level=None)
    try:
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.executescript(_TABLES)
        yield FactTable(connection, bearer_of)
    except sqlite3.Error as error:
        raise OSError(errno.ENOSPC, str(error), "SQLITE_TMPDIR") from error
    finally:
        connection.close()

"""Reads on a replica: never less than was seen, and never of one that lags, is away or was promoted.

The replica is a real one: PostgreSQL's streaming replication, of a base backup, over sockets of temporary folders.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text

from server.config.settings import Settings, SettingsError, load_settings
from server.store import replica
from server.store.db import Database
from server.store.faults import AwayError, BusyError
from server.store.replica import ANSWER_WAIT_S, Replica, primary_of
from sweep.report import new_id
from tests.server.conftest import PrivatePostgres, Site, new_postgres, running
from tests.server.sweep_kit import Probe
from tests.waiting import Queued, wait_until

pytestmark = pytest.mark.postgres
SEEN = "X-Ansim-Seen"


@dataclass
class Pair:
    """A primary and its replica."""

    primary: PrivatePostgres
    replica: PrivatePostgres
    folder: Path

    def on_replica(self, statement: str) -> object:
        """Say something to the replica."""
        return _said(self.replica.url.format(""), statement)

    @contextlib.contextmanager
    def database(self) -> Iterator[Database]:
        """Both as one, looked at once."""
        urls = self.primary.url.format(""), self.replica.url.format("")
        with contextlib.closing(Database(urls[0], replica_url=urls[1])) as db:
            db.migrate()
            db.look_at_replica()
            yield db

    def settings(self, folder: Path) -> Settings:
        return Settings(
            data_dir=self.folder / "data",
            database_url=self.primary.url.format(""),
            database_replica_url=self.replica.url.format(""),
            port=0,
            min_free_mib=0,
            web_dir=folder / "dist",
        )


def _said(url: str, statement: str) -> object:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        done = connection.execute(text(statement))
        return done.scalar() if done.returns_rows else None


@pytest.fixture(scope="session")
def kept_pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with new_postgres() as primary, new_postgres(primary=primary) as replica:
        yield Pair(primary, replica, tmp_path_factory.mktemp("pair"))


@pytest.fixture
def pair(kept_pair: Pair) -> Iterator[Pair]:
    """The pair that tests share, with a replica that follows."""
    yield kept_pair
    kept_pair.on_replica("SELECT pg_wal_replay_resume()")


@contextlib.contextmanager
def _paused(pair: Pair) -> Iterator[None]:
    """While nothing of what the replica is sent is shown by it."""
    pair.on_replica("SELECT pg_wal_replay_pause()")
    wait_until(lambda: pair.on_replica("SELECT pg_get_wal_replay_pause_state()") == "paused", "a pause")
    try:
        yield
    finally:
        pair.on_replica("SELECT pg_wal_replay_resume()")


def _note(db: Database, word: str) -> int:
    """Write something that the log does not know, and how far the primary is then."""
    with db.write() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS noted (word text)"))
        connection.execute(text("INSERT INTO noted VALUES (:word)"), {"word": word})
    with db.read_seen(None) as read:
        assert read.position is not None
        return read.position


def _is_replica(db: Database, seen: int | None) -> bool:
    with db.read_seen(seen) as read:
        found = read.connection.execute(text("SELECT pg_is_in_recovery()")).scalar_one()
        assert isinstance(found, bool)
        return found


def _shows(db: Database, seen: int | None, word: str) -> bool:
    with db.read_seen(seen) as read:
        return read.connection.scalar(text("SELECT 1 FROM noted WHERE word = :word"), {"word": word}) is not None


def test_a_read_never_shows_less_than_was_seen(pair: Pair) -> None:
    with pair.database() as db:
        first = _note(db, "first")
        wait_until(lambda: _is_replica(db, first), "a replica that has come as far")
        with _paused(pair):
            assert _is_replica(db, first), "what it shows is what was seen"
            second = _note(db, "second")
            assert not _is_replica(db, second), "it lacks what was seen"
            assert _shows(db, second, "second")
            assert not _is_replica(db, None), "who says nothing reads all that there is"
            assert _is_replica(db, first)
            assert not _shows(db, first, "second"), "nor had to"
        wait_until(lambda: _is_replica(db, second), "a replica that goes on")
        assert _shows(db, second, "second")


def test_a_snapshot_of_the_replica_says_how_far_it_shows(pair: Pair) -> None:
    """What it showed is seen, also after a replica that was ended begins again further back."""
    with pair.database() as db:
        first = _note(db, "a")
        wait_until(lambda: _is_replica(db, first), "a replica that has come as far")
        later = _note(db, "b")
        wait_until(lambda: _is_replica(db, later), "a replica that goes on")
        with db.read_seen(first) as read:
            assert read.position is not None
            assert read.position >= later


def test_a_replica_that_lags_is_left_alone_and_its_lag_is_told(pair: Pair) -> None:
    clock = [1_000.0]
    with pair.database() as db:
        follower = Replica(pair.replica.url.format(""), {}, lambda: clock[0])
        with contextlib.closing(follower), _paused(pair):
            seen = _note(db, "before")
            with db.read() as connection:
                primary = primary_of(connection)
            pair.on_replica("SELECT pg_wal_replay_resume()")
            wait_until(lambda: follower.look(primary).octets == 0, "a replica that has come as far")
            assert follower.behind == ("follows", 0.0, 0)
            pair.on_replica("SELECT pg_wal_replay_pause()")
            wait_until(lambda: pair.on_replica("SELECT pg_get_wal_replay_pause_state()") == "paused", "a pause")
            _note(db, "later")
            with db.read() as connection:
                primary = primary_of(connection)
            clock[0] += 4.0
            assert follower.look(primary)[:2] == ("follows", 4.0), "so long ago it had all there was"
            with follower.read(seen) as read:
                assert read is not None
            clock[0] += 7.0
            state, seconds, octets = follower.look(primary)
            assert (state, seconds) == ("behind", 11.0)
            assert octets is not None
            assert octets > 0
            with follower.read(seen) as read:
                assert read is None, "what others did is missing in it for too long"


def test_a_primary_that_became_a_standby_is_read_and_nothing_else(pair: Pair) -> None:
    urls = pair.replica.url.format(""), pair.primary.url.format("")
    with contextlib.closing(Database(urls[0], replica_url=urls[1])) as db:
        with db.read_seen(0) as read:
            assert read.position is None
            assert read.connection.scalar(text("SELECT pg_is_in_recovery()"))
        with pytest.raises(AwayError):
            db.look_at_replica()


def test_a_replica_that_ends_and_comes_back(pair: Pair) -> None:
    with pair.database() as db:
        seen = _note(db, "end")
        wait_until(lambda: _is_replica(db, seen), "a replica that has come as far")
        pair.replica.kill()
        assert not _is_replica(db, seen), "nobody notices that it is gone"
        assert db.replica is not None
        assert db.replica.behind.state == "away"
        db.look_at_replica()
        assert db.replica.behind.state == "away"
        pair.replica.start()
        db.look_at_replica()
        wait_until(lambda: _is_replica(db, seen), "a replica that has come as far")


def test_a_read_that_the_replica_breaks_off_may_be_asked_again(pair: Pair) -> None:
    with pair.database() as db:
        seen = _note(db, "broken")
        wait_until(lambda: _is_replica(db, seen), "a replica that has come as far")
        others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        with pytest.raises(AwayError), db.read_seen(seen) as read:  # noqa: PT012  a read in which that happens
            assert read.connection.scalar(text("SELECT pg_is_in_recovery()"))
            pair.on_replica(f"SELECT count(pg_terminate_backend(pid)) {others}")
            read.connection.scalar(text("SELECT 1"))
        assert not _is_replica(db, seen)
        db.look_at_replica()
        assert _is_replica(db, seen)
        with pytest.raises(BusyError), db.read_seen(seen) as read:  # as when it removes what a read still needs
            read.connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$"))


def test_a_replica_of_another_database_and_one_that_was_promoted_are_left_alone(pair: Pair) -> None:
    with new_postgres(primary=pair.primary) as promoted:
        urls = pair.primary.url.format(""), promoted.url.format("")
        with contextlib.closing(Database(urls[0], replica_url=urls[1])) as db:
            db.migrate()
            db.look_at_replica()
            seen = _note(db, "promoted")
            wait_until(lambda: _is_replica(db, seen), "a replica that has come as far")
            with new_postgres(primary=promoted) as behind_it:
                follower = Replica(behind_it.url.format(""), {})
                with contextlib.closing(follower):
                    assert _said(urls[1], "SELECT pg_promote()")
                    _said(urls[1], "INSERT INTO noted VALUES ('of another truth')")
                    assert not _is_replica(db, seen)
                    assert db.replica is not None
                    assert db.replica.behind.state == "promoted"
                    assert not _shows(db, seen, "of another truth")
                    db.look_at_replica()
                    assert db.replica.behind == ("promoted", None, None)
                    shown = "SELECT count(*) FROM noted WHERE word = 'of another truth'"
                    wait_until(lambda: _said(behind_it.url.format(""), shown) == 1, "a replica that follows the other")
                    for url in (urls[1], behind_it.url.format("")):
                        _said(url, "CHECKPOINT")
                    with db.read() as connection:
                        primary = primary_of(connection)
                    told = partial(follower.look, primary)
                    wait_until(lambda: told().state == "another", "a replica, but not of this one")


def test_a_replica_that_hangs_holds_nobody_up(pair: Pair) -> None:
    with pair.database() as db:
        seen = _note(db, "hangs")
        wait_until(lambda: _is_replica(db, seen), "a replica that has come as far")
        stopped = pair.replica.processes()
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            began_s, queued = time.monotonic(), Queued()
            assert not _is_replica(db, seen), "asked once"
            assert not _is_replica(db, seen), "and not again"
            assert time.monotonic() - began_s - queued.seconds() < 2 * ANSWER_WAIT_S
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)
        db.look_at_replica()
        wait_until(lambda: _is_replica(db, seen), "a replica that goes on")


def test_a_page_sees_what_it_wrote_and_health_says_how_far_behind_the_replica_is(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "MOST_BEHIND_S", 600.0)  # however long the machine takes for what is asked here
    with running(pair.settings(tmp_path)) as site:
        officer = site.login("supervisor")
        wait_until(lambda: _parts(site) == ("ok", "follows"), "a replica that is read")
        opened = officer.get("/api/rooms")
        seen = opened.headers[SEEN]
        site.db.look_at_replica()
        wait_until(lambda: _is_replica(site.db, int(seen)), "a replica that has come as far")
        with _paused(pair):
            added = officer.post("/api/facilities", {"name": {"ko": "새 시설", "en": "New"}, "address": "1"})
            assert added.status_code == 201, added.text
            assert SEEN not in added.headers, "so the page asks the primary next"
            facility = str(added.json()["facility_id"])
            assert facility in officer.get("/api/facilities").text
            asked = officer.http.get("/api/facilities", headers={SEEN: seen})
            assert facility not in asked.text, "of the replica, which nobody asked for more"
            after = officer.get("/api/facilities").headers[SEEN]
            assert int(after) > int(seen)
            for said in (after, "", "-1", "9" * 40, "x", "١"):
                answer = officer.http.get("/api/facilities", headers={SEEN.encode(): said.encode()})
                assert facility in answer.text, said
            assert (officer.get("/api/health").json()["replica"] or {})["state"] == "follows"
            probe = Probe("of the page")
            site.admit(probe.signer)
            sweep_id = new_id()
            for wire in (probe.opened(sweep_id), probe.report(sweep_id)):
                assert site.send(wire).status_code == 200
            assert officer.http.get(f"/api/sweeps/{sweep_id}", headers={SEEN: seen}).status_code == 404
            behind = officer.get(f"/api/sweeps/{sweep_id}")
            assert behind.status_code == 200
        wait_until(lambda: _behind(site) == 0, "a replica that goes on")
        shown = officer.http.get(f"/api/sweeps/{sweep_id}", headers={SEEN: behind.headers[SEEN]})
        assert shown.json() == behind.json()
        for path in ("/api/desk/day", "/api/schedule", "/api/schedule/rounds", "/api/cases", "/api/room-register"):
            one, other = officer.http.get(path, headers={SEEN: after}), officer.get(path)
            assert one.json() == other.json(), path
            assert SEEN in one.headers
        assert SEEN not in officer.get("/api/me").headers


def _parts(site: Site) -> tuple[object, object]:
    health = site.anonymous().get("/api/health").json()
    return health["parts"]["replica"], health["replica"]["state"]


def _behind(site: Site) -> object:
    return site.anonymous().get("/api/health").json()["replica"]["behind_bytes"]


def test_a_document_holds_what_was_written_before_it_was_asked_for(pair: Pair, tmp_path: Path) -> None:
    with running(pair.settings(tmp_path)) as site:
        officer, probe = site.login("district_officer"), Probe("of the document")
        site.admit(probe.signer)
        sweep_id = new_id()
        for wire in (probe.opened(sweep_id), probe.report(sweep_id)):
            assert site.send(wire).status_code == 200
        wanted = {"reason": "점검", "from": "2026-01-01", "to": "2026-12-31", "format": "json"}
        whole = officer.get("/api/exports/inspection-log", **wanted)
        assert str(sweep_id) in whole.text
        other_id = new_id()
        with _paused(pair):
            for wire in (probe.opened(other_id), probe.report(other_id)):
                assert site.send(wire).status_code == 200
            late = officer.get("/api/exports/inspection-log", **wanted)
            assert str(other_id) in late.text, "the replica does not come to it: of the primary"


def test_a_replica_belongs_to_a_postgresql() -> None:
    follows = "postgresql+psycopg://city-2/ansim"
    with pytest.raises(SettingsError) as refused:
        load_settings({"ANSIM_DATABASE_REPLICA_URL": follows})
    assert "replica_needs_postgresql" in repr(refused.value)
    both = {"ANSIM_DATABASE_REPLICA_URL": follows, "ANSIM_DATABASE_URL": "postgresql+psycopg://city-1/ansim"}
    assert load_settings(both).database_replica_url == follows
    with pytest.raises(SettingsError):
        load_settings(both | {"ANSIM_DATABASE_REPLICA_URL": "postgresql"})

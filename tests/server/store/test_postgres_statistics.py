"""PostgreSQL keeps no sample of a word, and what it kept is written over, or it is said that it is not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    LargeBinary,
    NullPool,
    String,
    Text,
    create_engine,
    make_url,
    select,
)

from server.api.app import build_services
from server.store.db import Database
from server.store.postgres_statistics import WRITE_ANEW, keep_no_samples
from server.store.schema import (
    live_operations,
    metadata,
)
from tests.server.conftest import EACH_DATABASE, running
from tests.server.erasure_kit import (
    ADDRESS,
    INSPECTOR,
    NOTE,
    SSID,
    Crime,
    Place,
    as_superuser,
    leave_in_plain,
    remove_old_wal,
    settle,
    store_crime,
)
from tests.server.live_kit import guidance, post

PG_STATISTIC = "2619"
"""The file in which every database's samples lie at first."""
NAMED = "관리자-표식-44"
NAME_LENGTH = 60
EACH_POSTGRES = pytest.mark.parametrize("database_kind", EACH_DATABASE.args[1][1:], indirect=True)


def _of_role(place: Place, *, owns_database: bool) -> Place:
    """The same PostgreSQL, with a database that is served by a role without any other right."""
    owner = "OWNER server" if owns_database else ""
    as_superuser(place, "CREATE ROLE server LOGIN", f"CREATE DATABASE city {owner}")
    url = make_url(place.settings.url).set(username="server", database="city")
    served = replace(place, settings=place.settings.model_copy(update={"database_url": url.render_as_string()}))
    as_superuser(served, "GRANT CREATE ON SCHEMA public TO server")
    return served


@contextlib.contextmanager
def _open_snapshot(place: Place) -> Iterator[None]:
    """A transaction that has read something, and is idle until the block ends."""
    engine = create_engine(place.settings.url, isolation_level="REPEATABLE READ", poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        yield


def _files_with(crime: Crime, place: Place) -> set[str]:
    return {name for names in crime.plain_in(place.files()).values() for name in names}


def _health(place: Place) -> str:
    with running(place.settings) as site:
        return str(site.anonymous().get("/api/health").json()["parts"]["erasure"])


@EACH_POSTGRES
def test_who_owns_the_database_cleans_its_samples(place: Place) -> None:
    served = _of_role(place, owns_database=True)
    crime, _ = leave_in_plain(served)
    assert _files_with(crime, served) > {PG_STATISTIC}
    assert _health(served) == "ok"
    remove_old_wal(served)
    assert crime.plain_in(served.files()) == {}


@EACH_POSTGRES
def test_what_a_role_may_not_clean_is_said_until_somebody_did(place: Place) -> None:
    served = _of_role(place, owns_database=False)
    crime, _ = leave_in_plain(served)
    assert _files_with(crime, served) > {PG_STATISTIC}
    with _open_snapshot(served):  # so that nothing is written over by chance
        build_services(served.settings).db.close()
    remove_old_wal(served)
    assert _files_with(crime, served) == {PG_STATISTIC}
    assert _health(served) == "degraded"
    as_superuser(served, WRITE_ANEW, "CHECKPOINT")
    remove_old_wal(served)
    assert crime.plain_in(served.files()) == {}
    assert _health(served) == "ok"
    assert as_superuser(served, "SELECT obj_description('alembic_version'::regclass)") == ["None"]


@EACH_POSTGRES
def test_samples_that_an_old_snapshot_held_are_cleaned_at_the_next_start(place: Place) -> None:
    crime, _ = leave_in_plain(place)
    assert _files_with(crime, place) > {PG_STATISTIC}
    with _open_snapshot(place), contextlib.closing(build_services(place.settings).db) as db:
        assert db.holds_plain()
    with contextlib.closing(build_services(place.settings).db) as db:
        assert not db.holds_plain()
    remove_old_wal(place)
    assert crime.plain_in(place.files()) == {}


@EACH_POSTGRES
def test_no_word_is_sampled(place: Place) -> None:
    words = "SSID-LIVE-62"
    with running(place.settings) as site:
        crime, sweep_id = store_crime(site, site.login("admin", NAMED))
        assert post(site, guidance(1, words, sweep_id)).status_code == 200
        settle(place)
        with site.db.read() as connection:
            assert words in str(connection.execute(select(live_operations.c.data)).all())
    samples = as_superuser(place, "SELECT to_jsonb(s)::text FROM pg_stats s WHERE schemaname = 'public'")
    assert len(samples) > 100, "of ids, codes and times there are"
    for word in (words, NAMED, ADDRESS, SSID, NOTE, INSPECTOR):
        assert [sample for sample in samples if word in sample] == []
    sampled = set(as_superuser(place, "SELECT tablename || '.' || attname FROM pg_stats WHERE schemaname = 'public'"))
    assert (
        sampled & {str(column) for table in metadata.sorted_tables for column in table.c if _has_words(column)} == set()
    )
    assert {"entries.status", "entries.kind", "sweeps.outcome"} <= sampled, "what plans of queries stand on"
    files = [path for path in place.files() if path.name == PG_STATISTIC]
    assert files
    assert crime.plain_in(files) == {}


@EACH_POSTGRES
def test_samples_from_before_are_taken_away(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Live messages go after minutes; what a release before 0030 let PostgreSQL sample of them stayed."""
    words, there = "SSID-LIVE-63", "SELECT tablename || '.' || attname FROM pg_stats WHERE schemaname = 'public'"
    with running(place.settings) as site:
        _, sweep_id = store_crime(site, site.login("admin", NAMED))
        assert post(site, guidance(1, words, sweep_id)).status_code == 200
    changed = ("live_operations.data", "entries.payload", "body_refs.media_type", "users.display_name")
    again = [
        f"ALTER TABLE {table} ALTER {name} SET STATISTICS -1" for table, name in (one.split(".") for one in changed)
    ]
    laid = (
        "SELECT concat(attrelid::regclass, attname, attstorage, attcompression) FROM pg_attribute "
        "WHERE attnum > 0 ORDER BY 1"
    )
    as_superuser(place, *again, "CREATE VIEW names AS SELECT display_name FROM users", "ANALYZE", "CHECKPOINT")
    before = as_superuser(place, laid)
    assert set(as_superuser(place, there)) >= set(changed)
    assert _holds(place, words)
    with contextlib.closing(Database(place.settings.url)) as db, db.write() as connection:
        keep_no_samples(connection)  # as every migration does
    build_services(place.settings).db.close()
    assert "a view stands on users.display_name" in caplog.text
    assert set(as_superuser(place, there)) & set(changed) == {"body_refs.media_type", "users.display_name"}
    as_superuser(place, "ANALYZE", "CHECKPOINT")
    assert set(as_superuser(place, there)) & set(changed) == {"body_refs.media_type", "users.display_name"}
    assert as_superuser(place, laid) == before
    assert not _holds(place, words)


def _holds(place: Place, words: str) -> bool:
    """Whether the file in which the samples lie now has these words in it."""
    (path,) = as_superuser(place, "SELECT pg_relation_filepath('pg_catalog.pg_statistic')")
    return words.encode() in (place.folder / "data" / path).read_bytes()


def _has_words(column: Column[Any]) -> bool:
    kind = column.type
    return isinstance(kind, (Text, LargeBinary)) or (isinstance(kind, String) and kind.length == NAME_LENGTH)

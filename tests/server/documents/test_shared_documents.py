"""Processes on one PostgreSQL share their documents: whoever asks any of them sees, gets and cancels all of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from server.exports.jobs.shared_documents import PIECE_BYTES, SharedDocuments
from server.store.crypto.body_keys import BodyKeys
from server.store.db import Database
from server.store.objects import ObjectStore, place_of
from server.store.schema import document_pieces, documents
from sweep.report import new_id
from tests.server.conftest import Client, Site
from tests.server.killed_server import KilledServer, two_servers
from tests.server.sweep_kit import Probe
from tests.waiting import wait_until

pytestmark = pytest.mark.postgres
MARCH = {"period_first": "2026-03-01", "period_last": "2026-03-31", "reason": "월간 보고", "format": "csv"}
SAID = {"state": "ready", "made_after": 3}


@pytest.fixture(params=["postgres"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Only PostgreSQL."""
    kind: str = request.param
    return kind


@pytest.fixture
def servers(database_url: str, tmp_path: Path, repo_root: Path) -> Iterator[tuple[list[KilledServer], list[Site]]]:
    with two_servers(database_url, tmp_path, repo_root) as found:
        yield found


def _fill(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    for wire in probe.whole_sweep()[1:]:
        assert site.send(wire).status_code == 200


def _elsewhere(client: Client, site: Site) -> Client:
    """The same person, asking another process."""
    other = site.anonymous()
    other.http.cookies, other.csrf = client.http.cookies, client.csrf
    return other


def _delete(client: Client, job_id: str) -> int:
    answer = client.http.request("DELETE", f"/api/exports/{job_id}", headers={"X-CSRF-Token": client.csrf})
    return answer.status_code


def _job(client: Client, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/exports/{job_id}").json()
    return found


def test_a_document_of_one_process_is_had_from_another(servers: tuple[list[KilledServer], list[Site]]) -> None:
    (first, _), (here, there) = servers
    _fill(here)
    inspector = here.login("inspector")
    other, stranger = _elsewhere(inspector, there), there.login("inspector")
    job_id = inspector.post("/api/exports", MARCH).json()["job_id"]
    assert _job(other, job_id)["job_id"] == job_id  # at once
    wait_until(lambda: _job(other, job_id)["state"] == "ready", "the document, elsewhere")
    own, same = (client.get(f"/api/exports/{job_id}/file") for client in (inspector, other))
    assert (own.content, own.headers["content-disposition"]) == (same.content, same.headers["content-disposition"])
    assert len(same.content) == _job(other, job_id)["size"]
    assert [one["job_id"] for one in other.get("/api/exports").json()["exports"]] == [job_id]
    assert stranger.get(f"/api/exports/{job_id}/file").status_code == 404
    first.kill()
    assert other.get(f"/api/exports/{job_id}/file").content == own.content  # also when who made it is dead
    assert _delete(other, job_id) == 200
    assert other.get(f"/api/exports/{job_id}").status_code == 404
    with there.db.read() as connection:
        assert connection.scalar(select(func.count()).select_from(document_pieces)) == 0


def test_who_cancels_it_elsewhere_cancels_it(servers: tuple[list[KilledServer], list[Site]]) -> None:
    _, (here, there) = servers
    _fill(here)
    inspector = here.login("inspector")
    other = _elsewhere(inspector, there)
    job_id = inspector.post("/api/exports", MARCH).json()["job_id"]
    assert _delete(other, job_id) == 200
    assert other.get(f"/api/exports/{job_id}").status_code == 404
    wait_until(lambda: inspector.get(f"/api/exports/{job_id}").status_code == 404, "the one that makes it")


@pytest.fixture(params=["database", "folder"])
def shared(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[list[SharedDocuments]]:
    """Those of two processes, with pieces in the database or in a folder."""
    objects = None if request.param == "database" else ObjectStore(place_of((tmp_path / "objects").as_uri()))
    keys = BodyKeys(tmp_path / "keys" / "bodies.keys", tmp_path / "bodies.key")
    with ExitStack() as closing:
        made = [Database(database_url, keys, objects) for _ in range(2)]
        for db in made:
            closing.callback(db.close)
        yield [SharedDocuments(db, keys) for db in made]


def test_pieces_open_with_a_key_that_goes_with_the_document(shared: list[SharedDocuments], tmp_path: Path) -> None:
    here, there = shared
    file, job_id, user_id = tmp_path / "document", new_id(), new_id()
    data = bytes(range(256)) * (PIECE_BYTES // 128) + b"the end"
    file.write_bytes(data)
    assert here.tell({job_id: (user_id, SAID)}, ()) == set()
    here.keep(job_id, file)
    here.keep(job_id, file)  # as after a database that broke off
    assert b"".join(there.pieces(job_id, len(data))) == data
    (told,) = there.others(user_id)
    assert (told.job_id, told.said, told.is_silent) == (job_id, SAID, False)
    assert (there.others(new_id()), here.others(user_id)) == ([], [])
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path != file]
    assert not any(data[:100] in path.read_bytes() for path in kept)
    there.drop_outdated(3)
    assert b"".join(there.pieces(job_id, len(data))) == data
    there.drop_outdated(4)  # a body was erased since
    for one in shared:
        with pytest.raises(FileNotFoundError):
            next(one.pieces(job_id, len(data)))


def test_what_nobody_knows_any_more_is_swept_up(shared: list[SharedDocuments], tmp_path: Path) -> None:
    here, there = shared
    file, old, new, user_id = tmp_path / "document", new_id(), new_id(), new_id()
    file.write_bytes(b"words")
    for job_id in (old, new):
        here.tell({job_id: (user_id, SAID)}, ())
        here.keep(job_id, file)
    here.tell({}, {old})
    there.clear()
    assert [path.name for path in (tmp_path / "keys" / "documents").iterdir()] == [str(new)]
    assert {path.parent.name for path in (tmp_path / "objects").rglob("*") if path.name == "000000"} <= {str(new)}
    assert b"".join(there.pieces(new, 5)) == b"words"
    there.cancel(new)
    assert here.tell({}, ()) == {new}


def test_one_whose_process_is_silent_has_failed(shared: list[SharedDocuments]) -> None:
    here, there = shared
    job_id, user_id = new_id(), new_id()
    here.tell({job_id: (user_id, SAID | {"state": "running"})}, ())
    with here._db.beside(is_durable=False) as connection:  # half a minute has to pass at once
        connection.execute(documents.update().values(told_us=documents.c.told_us - 60_000_000))
    assert [one.is_silent for one in there.others(user_id)] == [True]

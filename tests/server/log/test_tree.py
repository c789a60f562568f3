"""The tree over the log in the database: it is that of the entries whatever was written, and its proofs hold."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from server.api.app import build_services
from server.config.settings import Settings
from server.ingest.arrivals import read_arrival
from server.ingest.entries import accept, write
from server.log import tiles
from server.log.build import build_tree
from server.store.db import Database
from server.store.schema import body_refs, entries, log_tiles
from sweep.entry import merkle, notes
from sweep.entry.dsse import parse_signed
from sweep.entry.envelope import InclusionProof, from_wire, to_wire, verify_receipt
from sweep.report import new_id
from tests.entry.test_merkle import DATA, GOLDEN
from tests.entry_factory import make_entry
from tests.report_factory import make_report
from tests.server.conftest import Client, Site
from tests.server.log_kit import end_of, leaf_hashes
from tests.server.sweep_kit import Probe

MIB = 1024 * 1024


def _tree(db: Database) -> tuple[int, bytes]:
    """Size and root as the tiles say them."""
    with db.read() as connection:
        size = tiles.tree_size(connection)
        return size, tiles.root(connection, size)


def _of_entries(db: Database) -> tuple[int, bytes]:
    """Size and root over the entries, computed anew."""
    with db.read() as connection:
        rows = connection.execute(select(entries).order_by(entries.c.log_index)).all()
    assert [row.log_index for row in rows] == list(range(len(rows)))
    return len(rows), merkle.root_of(leaf_hashes(rows))


def test_the_tree_is_that_of_the_entries_after_every_kind_of_write(site: Site) -> None:
    sizes = []

    def check(status: int, wanted: int = 200) -> None:
        assert status == wanted
        assert _tree(site.db) == _of_entries(site.db)
        sizes.append(_tree(site.db)[0])

    probe, stranger = Probe("p", "live"), Probe("stranger")
    check(200)
    assert sizes == [4]  # the root key, the server's two, and where the demonstration's rooms lie
    site.admit(probe.signer, "probe")
    check(200)
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report, report):  # alone, and once more
        check(site.send(wire).status_code)
    foreign = stranger.opened(new_id())
    check(site.send(foreign).status_code)
    rival = to_wire(make_entry(probe.signer, 1, kind="sweep.other", source="live"), ())
    check(site.send(rival).status_code, 409)
    admin = site.login("admin", "관리자-01")
    verdict = {"sweep_id": str(sweep_id), "verdict": "no_camera"}
    check(admin.post(f"/api/findings/{make_report().findings[0].finding_id}/disposition", verdict).status_code, 201)
    discard = f"/api/quarantine/{stranger.signer.key_id}/discard"
    check(admin.post(discard, {"reason": "모름"}).status_code)
    before = _tree(site.db)
    check(site.send(foreign).status_code)  # purged and sent again: in its old place, with its old leaf
    assert _tree(site.db) == before
    unread = probe.signer.sign("application/vnd.ansim.entry.v2+json", b"of tomorrow")
    check(site.send(to_wire(unread, ())).status_code)
    assert sizes == [4, 5, 6, 7, 7, 8, 9, 11, 12, 12, 13]  # one for the account of the administrator


def test_entries_of_one_commit_stand_in_the_tree_in_their_order(settings: Settings) -> None:
    with contextlib.closing(build_services(settings).db) as db:
        many = [Probe(f"stranger-{number}") for number in range(5)]
        with db.write() as connection:
            for probe in many:
                write(connection, read_arrival(probe.opened(new_id())), quarantine_max_bytes=MIB)
        assert _tree(db) == _of_entries(db)
        assert _tree(db)[0] == 8


def _proof(said: Any) -> InclusionProof:
    return InclusionProof.model_validate_json(json.dumps(said))


def _holds(site: Site, proof: InclusionProof, leaf: bytes) -> bool:
    """Does a proof hold against the server's key alone?"""
    with site.db.read() as connection:
        origin = site.services.heads.origin(connection)
    key = notes.VerifierKey(origin, notes.ED25519, site.services.server_signer.signer.public_key)
    head = notes.open_checkpoint(proof.checkpoint, [key])
    hashes = [bytes.fromhex(hash_) for hash_ in proof.hashes]
    assert head.size == proof.tree_size
    return merkle.is_included(leaf, proof.leaf_index, head.size, hashes, head.root)


def test_receipts_prove_that_their_entry_is_in_the_log_and_heads_grow_from_one_another(site: Site) -> None:
    probe, stranger = Probe(), Probe("stranger")
    site.admit(probe.signer)
    server_key = site.services.server_signer.signer.public_key
    heads = []
    for wire in (*probe.whole_sweep()[1:], stranger.opened(new_id()), probe.opened(new_id())):
        for _ in range(2):
            answer = site.send(wire)
            entry, bodies = from_wire(wire)
            commitments = tuple(body.commitment for body in bodies)
            receipt = verify_receipt(parse_signed(answer.json()), server_key, entry, commitments)
            proof = receipt.inclusion_proof
            assert proof is not None
            leaf = merkle.leaf_hash(merkle.leaf_data(entry.entry_hash, entry.signatures_hash, receipt.received_ms))
            assert (proof.leaf_index, _holds(site, proof, leaf)) == (receipt.log_index, True)
            late = merkle.leaf_data(entry.entry_hash, entry.signatures_hash, receipt.received_ms + 1)
            assert not _holds(site, proof, merkle.leaf_hash(late))
            heads.append(notes.parse_checkpoint(notes.parse_note(proof.checkpoint).text))
    client = site.anonymous()
    for old in heads:
        found = client.get("/api/log/consistency", old=old.size, new=heads[-1].size).json()
        hashes = [bytes.fromhex(hash_) for hash_ in found["hashes"]]
        assert (found["old"], found["new"]) == (old.size, heads[-1].size)
        assert merkle.is_consistent(old.size, heads[-1].size, old.root, heads[-1].root, hashes)


def test_the_origin_names_the_first_root_key_and_the_tenant(site: Site) -> None:
    note = site.anonymous().get("/api/log/checkpoint").text
    root_signer = site.services.server_signer.root_signer
    assert root_signer is not None
    assert note.splitlines()[:2] == [f"ansim-log/demo-gu/{root_signer.key_id}", "4"]


def test_every_index_has_a_proof_and_no_other(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    for _ in range(3):
        site.send(probe.opened(new_id()))
    client = site.anonymous()
    with site.db.read() as connection:
        leaves = leaf_hashes(connection.execute(select(entries).order_by(entries.c.log_index)).all())
    for index, leaf in enumerate(leaves):
        assert _holds(site, _proof(client.get("/api/log/proof", leaf=index).json()), leaf)
    for index, status in ((len(leaves), 404), (-1, 400), (2**53, 400)):
        assert client.get("/api/log/proof", leaf=index).status_code == status
    size = len(leaves)
    for old, new in ((0, size), (size, size + 1), (3, 2), (-1, 2), (size + 1, size + 1)):
        assert client.get("/api/log/consistency", old=old, new=new).status_code == 400, (old, new)


def test_a_log_from_before_the_tree_is_built_page_by_page_and_goes_on_where_it_was_cut_off(settings: Settings) -> None:
    probe = Probe()
    with contextlib.closing(build_services(settings).db) as db:
        for _ in range(20):
            accept(db, read_arrival(probe.opened(new_id())), quarantine_max_bytes=MIB)
        with db.write() as connection:
            connection.execute(delete(log_tiles))
        heard: list[tuple[int, int]] = []

        def cut_off(done: int, wanted: int) -> None:
            heard.append((done, wanted))
            if len(heard) == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            build_tree(db, cut_off, page=7)
        assert heard == [(7, 23), (14, 23)]
        assert _tree(db)[0] == 14
        assert build_tree(db, page=7) == 9
        assert build_tree(db, page=7) == 0
        assert _tree(db) == _of_entries(db)
        with db.write() as connection:
            connection.execute(delete(log_tiles))
    with contextlib.closing(build_services(settings).db) as db:  # the next start does it
        assert _tree(db) == _of_entries(db)
        with db.write() as connection:
            connection.execute(delete(log_tiles))
        accept(db, read_arrival(probe.opened(new_id())), quarantine_max_bytes=MIB)  # and so does the next entry
        assert _tree(db) == _of_entries(db)


def test_a_hole_in_the_log_is_not_built_over(settings: Settings) -> None:
    with contextlib.closing(build_services(settings).db) as db:
        with db.write() as connection:
            connection.execute(delete(log_tiles))
            connection.execute(delete(body_refs).where(body_refs.c.log_index == 1))
            connection.execute(delete(entries).where(entries.c.log_index == 1))
        with pytest.raises(RuntimeError, match="a hole behind index 0"):
            build_tree(db)


def _golden(site: Site) -> Client:
    """A server whose tiles are those of the golden file's leaves."""
    with site.db.write() as connection:
        connection.execute(delete(log_tiles))
        tiles.append(connection, 0, DATA)
    return site.anonymous()


def test_tiles_lie_where_the_golden_file_has_them(site: Site) -> None:
    client = _golden(site)
    for path, wanted in GOLDEN["tiles"].items():
        if "entries" in path:
            continue
        answer = client.get(f"/api/log/{path}")
        assert (answer.status_code, hashlib.sha256(answer.content).hexdigest()) == (200, wanted), path
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    whole = client.get("/api/log/tile/0/000").content
    assert client.get("/api/log/tile/0/000.p/3").content == whole[: 3 * 32]
    for size, root in GOLDEN["roots"].items():
        with site.db.read() as connection:
            assert tiles.root(connection, int(size)).hex() == root


@pytest.mark.parametrize(
    "path",
    [
        *("0/001", "0/002", "0/001.p/45", "1/000", "2/000.p/1", "0/x001/000"),
        *("0/000.p/256", "0/000.p/0", "0/000.p/257", "0/000.p/01", "0/000.q/1"),
        *("0/0", "0/x000/000", "64/000", "-1/000", "a/000", "0/00a", "0/", "entries/9", "0/000/"),
        *("entries/001", "entries/000.p/9", "0/x999/x999/x999/x999/x999/999"),
    ],
)
def test_what_is_no_tile_is_refused(site: Site, path: str) -> None:
    client = _golden(site)
    assert client.get(f"/api/log/tile/{path}").status_code in {400, 404}


def _bundle(leaves: Sequence[bytes]) -> bytes:
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def test_bundles_are_those_of_the_golden_file_and_hold_the_leaves(site: Site) -> None:
    for path, part in (("tile/entries/000", DATA[:256]), ("tile/entries/001.p/44", DATA[256:])):
        assert hashlib.sha256(_bundle(part)).hexdigest() == GOLDEN["tiles"][path]
    probe = Probe()
    site.admit(probe.signer)
    for _ in range(4):
        site.send(probe.opened(new_id()))
    size = end_of(site.db)
    with site.db.read() as connection:
        rows = connection.execute(select(entries).order_by(entries.c.log_index)).all()
    leaves = [merkle.leaf_data(row.entry_hash, row.signatures_hash, row.received_ms) for row in rows]
    for width in (size, 1, size - 1):
        answer = site.anonymous().get(f"/api/log/tile/entries/000.p/{width}")
        assert answer.content == _bundle(leaves[:width])
    assert site.anonymous().get("/api/log/tile/entries/000").status_code == 404


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with contextlib.closing(Database(f"sqlite:///{tmp_path_factory.mktemp('tiles') / 'db.sqlite3'}")) as db:
        db.migrate()
        yield db


@given(groups=st.lists(st.integers(1, 300), max_size=6), data=st.data())
@examples(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_however_leaves_come_the_tree_is_the_same(bare: Database, groups: list[int], data: st.DataObject) -> None:
    frontier, leaves = merkle.Frontier(), [b"%d" % number for number in range(sum(groups))]
    roots = [frontier.root()]
    for leaf in leaves:
        frontier.append(merkle.leaf_hash(leaf))
        roots.append(frontier.root())
    with bare.write() as connection:
        connection.execute(delete(log_tiles))
        first = 0
        for group in groups:
            tiles.append(connection, first, leaves[first : first + group])
            first += group
            assert (tiles.tree_size(connection), tiles.root(connection, first)) == (first, roots[first])
        some = data.draw(st.integers(0, first))
        assert tiles.root(connection, some) == roots[some]
        if first:
            index = data.draw(st.integers(0, first - 1))
            of_two = tiles.head(connection, {index, first - 1})
            assert (of_two.size, of_two.root) == (first, roots[first])
            for one, proof in of_two.proofs.items():
                assert merkle.is_included(merkle.leaf_hash(leaves[one]), one, first, proof, roots[first])
        if some:
            growth = tiles.prove_consistency(connection, some, first)
            assert merkle.is_consistent(some, first, roots[some], roots[first], growth)
        with pytest.raises(ValueError, match=f"leaf {first}"):
            tiles.head(connection, [first])


def test_a_tree_of_more_than_two_levels_of_tiles(bare: Database) -> None:
    count = 65_536 + 300
    leaves = [hashlib.sha256(b"%d" % number).digest() for number in range(count)]
    frontier = merkle.Frontier()
    for leaf in leaves:
        frontier.append(merkle.leaf_hash(leaf))
    with bare.write() as connection:
        connection.execute(delete(log_tiles))
        for first in range(0, count, 20_000):
            tiles.append(connection, first, leaves[first : first + 20_000])
        assert tiles.root(connection, count) == frontier.root()
        widths = select(log_tiles.c.level, func.sum(func.length(log_tiles.c.hashes)) // 32).group_by(log_tiles.c.level)
        assert dict(connection.execute(widths).all()) == {0: count, 1: 257, 2: 1}
        head = tiles.head(connection, [65_537])
        assert (head.size, head.root) == (count, frontier.root())
        assert merkle.is_included(merkle.leaf_hash(leaves[65_537]), 65_537, count, head.proofs[65_537], head.root)

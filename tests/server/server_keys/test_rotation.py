"""A server gets a new key, and what pinned the old one follows the root key to it, or does not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from server.config.settings import Settings
from sweep.deliver.outbox import Outbox
from sweep.deliver.uplink import ServerChangedError, Uplink
from sweep.entry.dsse import EntryError
from sweep.entry.envelope import from_wire
from sweep.entry.succession import follow
from sweep.host.clock import WallClock
from tests.entry_factory import ROOM_ID, salted, signer
from tests.server.conftest import Call, Site, running


def send(site: Site, folder: Path, text: str) -> int:
    """A probe signs something and delivers what waits."""
    with (
        Outbox(folder, signer("probe"), tenant="demo-gu", subject="probe-demo-1") as box,
        Uplink(site.url, signer("probe")) as uplink,
    ):
        box.append(
            "test.note",
            (salted("text/plain", text.encode()),),
            source="simulated",
            room_id=ROOM_ID,
            sweep_id=None,
            clock=WallClock(synchronised=True, max_error_ms=20),
        )
        key = uplink.server_key(folder / "server.pub", box.log_root)
        return box.deliver(uplink.send_entry, key, fetch_growth=uplink.fetch_growth).delivered


def test_a_probe_follows_a_new_server_key_that_the_root_admitted(
    settings: Settings, tmp_path: Path, call: Call
) -> None:
    with running(settings) as site:
        assert send(site, tmp_path / "box", "before") == 1
        before = site.services.server_signer.signer.public_key
    code, said, _ = call("rotate-key", "--reason", "yearly")
    assert (code, "signs from now on" in said) == (0, True)
    with running(settings) as site:
        assert site.services.server_signer.signer.public_key != before
        assert send(site, tmp_path / "box", "after") == 1
        assert (
            tmp_path / "box" / "server.pub"
        ).read_text().strip() == site.services.server_signer.signer.public_key.hex()
        shown = site.anonymous().get("/api/server-key/succession").json()["admissions"]
        wires = [from_wire(json.dumps(one).encode()) for one in shown]
        root = site.anonymous().get("/api/log/checkpoint").text.splitlines()[0].rpartition("/")[2]
        assert follow(wires, root, before) == site.services.server_signer.signer.public_key
        with pytest.raises(EntryError, match="begin with root key"):
            follow(wires, "00" * 8, before)
        with pytest.raises(EntryError, match="without a server key"):
            follow(wires[:1], root, before)
        with pytest.raises(EntryError, match="without a server key"):
            follow([], root, before)
        with pytest.raises(EntryError, match="in the place of the one that is known"):
            follow(wires, root, signer("another").public_key)
    assert call("keys")[1].count("server, tenant demo-gu, valid") == 1


def test_a_probe_that_knows_the_new_key_is_not_led_back_to_the_old_one(
    settings: Settings, tmp_path: Path, call: Call
) -> None:
    """Whoever stole the old key has the server's folder as it was, and stands in its place."""
    with running(settings) as site:
        assert send(site, tmp_path / "box", "before") == 1
        assert send(site, tmp_path / "away", "before") == 1
    stolen = settings.data_dir.with_name("stolen")
    shutil.copytree(settings.data_dir, stolen)
    database = tmp_path / "stolen.sqlite3"
    if settings.url.startswith("sqlite"):
        shutil.copyfile(tmp_path / "test.sqlite3", database)
    for number in range(2):
        assert call("rotate-key", "--reason", "stolen")[0] == 0
        if number == 0:
            with running(settings) as site:
                assert send(site, tmp_path / "box", "after") == 1
    with running(settings) as site:
        assert send(site, tmp_path / "box", "later") == 1
        assert send(site, tmp_path / "away", "later") == 1  # two keys at once
        pinned = (tmp_path / "box" / "server.pub").read_text()
    if not settings.url.startswith("sqlite"):
        return
    thief = settings.model_copy(update={"data_dir": stolen, "database_url": f"sqlite:///{database}"})
    with running(thief) as site, pytest.raises(ServerChangedError):
        send(site, tmp_path / "box", "to the thief")
    assert (tmp_path / "box" / "server.pub").read_text() == pinned


def test_a_probe_does_not_follow_a_server_of_another_root(tmp_path: Path) -> None:
    first, second = (Settings(data_dir=tmp_path / name, port=0, min_free_mib=0) for name in ("one", "two"))
    with running(first) as site:
        assert send(site, tmp_path / "box", "before") == 1
    with running(second) as site, pytest.raises(ServerChangedError):
        send(site, tmp_path / "box", "after")


def test_a_rotation_without_the_root_key_waits_for_it(settings: Settings, tmp_path: Path, call: Call) -> None:
    phrase, key, asked, signed = (tmp_path / name for name in ("phrase", "root.pem", "asked", "signed"))
    phrase.write_text("a long enough passphrase\n")
    people = ("--person", "first", "--person", "second", "--passphrase-file", phrase)
    public = call("root", "create", key, *people)[1].split()[-1]
    by_root = (key, "--passphrase-file", phrase, "--yes")
    assert call("root", "hand-over", public, "--reason", "ceremony")[0] == 0
    assert "once the root key has admitted it" in call("rotate-key", "--reason", "yearly")[1]
    assert call("rotate-key", "--reason", "again")[0] == 2
    assert call("root", "requests", asked)[1].endswith(": 3 requests\n")  # the old root key is revoked, too
    with running(settings) as site:
        old = site.services.server_signer.signer.key_id
    assert call("root", "sign", asked, signed, "--key", *by_root)[0] == 0
    assert call("root", "accept", signed)[0] == 0
    with running(settings) as site:
        assert site.services.server_signer.signer.key_id != old
        assert send(site, tmp_path / "box", "after") == 1

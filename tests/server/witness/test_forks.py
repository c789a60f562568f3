"""A stolen key that was rotated out: what the witness signs of its fork, who hears of it, and the way out."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from server import cli
from server.api.app import build_services
from server.api.service.services import Services
from server.config.settings import Settings
from server.log.tiles import read_entries
from server.store.schema import alarms
from server.witness.folder import MemoryLostError
from server.witness.found_forks import found_forks
from server.witness.witness_state import WitnessState, request_of
from sweep.entry import merkle, notes
from sweep.entry.dsse import Signer
from tests.server.conftest import NO_TLS, Call, running
from tests.server.witness_kit import (
    LOG_KEY,
    NAME,
    NOW_S,
    ORIGIN,
    asked,
    book,
    growth,
    leaves,
    log_key,
    note_of,
    send,
    witnessing,
)

PERSONS = ("--person", "김증인", "--person", "이증인", "--reason", "키 도난, 전화로 확인", "--yes")


@dataclass
class Thief:
    """Somebody who has a copy of the server's key and of its log as it was."""

    key: notes.VerifierKey
    signer: Signer
    log: list[bytes]
    """Leaf hashes."""

    @classmethod
    def of(cls, services: Services, data_dir: Path) -> Thief:
        with services.db.read() as connection:
            log = [merkle.leaf_hash(leaf) for leaf in read_entries(connection, 0)]
            key = services.heads.verifier_key(connection)
        return cls(key, Signer.load_or_create(data_dir / "server.key"), log)

    def note(self, *forged: str) -> str:
        """A head of the log as it was, and of what is made up after it."""
        return self._sign([*self.log, *(merkle.leaf_hash(one.encode()) for one in forged)])

    def request(self, *forged: str) -> bytes:
        log = [*self.log, *(merkle.leaf_hash(one.encode()) for one in forged)]
        return request_of(len(self.log), growth(log, len(self.log)), self._sign(log))

    def _sign(self, log: list[bytes]) -> str:
        head = notes.Checkpoint(self.key.name, len(log), merkle.root_of(log))
        return f"{head.text}\n{notes.sign_note(head.text, self.key, self.signer.sign_bytes)}"


@contextmanager
def opened(settings: Settings) -> Iterator[Services]:
    services = build_services(settings)
    try:
        yield services
    finally:
        services.db.close()


def alarms_of(services: Services) -> list[tuple[str, str | None]]:
    with services.db.read() as connection:
        return [(row.code, row.key_id) for row in connection.execute(select(alarms).order_by(alarms.c.at_ms))]


def post(url: str, request: bytes) -> httpx.Response:
    return httpx.post(f"{url}/add-checkpoint", content=request, verify=NO_TLS)


def test_a_key_that_the_root_revoked_signs_no_head_any_more(settings: Settings, tmp_path: Path, call: Call) -> None:
    with opened(settings) as services:
        thief, key = Thief.of(services, settings.data_dir), log_key(services)
    with witnessing(tmp_path / "w", key) as (url, memory):
        with opened(settings) as services:
            assert asked(services, url, memory).state == "signed"
        assert call("rotate-key", "--reason", "stolen")[0] == 0
        with opened(settings) as services:
            assert services.server_signer.signer.public_key != key.public_key
            assert (
                asked(services, url, memory).state == "signed"
            )  # by the new key, which nobody told the witness's people
            assert post(url, thief.request("forged")).status_code == 403
            assert post(url, request_of(0, (), thief.note())).status_code == 403
            assert alarms_of(services) == []
    with witnessing(tmp_path / "w", key) as (url, memory):  # started again with the old `--log`
        assert post(url, thief.request("forged")).status_code == 403
        with opened(settings) as services:
            assert asked(services, url, memory).state == "nothing_new"


def test_the_command_that_rotates_tells_the_witness_at_once(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(settings) as services:
        thief, key = Thief.of(services, settings.data_dir), log_key(services)
    with witnessing(tmp_path / "w", key) as (url, memory):
        with opened(settings) as services:
            assert asked(services, url, memory).state == "signed"
        settled = settings.model_copy(update={"witness_url": url, "witness_key": str(memory.key)})
        told = rotate(settled, capsys)
        assert "the witness knows 5 entries of the root key" in told
        assert post(url, thief.request("forged")).status_code == 403
    assert "the witness was not told" in rotate(settled, capsys)


def rotate(settings: Settings, capsys: pytest.CaptureFixture[str]) -> str:
    """What `rotate-key` prints where a witness is set."""
    names = ("data_dir", "database_url", "witness_url", "witness_key")
    environment = {f"ANSIM_{name.upper()}": str(getattr(settings, name)) for name in names}
    with pytest.raises(SystemExit) as end:
        cli.main(["rotate-key", "--reason", "stolen"], environment)
    assert not end.value.code
    return capsys.readouterr().out


def test_a_fork_that_was_signed_in_time_is_an_alarm_on_both_sides_and_two_persons_lead_out(
    settings: Settings, tmp_path: Path, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    """The thief asks between the rotation and the first time that the witness hears of it."""
    with opened(settings) as services:
        thief, key = Thief.of(services, settings.data_dir), log_key(services)
    folder = tmp_path / "w"
    with witnessing(folder, key) as (url, memory):
        with opened(settings) as services:
            assert asked(services, url, memory).state == "signed"
        assert call("rotate-key", "--reason", "stolen")[0] == 0
        assert post(url, thief.request("forged")).status_code == 200  # what cannot be prevented
        fork = memory.last(key.name)
        with opened(settings) as services:
            first = asked(services, url, memory)
            assert (first.state, first.forks) == ("refused", 1)
            assert asked(services, url, memory).forks == 1
            assert alarms_of(services) == [("log_forked", thief.signer.key_id), ("witness_refused", None)]
            with services.db.read() as connection:
                (kept,) = found_forks(connection)
                own = services.heads.note(connection, kept.size)
            assert (kept.note, kept.own_note, kept.settled_ms) == (fork, own, None)
            assert post(url, thief.request("forged", "more")).status_code == 403  # the witness was told all the same
        (shown,) = httpx.get(f"{url}/forks", params={"origin": key.name}, verify=NO_TLS).json()
        assert (shown["remembered"], shown["decision"], shown["why"]) == (fork, None, "not_grown")
        assert [notes.parse_checkpoint(notes.parse_note(one).text).size for one in shown["refused"]] == [5]
        assert f"ALARM: fork {shown['fork_id']}" in caplog.text
    shown_by_command = call("keys")[1]
    assert f"open, signed by key {thief.signer.key_id}" in shown_by_command
    assert str(fork) in shown_by_command
    head = tmp_path / "true.checkpoint"
    assert call("export", "checkpoint", head)[0] == 0
    resolve = ("witness", folder, "--name", NAME, "--log", str(key), "--resolve", shown["fork_id"])
    refusals = {
        "one person": (*resolve, "--head", head, *PERSONS[2:]),
        "the same person twice": (*resolve, "--head", head, *PERSONS[:2], *PERSONS[:2], *PERSONS[4:]),
        "a name that looks the same": (*resolve, "--head", head, "--person", "A", "--person", "А", *PERSONS[4:]),
        "no reason": (*resolve, "--head", head, *PERSONS[:4], "--yes"),
        "no such fork": (*resolve[:-1], "0" * 16, "--head", head, *PERSONS),
        "the thief's head": (*resolve, "--head", written(tmp_path / "forged", thief.note("forged", "x")), *PERSONS),
        "no head at all": (*resolve, "--head", written(tmp_path / "none", "nothing"), *PERSONS),
    }
    assert {what: call(*command)[0] for what, command in refusals.items()} == dict.fromkeys(refusals, 2)
    assert "is decided by 김증인, 이증인" in call(*resolve, "--head", head, *PERSONS)[1]
    assert call(*resolve, "--head", head, *PERSONS)[0] == 2  # once
    with witnessing(folder, key) as (url, memory), opened(settings) as services:
        (shown,) = httpx.get(f"{url}/forks", verify=NO_TLS).json()
        assert shown["decision"]["reason"] == "키 도난, 전화로 확인"
        assert shown["decision"]["head"] == head.read_text()
        assert "persons" not in shown["decision"]
        assert shown["remembered"] == fork
        assert "김증인" in next(folder.glob("*.fork.json")).read_text()
        with running(settings) as site:
            assert send(site.url, tmp_path / "box", 1)[0] == 1
        again = asked(services, url, memory)
        assert (again.state, again.forks) == ("signed", 0)
        with services.db.read() as connection:
            assert [one.settled_ms is not None for one in found_forks(connection)] == [True]


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_fork_larger_than_the_log_is_found_and_left_by_naming_the_log(
    settings: Settings, tmp_path: Path, call: Call
) -> None:
    """The witness cannot see that the smaller head is the true one: the server says so, and two persons decide."""
    with opened(settings) as services:
        thief, key = Thief.of(services, settings.data_dir), log_key(services)
    with witnessing(tmp_path / "w", key) as (url, memory), opened(settings) as services:
        assert asked(services, url, memory).state == "signed"
        assert call("rotate-key", "--reason", "stolen")[0] == 0
        assert post(url, thief.request(*(f"forged {number}" for number in range(9)))).status_code == 200
    head = tmp_path / "true.checkpoint"
    with witnessing(tmp_path / "w", key) as (url, memory), opened(settings) as services:
        found = asked(services, url, memory)
        assert (found.state, found.forks) == ("refused", 1)
        assert ("log_forked", thief.signer.key_id) in alarms_of(services)
        assert httpx.get(f"{url}/forks", verify=NO_TLS).json() == []
        assert call("export", "checkpoint", head)[0] == 0
        resolve = ("witness", tmp_path / "w", "--name", NAME, "--log", str(key), "--resolve", key.name)
        assert call(*resolve, *PERSONS)[0] == 2
        assert call(*resolve, "--head", head, *PERSONS)[0] == 0  # beside the witness that serves
        assert [one.why for one in memory.forks.all()] == ["told"]
        assert asked(services, url, memory).state == "signed"


def test_no_way_out_before_the_root_key_has_spoken(settings: Settings, tmp_path: Path) -> None:
    """Else the head of a stolen key would be as good as any."""
    with opened(settings) as services:
        thief, key = Thief.of(services, settings.data_dir), log_key(services)
    memory = WitnessState(tmp_path / "w", NAME, [key], lambda: NOW_S)
    assert memory.add_checkpoint(request_of(0, (), thief.note())).status == 200
    with pytest.raises(ValueError, match="were not told"):
        memory.resolve(key.name, thief.note("forged"), ("a", "b"), "why")


def test_an_attempt_that_the_witness_refused_is_an_alarm_on_both_sides_too(settings: Settings, tmp_path: Path) -> None:
    with opened(settings) as services, witnessing(tmp_path / "w", log_key(services)) as (url, memory):
        assert asked(services, url, memory).state == "signed"
        thief = Thief.of(services, settings.data_dir)
        size = len(thief.log)
        thief.log[0] = merkle.leaf_hash(b"rewritten")
        assert post(url, request_of(size, (), thief.note())).status_code == 409
        assert [one.why for one in memory.forks.all()] == ["same_size"]
        found = asked(services, url, memory)
        assert (found.state, found.forks) == ("nothing_new", 1)
        assert alarms_of(services) == [("log_forked", thief.signer.key_id)]
        memory.resolve(memory.forks.all()[0].fork_id, None, ("a", "b"), "the attempt of a thief")
        assert asked(services, url, memory).forks == 0


def test_public_heads_without_a_proof_are_no_fork_and_a_stranger_fills_no_disk(tmp_path: Path) -> None:
    log, memory = leaves(40), book(tmp_path)
    memory.add_checkpoint(request_of(0, (), note_of(log[:6])))
    for size in range(7, 40):
        assert memory.add_checkpoint(request_of(6, (), note_of(log[:size]))).status == 422
    assert memory.forks.all() == []
    for size in range(7, 40):
        nonsense = tuple(bytes(32) for _ in growth(log[:size], 6))
        assert memory.add_checkpoint(request_of(6, nonsense, note_of(log[:size]))).status == 422
    assert [len(one.refused) for one in memory.forks.all()] == [10]
    assert memory.add_checkpoint(request_of(6, growth(log, 6), note_of(log))).status == 200


def test_of_many_at_once_one_head_is_signed_and_the_others_are_told_of_it(tmp_path: Path) -> None:
    """Two witnesses on one folder, as of two processes, and two heads that exclude each other."""
    base, books = leaves(5), [book(tmp_path), book(tmp_path)]
    books[0].add_checkpoint(request_of(0, (), note_of(base)))
    logs = [[*base, *leaves(number + 1, f"branch {number}")] for number in range(8)]
    start, replies = threading.Barrier(len(logs)), {}

    def ask_for(number: int) -> None:
        start.wait()
        replies[number] = books[number % 2].add_checkpoint(
            request_of(5, growth(logs[number], 5), note_of(logs[number]))
        )

    threads = [threading.Thread(target=ask_for, args=(number,)) for number in range(len(logs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (signed,) = [number for number, reply in replies.items() if reply.status == 200]
    assert {reply.status for reply in replies.values()} == {200, 409}
    assert {reply.text for reply in replies.values() if reply.status == 409} == {f"{len(logs[signed])}\n"}
    assert f"\n{len(logs[signed])}\n" in str(book(tmp_path).last(ORIGIN))


@pytest.mark.parametrize("damage", ["torn note", "torn keys", "torn fork", "key gone"])
def test_a_witness_that_lost_a_part_of_its_memory_signs_nothing(
    settings: Settings, tmp_path: Path, call: Call, damage: str
) -> None:
    folder = tmp_path / "w"
    with ExitStack() as stack:
        services = stack.enter_context(opened(settings))
        key, thief = log_key(services), Thief.of(services, settings.data_dir)
        url, memory = stack.enter_context(witnessing(folder, key))
        assert asked(services, url, memory).state == "signed"
        thief.log[0] = merkle.leaf_hash(b"rewritten")
        assert post(url, request_of(0, (), thief.note())).status_code == 409
        file = next(
            folder.glob({"torn note": "*.note", "torn keys": "*.keys", "torn fork": "*.json"}.get(damage, "*.key"))
        )
        if damage == "key gone":
            file.unlink()
        else:
            file.write_bytes(file.read_bytes()[:-40])
            assert post(url, request_of(0, (), thief.note())).status_code == 500
    with pytest.raises(MemoryLostError, match="copy back"):
        WitnessState(folder, NAME, [key], lambda: NOW_S)
    code, _, said = call("witness", folder, "--name", NAME, "--log", str(key))
    assert (code, said.count("\n")) == (2, 1)


def test_a_witness_whose_folder_was_set_back_is_told_of_keys_again_and_is_an_alarm(
    settings: Settings, tmp_path: Path, call: Call
) -> None:
    folder, copy = tmp_path / "w", tmp_path / "monday"
    with opened(settings) as services:
        key = log_key(services)
    with witnessing(folder, key) as (url, memory), opened(settings) as services:
        assert asked(services, url, memory).state == "signed"
        shutil.copytree(folder, copy)
    assert call("rotate-key", "--reason", "yearly")[0] == 0
    with running(settings) as site:
        assert send(site.url, tmp_path / "box", 2)[0] == 2
    with witnessing(folder, key) as (url, memory), opened(settings) as services:
        assert asked(services, url, memory).state == "signed"
    with running(settings) as site:
        assert send(site.url, tmp_path / "box", 2)[0] == 2
    with witnessing(copy, key) as (url, memory), opened(settings) as services:
        assert asked(services, url, memory).state == "signed"
        assert alarms_of(services) == [("witness_forgot", None)]
        assert memory.known_keys(key.name).text.startswith("5\n")


def test_the_folder_holds_whole_files_only(tmp_path: Path) -> None:
    """A part that a crash left is no memory and stands in nobody's way."""
    log, memory = leaves(9), book(tmp_path)
    memory.add_checkpoint(request_of(0, (), note_of(log[:4])))
    (note,) = tmp_path.glob("*.note")
    (tmp_path / f".{note.name}.part").write_text("torn")
    again = book(tmp_path)
    assert again.add_checkpoint(request_of(4, growth(log, 4), note_of(log))).status == 200
    assert json.dumps(str(again.last(ORIGIN))).count(ORIGIN) == 2  # the head and the line of the log's own key
    assert notes.is_signed_by(notes.parse_note(str(again.last(ORIGIN))), LOG_KEY)

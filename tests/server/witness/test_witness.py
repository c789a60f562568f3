"""A witness and the logs it watches: what it signs, what it refuses, and an operator who sets the log back."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select

from server.api.app import build_services
from server.config.settings import Settings, SettingsError, load_settings
from server.store import alarms as alarm_texts
from server.store.schema import alarms
from server.witness.cosigning import cosigned
from server.witness.witness_state import WitnessState, request_of
from sweep.entry import notes
from tests.server.conftest import NO_TLS, running
from tests.server.witness_kit import (
    KEY,
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


def test_it_signs_what_grew_and_remembers_it_over_a_restart(tmp_path: Path) -> None:
    log = leaves(9)
    first = book(tmp_path).add_checkpoint(request_of(0, (), note_of(log[:4])))
    assert first.status == 200
    assert notes.cosigned_at(notes.parse_note(note_of(log[:4]) + first.text), book(tmp_path).key) == NOW_S
    assert book(tmp_path).add_checkpoint(request_of(4, growth(log, 4), note_of(log))).status == 200
    assert "\n9\n" in str(book(tmp_path).last(ORIGIN))
    assert book(tmp_path).add_checkpoint(request_of(9, growth(log, 9), note_of(log))).status == 200


def test_it_refuses_what_did_not_grow_from_what_it_saw(tmp_path: Path) -> None:
    log, witness = leaves(9), book(tmp_path)
    witness.add_checkpoint(request_of(0, (), note_of(log[:6])))
    forged = [*leaves(3, "forged"), *log[3:]]
    refusals = {
        "set back": (request_of(6, (), note_of(log[:4])), 400),
        "set back, as if it knew less": (request_of(4, (), note_of(log[:4])), 409),
        "another of the same size": (request_of(6, (), note_of(forged[:6])), 409),
        "rewritten and grown": (request_of(6, growth(forged, 6), note_of(forged)), 422),
        "grown, without a proof": (request_of(6, (), note_of(log)), 422),
        "another log": (request_of(0, (), note_of(log, notes.VerifierKey("x", notes.ED25519, KEY.public_key))), 404),
        "another key": (request_of(6, growth(log, 6), note_of(log).replace("— ansim", "— other")), 403),
    }
    assert {name: witness.add_checkpoint(asked).status for name, (asked, _) in refusals.items()} == {
        name: status for name, (_, status) in refusals.items()
    }
    assert witness.add_checkpoint(refusals["set back, as if it knew less"][0]).text == "6\n"
    assert "\n6\n" in str(witness.last(ORIGIN))


@given(st.binary(max_size=300))
@hypothesis_settings(max_examples=200)
def test_any_bytes_are_refused_in_one_line(tmp_path_factory: pytest.TempPathFactory, request: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "witness"
    reply = book(folder).add_checkpoint(request)
    assert reply.status == 400
    assert reply.text.count("\n") == 1


def test_a_server_has_its_head_signed(settings: Settings, tmp_path: Path) -> None:
    with running(settings) as site, witnessing(tmp_path / "w", log_key(site.services)) as (url, memory):
        first = asked(site.services, url, memory)
        assert (first.state, first.size) == ("signed", 4)
        assert asked(site.services, url, memory).state == "nothing_new"
        send(site.url, tmp_path / "box", 3)
        assert asked(site.services, url, memory).state == "signed"
        with site.db.read() as connection:
            note = cosigned(connection, memory.key)
        assert note is not None
        assert notes.open_checkpoint(note, [log_key(site.services)]).size == 7
        origin = log_key(site.services).name
        assert httpx.get(f"{url}/last", params={"origin": origin}, verify=NO_TLS).text == memory.last(origin)
        assert str(memory.key) in httpx.get(url, verify=NO_TLS).text
        assert httpx.post(f"{url}/add-checkpoint", content=b"x" * 100_000, verify=NO_TLS).status_code == 413


def test_an_operator_who_sets_the_log_back_is_refused_by_probe_and_witness(tmp_path: Path) -> None:
    """The database of this morning is put back; the evening's entries are gone, others take their places."""
    settings = Settings(data_dir=tmp_path / "data", port=0, min_free_mib=0)
    copy, box = tmp_path / "morning.sqlite3", tmp_path / "box"
    with running(settings) as site:
        key = log_key(site.services)
        assert send(site.url, box, 4)[0] == 4
    shutil.copyfile(settings.data_dir / "server.sqlite3", copy)
    with witnessing(tmp_path / "w", key) as (url, memory):
        with running(settings) as site:
            assert send(site.url, box, 5)[0] == 5
            assert asked(site.services, url, memory).state == "signed"
        for name in ("server.sqlite3", "server.sqlite3-wal", "server.sqlite3-shm"):
            (settings.data_dir / name).unlink(missing_ok=True)
        shutil.copyfile(copy, settings.data_dir / "server.sqlite3")
        with running(settings) as site:
            refused = asked(site.services, url, memory)
            assert refused.state == "refused"
            delivered, went_back, said = send(site.url, box, 1)
            assert (delivered, went_back) == (0, True)
            assert said is not None
            assert "set back" in said
            others = tmp_path / "others"
            assert send(site.url, others, 9)[0] == 9  # a probe that never saw the evening; the log outgrows it
            delivered, went_back, said = send(site.url, box, 0)
            assert (delivered, went_back) == (0, True)
            assert "not what they were" in str(said)
            again = asked(site.services, url, memory)
            assert again.state == "refused"
            assert "422" in again.detail
            with site.db.read() as connection:
                codes = connection.scalars(select(alarms.c.code)).all()
            assert "witness_refused" in codes
            assert "witness_refused" in alarm_texts.TEXTS


def test_a_witness_that_is_away_or_talks_nonsense_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    services = build_services(settings)
    memory = WitnessState(tmp_path / "w", NAME, [log_key(services)], lambda: NOW_S)
    other = WitnessState(tmp_path / "v", NAME, [log_key(services)], lambda: NOW_S)
    assert asked(services, "http://127.0.0.1:9", memory).state == "unreachable"
    with witnessing(tmp_path / "v", log_key(services)) as (url, _):
        found = asked(services, url, memory)
        assert found.state == "unreachable"
        assert "no line of its key" in found.detail
        assert asked(services, f"{url}/nowhere", other).state == "unreachable"
    with services.db.read() as connection:
        assert cosigned(connection, memory.key) is None
    services.db.close()


def test_the_settings_of_a_witness_go_together() -> None:
    with pytest.raises(SettingsError, match="go together"):
        load_settings({"ANSIM_WITNESS_URL": "http://127.0.0.1:1"})
    with pytest.raises(SettingsError, match="not the key of a witness"):
        load_settings({"ANSIM_WITNESS_URL": "http://127.0.0.1:1", "ANSIM_WITNESS_KEY": str(LOG_KEY)})

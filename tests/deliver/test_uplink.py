from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sweep.deliver.sending import EntryHeldError, EntryRefusedError
from sweep.deliver.uplink import ServerChangedError, ServerUnreachableError, Uplink
from sweep.entry.envelope import verify_request
from sweep.report import CommandList, LiveMessage, new_id, to_json, utc_now
from sweep.run.words import state_event
from tests.entry_factory import signer
from tests.hostile_server import ATTACKS, DRIP, HostileServer

KEY = signer("probe")


def uplink(answer: Callable[[httpx.Request], httpx.Response]) -> Uplink:
    return Uplink("http://probe.local:8080/", KEY, transport=httpx.MockTransport(answer))


def error(status: int, message: str = "it is so") -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": "x", "message": {"ko": "그렇다", "en": message}}})


def test_the_servers_key_is_pinned_at_first_contact(tmp_path: Path) -> None:
    keys = ["aa" * 32, "aa" * 32, "bb" * 32]
    pin = tmp_path / "state" / "server.pub"
    with uplink(lambda _: httpx.Response(200, json={"key_id": "x", "public_key": keys.pop(0)})) as link:
        assert link.server_key(pin) == bytes.fromhex("aa" * 32)
        assert link.server_key(pin) == bytes.fromhex("aa" * 32)
        with pytest.raises(ServerChangedError, match="another key than before"):
            link.server_key(pin)


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_a_refusal_is_final_and_keeps_its_reason(status: int) -> None:
    with (
        uplink(lambda _: error(status, "the sequence number is taken")) as link,
        pytest.raises(EntryRefusedError, match=f"{status}: the sequence number is taken"),
    ):
        link.send_entry(b"{}")


@pytest.mark.parametrize("status", [429, 502, 503, 504, 507])
def test_a_server_that_cannot_now_is_tried_again(status: int) -> None:
    with uplink(lambda _: error(status)) as link, pytest.raises(ServerUnreachableError, match="cannot now"):
        link.send_entry(b"{}")


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_an_entry_that_is_not_taken_now_waits(status: int) -> None:
    with uplink(lambda _: error(status)) as link, pytest.raises(EntryHeldError, match=f"{status}: it is so"):
        link.send_entry(b"{}")


@pytest.mark.parametrize(("status", "text"), [(200, "<html>"), (404, "nothing"), (200, "[]")])
def test_an_answer_that_is_none_of_ours_is_said(status: int, text: str) -> None:
    with (
        uplink(lambda _: httpx.Response(status, text=text)) as link,
        pytest.raises(ServerUnreachableError, match="is this an Ansim Sweep server"),
    ):
        link.send_entry(b"{}")


def test_a_dead_line_is_one_sentence() -> None:
    def dead(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with uplink(dead) as link, pytest.raises(ServerUnreachableError, match="is it running") as caught:
        link.send_entry(b"{}")
    assert "\n" not in str(caught.value)


def test_a_hostile_reason_cannot_reach_the_terminal_raw() -> None:
    with uplink(lambda _: error(400, "a\x1b[2J\u202eb")) as link, pytest.raises(EntryRefusedError) as caught:
        link.send_entry(b"{}")
    assert "\x1b" not in str(caught.value)
    assert "\u202e" not in str(caught.value)


def test_live_messages_and_polls_are_signed_for_their_target() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        now = int(request.headers["Authorization"].split("time=")[1].split(",")[0])
        verify_request(
            request.headers["Authorization"],
            KEY.public_key,
            method=request.method,
            target=request.url.raw_path.decode(),
            body=request.content,
            now_unix_s=now,
        )
        if request.method == "GET":
            return httpx.Response(200, content=to_json(CommandList(commands=())))
        return httpx.Response(200, json={"accepted": 1})

    message = LiveMessage(v=1, probe_id="p1", seq=0, sent=utc_now(), sweep_id=None, event=state_event("idle"))
    with uplink(answer) as link:
        link.send_live("p1", [message])
        assert link.poll_commands("p1", new_id(), 5.0).commands == ()
    assert json.loads(seen[0].content)[0]["event"]["state"] == "idle"
    assert "wait_s=5" in str(seen[1].url)


def test_a_command_that_cannot_be_read_is_named_and_the_others_are_done() -> None:
    now, known, newer = utc_now(), new_id(), new_id()
    abort = {"command": "abort", "sweep_id": str(known), "command_id": str(known), "issued": now.isoformat(),
             "expires": now.isoformat()}  # fmt: skip
    answer = {"commands": [{"command": "explode"}, abort, 7, {"command": "dance", "command_id": str(newer)}]}
    with uplink(lambda _: httpx.Response(200, json=answer)) as link:
        found = link.poll_commands("p1", None, 1.0)
    assert [command.command_id for command in found.commands] == [known]
    assert (found.unreadable, found.nameless, found.last) == ((newer,), 2, newer)


CALLS: dict[str, Callable[[Uplink, Path], object]] = {
    "key": lambda link, folder: link.server_key(folder / "server.pub"),
    "entry": lambda link, _: link.send_entry(b"{}"),
    "live": lambda link, _: link.send_live("p1", []),
    "commands": lambda link, _: link.poll_commands("p1", None, 0.0),
}
HARMLESS = {("entry", "an object"), ("entry", "wrong types"), ("entry", "nothing known")}
"""What could be a receipt: the outbox verifies it."""


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_whatever_the_other_side_says_is_one_sentence_and_no_success(tmp_path: Path, attack: str, call: str) -> None:
    with HostileServer(lambda _: ATTACKS[attack]) as server, Uplink(server.url, KEY) as link:
        if (call, attack) in HARMLESS:
            assert isinstance(CALLS[call](link, tmp_path), dict)
            return
        with pytest.raises(ServerUnreachableError) as caught:
            CALLS[call](link, tmp_path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert not (tmp_path / "server.pub").exists()


def test_an_answer_that_drips_is_cut_off() -> None:
    """Each byte comes in time, the whole never: without a bound a thread of the probe would hang for ever."""
    with HostileServer(lambda _: DRIP) as server, Uplink(server.url, KEY, timeout_s=0.2) as link:
        with pytest.raises(ServerUnreachableError, match="no answer"):
            link.poll_commands("p1", None, 0.0)
        assert server.connections == 1


@pytest.mark.parametrize("pin", [b"", b"\xff\xfe", b"zz" * 32, b"aa", b"aa" * 33, b"a" * 10_000])
def test_a_damaged_pin_blames_the_file_and_not_the_server(tmp_path: Path, pin: bytes) -> None:
    (tmp_path / "server.pub").write_bytes(pin)
    with (
        uplink(lambda _: httpx.Response(200, json={"public_key": "aa" * 32})) as link,
        pytest.raises(ServerChangedError, match="is damaged; when you are sure of the server, remove"),
    ):
        link.server_key(tmp_path / "server.pub")
    assert (tmp_path / "server.pub").read_bytes() == pin


def test_an_address_that_is_none_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="no address of a server"):
        Uplink("http://a:99999", KEY)

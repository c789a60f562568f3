from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sweep.entry import verify_request
from sweep.outbox import EntryRefusedError
from sweep.report import CommandList, LiveMessage, new_id, to_json, utc_now
from sweep.report.wording import state_event
from sweep.uplink import ServerChangedError, ServerUnreachableError, Uplink
from tests.entry_factory import signer

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


@pytest.mark.parametrize("status", [429, 500, 502, 503, 507])
def test_a_server_that_cannot_now_is_tried_again(status: int) -> None:
    with uplink(lambda _: error(status)) as link, pytest.raises(ServerUnreachableError, match="cannot now"):
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


def test_commands_that_cannot_be_read_are_no_commands() -> None:
    with (
        uplink(lambda _: httpx.Response(200, json={"commands": [{"command": "explode"}]})) as link,
        pytest.raises(ServerUnreachableError, match="cannot be read"),
    ):
        link.poll_commands("p1", None, 1.0)

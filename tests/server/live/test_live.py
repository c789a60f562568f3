"""Live messages and commands: only an enrolled probe speaks, commands arrive once, pages see the current sweep."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from server.config.settings import Settings
from server.live.channel import MAX_PENDING
from server.live.hub import ONLINE_S, QUEUE_SIZE, LiveHub
from server.signing.keys import Key
from sweep.entry.envelope import sign_request
from sweep.report import (
    AbortCommand,
    Command,
    CommandEvent,
    CommandList,
    DeclareEmptyCommand,
    PauseCommand,
    ResumeCommand,
    new_id,
    parse_json,
    utc_now,
)
from tests.entry_factory import signer
from tests.server.conftest import SECOND_IN_SOAK, Site, running
from tests.server.live_kit import PROBE, events, guidance, message, post, signed, state, text
from tests.server.sweep_kit import DEMO_ROOM, Probe
from tests.waiting import PATIENCE_S, wait_until

KEY = Key(signer("probe").key_id, signer("probe").public_key, "demo", PROBE, "test", 0, None, None)


@pytest.fixture
def enrolled(site: Site) -> Site:
    site.admit(signer("probe"))
    return site


def test_pages_see_the_current_sweep_and_what_comes_after(enrolled: Site) -> None:
    old, new = new_id(), new_id()
    client = enrolled.login("viewer")
    assert post(enrolled, state(0, "running", old), guidance(1, "old", old)).json() == {"accepted": 2}
    assert post(enrolled, state(2, "running", new), guidance(3, "first", new)).json() == {"accepted": 2}
    with events(client) as heard:
        assert [next(heard)[1]["seq"] for _ in range(2)] == [2, 3]
        assert next(heard)[0] == "probe"
        post(enrolled, guidance(4, "second", new))
        name, data = next(heard)
        assert (name, data["seq"], data["event"]) == (
            "guidance",
            4,
            {"type": "guidance", "text": {"ko": "second", "en": "second"}},
        )
        probe = Probe()
        sweep_id, opened, _ = probe.whole_sweep()
        enrolled.send(opened)
        assert next(heard) == ("entry", {"sweep_id": str(sweep_id), "kind": "sweep.opened"})
    (shown,) = client.get("/api/probes").json()["probes"]
    assert (shown["online"], shown["state"], shown["sweep_id"]) == (True, "running", str(new))


def test_a_message_sent_twice_counts_once_and_a_restart_counts_anew(enrolled: Site) -> None:
    first, second = guidance(7, "a"), guidance(8, "b")
    assert [post(enrolled, first, second).json()["accepted"] for _ in range(2)] == [2, 0]
    assert post(enrolled, guidance(0, "after a restart")).json() == {"accepted": 1}


def test_commands_travel_from_the_page_to_the_probe_and_back(enrolled: Site) -> None:
    inspector = enrolled.login("inspector")
    path = f"/api/probes/{PROBE}/commands"
    wanted = {"command": "start", "room_id": str(DEMO_ROOM), "mode": "quick", "inspectors": ["점검자-01", "점검자-02"]}
    offline = inspector.post(path, wanted)
    assert (offline.status_code, offline.json()["error"]["code"]) == (409, "probe_offline")
    assert signed(enrolled, "GET", f"{path}?wait_s=0").json() == {"commands": []}

    fetched: list[CommandList] = []

    def poll() -> None:
        fetched.append(parse_json(CommandList, signed(enrolled, "GET", f"{path}?wait_s=20").content))

    thread = threading.Thread(target=poll)
    thread.start()
    told = {"command_id": str(new_id()), "told_time": "2026-05-04T09:00:00Z"}
    queued = inspector.post(path, wanted | told).json()
    thread.join(PATIENCE_S)
    (start,) = fetched[0].commands
    assert start.command == "start"
    assert (str(start.command_id), str(start.sweep_id)) == (queued["command_id"], queued["sweep_id"])
    assert start.facility_name.ko == "시범 공중화장실 (데모)"
    assert [zone.zone_id for zone in start.plan.zones] == ["stall-1", "stall-2", "stall-3", "basins", "entrance"]
    assert start.told_time is not None
    assert start.told_time.isoformat() == "2026-05-04T09:00:00+00:00"
    assert start.expires - start.issued == timedelta(seconds=60)
    assert inspector.post(path, wanted | {"command_id": queued["command_id"]}).json() == queued

    people = ["점검자-01", "점검자-02"]
    second = inspector.post(path, {"command": "declare_empty", "sweep_id": queued["sweep_id"], "declared_by": people})
    assert second.status_code == 200
    names = [item["command"] for item in signed(enrolled, "GET", f"{path}?wait_s=0").json()["commands"]]
    assert names == ["start", "declare_empty"]
    after = f"{path}?wait_s=0&after={queued['command_id']}"
    for _ in range(2):
        assert [item["command"] for item in signed(enrolled, "GET", after).json()["commands"]] == ["declare_empty"]


@SECOND_IN_SOAK
@pytest.mark.parametrize(
    "wanted",
    [
        {"command": "start", "room_id": str(DEMO_ROOM), "mode": "full", "inspectors": ["점검자-01", "점검자-01"]},
        {"command": "start", "room_id": str(DEMO_ROOM), "mode": "full", "inspectors": ["점검자-01"]},
        {"command": "declare_empty", "sweep_id": str(DEMO_ROOM), "declared_by": ["점검자-01", "점검자-01"]},
        {"command": "position", "sweep_id": str(DEMO_ROOM), "zone_id": "a", "x_m": 1e9, "y_m": 0, "facing_deg": 0},
        {"command": "reboot", "sweep_id": str(DEMO_ROOM)},
        {"command": "abort", "sweep_id": "no uuid"},
    ],
)
def test_commands_that_make_no_sense_are_refused(enrolled: Site, wanted: dict[str, object]) -> None:
    signed(enrolled, "GET", f"/api/probes/{PROBE}/commands?wait_s=0")
    assert enrolled.login("inspector").post(f"/api/probes/{PROBE}/commands", wanted).status_code == 400


def test_unknown_probes_and_rooms_are_not_found(enrolled: Site) -> None:
    inspector = enrolled.login("inspector")
    start = {"command": "start", "room_id": str(new_id()), "mode": "full", "inspectors": ["점검자-01", "점검자-02"]}
    assert inspector.post(f"/api/probes/{PROBE}/commands", start).status_code == 404
    assert inspector.post("/api/probes/nobody/commands", start | {"room_id": str(DEMO_ROOM)}).status_code == 404


def test_only_the_enrolled_key_of_this_probe_speaks_for_it(enrolled: Site) -> None:
    enrolled.admit(signer("other"), probe_id="probe-2")
    enrolled.admit(signer("witness"), "witness", PROBE)
    path, body = f"/api/probes/{PROBE}/live", guidance(0, "a").model_dump_json().encode()
    assert signed(enrolled, "POST", path, body).status_code == 200
    assert signed(enrolled, "POST", path, body, key=signer("unknown")).status_code == 401
    assert signed(enrolled, "POST", path, body, key=signer("other")).status_code == 403
    assert signed(enrolled, "POST", path, body, key=signer("witness")).status_code == 403
    assert signed(enrolled, "POST", path, body, late_s=301).status_code == 401
    header = sign_request(signer("probe"), "POST", path, body, int(time.time()))
    for changed in ({"content": body + b" "}, {"params": {"a": "b"}}):
        answer = httpx.post(enrolled.url + path, **({"content": body} | changed), headers={"Authorization": header})
        assert answer.status_code == 401
    for nonsense in ("", "Ansim", "Ansim key=a,time=b,sig=c", "Bearer x", "Ansim key=" + "0" * 16 + ",time=1,sig=%%"):
        assert httpx.post(enrolled.url + path, content=body, headers={"Authorization": nonsense}).status_code == 401
    stranger = guidance(1, "a").model_copy(update={"probe_id": "probe-2"}).model_dump_json().encode()
    assert signed(enrolled, "POST", path, stranger).json()["error"]["code"] == "not_this_probe"


def test_live_messages_are_bounded(enrolled: Site) -> None:
    path = f"/api/probes/{PROBE}/live"
    one = guidance(0, "a").model_dump_json().encode()
    for body in (b"[" + b",".join([one] * 51) + b"]", b"[]", b"{}", b"null", b"[" * 9_999):
        assert signed(enrolled, "POST", path, body).status_code == 400
    assert signed(enrolled, "POST", path, b" " * 300_000).status_code == 413


class FakeTime:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _abort(life_s: float = 60.0) -> AbortCommand:
    issued = utc_now()
    return AbortCommand(
        command_id=new_id(),
        issued=issued,
        expires=issued + timedelta(seconds=life_s),
        command="abort",
        sweep_id=new_id(),
    )


def test_a_probe_that_falls_silent_goes_offline_and_pages_hear_it() -> None:
    async def scenario() -> None:
        clock = FakeTime()
        hub = LiveHub(clock)
        listener = hub.listen(PROBE, new_id(), "")
        hub.publish(PROBE, KEY, (state(0, "idle"),))
        clock.now += ONLINE_S
        hub.find_silent()
        assert hub.view(KEY, PROBE).online
        clock.now += 0.1
        hub.find_silent()
        assert not hub.view(KEY, PROBE).online
        seen = [listener.queue.get_nowait() for _ in range(listener.queue.qsize())]
        shown = [(event.name, json.loads(event.data).get("online")) for event in seen]
        assert shown == [("probe", True), ("state", None), ("probe", True), ("probe", False)]

    asyncio.run(scenario())


def test_a_page_that_does_not_keep_up_loses_its_stream_not_single_events() -> None:
    async def scenario() -> None:
        hub = LiveHub(FakeTime())
        slow, quick = hub.listen(PROBE, new_id(), ""), hub.listen(PROBE, new_id(), "")
        for seq in range(QUEUE_SIZE + 10):
            hub.publish(PROBE, KEY, (guidance(seq, "a"),))
            quick.queue.get_nowait()
        assert slow.is_lost
        assert not quick.is_lost
        assert slow.queue.qsize() == QUEUE_SIZE

    asyncio.run(scenario())


def test_streams_and_long_polls_end_with_the_server(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    ended: list[str] = []
    with running(settings) as site:
        site.admit(signer("probe"))
        client = site.login("viewer")

        def poll() -> None:
            ended.append(signed(site, "GET", f"/api/probes/{PROBE}/commands?wait_s=25").text)

        def listen() -> None:
            with events(client) as heard:
                ended.extend(name for name, _ in heard)

        threads = [threading.Thread(target=target) for target in (poll, listen)]
        for thread in threads:
            thread.start()
        post(site, guidance(0, "a"))
        wait_until(
            lambda: client.get("/api/probes").json()["probes"][0]["online"] and "guidance" in ended,
            "both wait",
            every_s=0.02,
        )
        began = time.monotonic()
        site.closing.pop_all()  # the browser stays open
    for thread in threads:
        thread.join(PATIENCE_S)
    client.http.close()
    assert time.monotonic() - began < 15, "before the poll would have ended by itself"
    assert '{"commands":[]}' in ended
    assert "closing" in ended
    assert "Traceback" not in capfd.readouterr().err


def test_commands_expire_and_do_not_pile_up() -> None:
    async def scenario() -> None:
        hub = LiveHub(FakeTime())
        late = _abort(life_s=-1)
        hub.enqueue(PROBE, late, late.sweep_id)
        assert await hub.fetch(PROBE, KEY, None, 0) == ()
        sweep_id = new_id()
        for _ in range(MAX_PENDING):
            hub.enqueue(PROBE, _command(ResumeCommand, sweep_id), sweep_id)
        with pytest.raises(Exception, match="does not fetch"):
            hub.enqueue(PROBE, _command(ResumeCommand, sweep_id), sweep_id)
        stops = [_abort() for _ in range(MAX_PENDING)]
        for stop in stops:
            hub.enqueue(PROBE, stop, stop.sweep_id)
        with pytest.raises(Exception, match="does not fetch"):
            hub.enqueue(PROBE, _abort(), sweep_id)
        commands = await hub.fetch(PROBE, KEY, None, 0)
        assert len(commands) == 2 * MAX_PENDING
        assert len(await hub.fetch(PROBE, KEY, commands[9].command_id, 0)) == 2 * MAX_PENDING - 10

    asyncio.run(scenario())


def _command(kind: type[PauseCommand | ResumeCommand | DeclareEmptyCommand], sweep_id: UUID, **more: object) -> Command:
    issued = utc_now()
    name = {PauseCommand: "pause", ResumeCommand: "resume", DeclareEmptyCommand: "declare_empty"}[kind]
    times = {"command_id": new_id(), "issued": issued, "expires": issued + timedelta(seconds=60)}
    return kind.model_validate(times | {"command": name, "sweep_id": sweep_id} | more)


def test_a_stop_overtakes_and_cancels_what_would_set_the_sweep_going_after_it() -> None:
    async def scenario() -> None:
        hub, mine, other = LiveHub(FakeTime()), new_id(), new_id()
        people = {"declared_by": ("점검자-01", "점검자-02")}
        waiting = [
            _command(ResumeCommand, mine),
            _command(DeclareEmptyCommand, mine, **people),
            _command(ResumeCommand, other),
        ]
        stop = _command(PauseCommand, mine)
        for command in (*waiting, stop):
            hub.enqueue(PROBE, command, mine)
        assert await hub.fetch(PROBE, KEY, None, 0) == (stop, waiting[2])

    asyncio.run(scenario())


def test_a_stop_is_never_acknowledged_by_what_was_handed_out_before_it() -> None:
    async def scenario() -> None:
        hub, sweep_id = LiveHub(FakeTime()), new_id()
        first, second, stop = (_command(kind, sweep_id) for kind in (ResumeCommand, ResumeCommand, PauseCommand))
        hub.enqueue(PROBE, first, sweep_id)
        hub.enqueue(PROBE, second, sweep_id)
        assert await hub.fetch(PROBE, KEY, None, 0) == (first, second)
        hub.enqueue(PROBE, stop, sweep_id)
        assert await hub.fetch(PROBE, KEY, None, 0) == (first, second, stop)  # to a connection that broke
        assert await hub.fetch(PROBE, KEY, second.command_id, 0) == (stop,)
        assert await hub.fetch(PROBE, KEY, stop.command_id, 0) == ()

    asyncio.run(scenario())


def test_a_stop_is_taken_while_the_probe_is_away_and_stands_until_it_answers(enrolled: Site) -> None:
    inspector, sweep_id, path = enrolled.login("inspector", "점검자-07"), new_id(), f"/api/probes/{PROBE}/commands"
    unknown = inspector.post(path, {"command": "pause", "sweep_id": None})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (409, "no_sweep_known")
    wanted = {"command": "pause", "sweep_id": str(sweep_id), "command_id": str(new_id())}
    for _ in range(2):
        queued = inspector.post(path, wanted)
        assert (queued.status_code, queued.json()) == (
            200,
            {
                "command_id": wanted["command_id"],
                "sweep_id": str(sweep_id),
                "answer": "waiting",
                "probe_online": False,
            },
        )
    with events(inspector) as heard:
        name, probe = next(heard)
        stop = probe["stop"]
        assert isinstance(stop, dict)
        assert (name, stop["command_id"], stop["asked_by"], stop["answer"]) == (
            "probe",
            wanted["command_id"],
            "점검자-07",
            "waiting",
        )
    (fetched,) = signed(enrolled, "GET", f"{path}?wait_s=0").json()["commands"]
    assert (fetched["command"], fetched["command_id"]) == ("pause", wanted["command_id"])
    answer = CommandEvent(type="command", command_id=UUID(fetched["command_id"]), accepted=True, text=text("accepted"))
    post(enrolled, state(0, "running", sweep_id), message(1, answer, sweep_id), state(2, "paused", sweep_id))
    assert inspector.post(path, wanted).json()["answer"] == "accepted"
    (probe,) = inspector.get("/api/probes").json()["probes"]
    assert (probe["state"], probe["stop"]["answer"]) == ("paused", "accepted")
    post(enrolled, state(3, "running", sweep_id))
    (probe,) = inspector.get("/api/probes").json()["probes"]
    assert probe["stop"] is None
    # A page that has not heard which sweep runs may stop it all the same.
    assert inspector.post(path, {"command": "pause", "sweep_id": None}).json()["sweep_id"] == str(sweep_id)
    assert enrolled.login("viewer").post(path, wanted).status_code == 403
    assert inspector.post("/api/probes/nobody/commands", wanted).status_code == 404


def test_a_stop_does_not_wait_for_the_database(enrolled: Site) -> None:
    inspector, sweep_id, path = enrolled.login("inspector"), new_id(), f"/api/probes/{PROBE}/commands"
    post(enrolled, state(0, "running", sweep_id))
    with enrolled.db.write():  # somebody else writes for long
        asked = threading.Thread(target=lambda: inspector.post(path, {"command": "pause", "sweep_id": str(sweep_id)}))
        asked.start()
        fetched = signed(enrolled, "GET", f"{path}?wait_s=10").json()["commands"]
        assert [command["command"] for command in fetched] == ["pause"]
    asked.join()


def test_a_new_listener_hears_last_what_is_known_of_the_probe(enrolled: Site) -> None:
    viewer, sweep_id = enrolled.login("viewer"), new_id()
    with events(viewer) as heard:
        name, probe = next(heard)
        assert (name, probe["state"], probe["online"]) == ("probe", None, False)  # nothing since the server started
    post(enrolled, state(0, "running", sweep_id), guidance(1, "here", sweep_id))
    with events(viewer) as heard:
        names = [next(heard)[0] for _ in range(3)]
        assert names == ["state", "guidance", "probe"]

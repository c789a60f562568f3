"""A page that opens in the middle of a sweep shows what one shows that was open from the beginning."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from server.live.hub import LiveHub
from sweep.report import LiveEvent, LiveMessage, new_id, utc_now
from sweep.report.replay import MAX_KEPT, Replay
from tests.server.live.test_live import KEY
from tests.server.live_kit import PROBE

EVENT: TypeAdapter[LiveEvent] = TypeAdapter(LiveEvent)
SWEEP = new_id()
TEXT = {"ko": "말", "en": "word"}


def message(seq: int, **event: Any) -> LiveMessage:
    return LiveMessage(v=1, probe_id=PROBE, seq=seq, sent=utc_now(), sweep_id=SWEEP, event=EVENT.validate_python(event))


def condition(volts: float) -> dict[str, Any]:
    unknown = ("is_undervolted", "processor_c", "is_slowed", "disk_free_bytes", "head", "camera", "camera_because")
    return {"type": "condition", "battery_v": volts, "lost": {}} | dict.fromkeys(unknown)


def random_event(rng: random.Random) -> dict[str, Any]:
    zone, modality = rng.choice(["stall-1", "stall-2", "basin"]), rng.choice(["lens", "wifi", "ble", "rf"])
    text = {"ko": f"말 {rng.random()}", "en": "word"}
    return rng.choice(
        [
            {"type": "state", "state": rng.choice(["running", "paused", "waiting_for_empty", "closing"]), "text": text},
            {"type": "progress", "position_index": rng.randrange(6), "positions": 6, "zone_id": zone,
             "modality": rng.choice([None, modality]), "fraction": 0.5},
            {"type": "zone", "zone_id": zone, "modality": modality, "verdict": "not_assessable",
             "quality": rng.random()},
            {"type": "guidance", "text": text},
            {"type": "notice", "code": rng.choice(["hot", "head_away"]), "is_over": rng.random() < 0.5, "text": text},
            {"type": "trial", "kind": "light", "phase": "running", "zone_id": zone, "elapsed_s": rng.random(),
             "longest_s": 114.0, "text": text},
            condition(round(rng.uniform(4.4, 5.2), 2)),
        ]
    )  # fmt: skip


def shown(messages: tuple[LiveMessage, ...]) -> dict[str, Any]:
    """What the page makes of them (`live/feed.svelte.ts`)."""
    page: dict[str, Any] = {"notices": {}, "zones": {}}
    for one in messages:
        event = one.event
        match event.type:
            case "state":
                page["state"] = event
                if event.state != "running":
                    page["guidance"] = None
                if event.state not in {"running", "paused"}:
                    page["is_measuring"] = False
            case "progress":
                if event.modality is None:
                    page["trial"] = page["guidance"] = None
                page["is_measuring"] = event.zone_id is not None
                page["progress"] = event
            case "zone":
                if event.modality == "wifi":
                    page["is_measuring"] = False
                page["zones"][event.zone_id, event.modality] = event
            case "notice":
                page["notices"].pop(event.code, None)
                if not event.is_over:
                    page["notices"][event.code] = event
            case _:
                page[event.type] = event
    return page


@pytest.mark.parametrize("seed", range(20))
def test_the_replay_shows_what_all_messages_would(seed: int) -> None:
    rng = random.Random(seed)
    replay = Replay()
    said: list[LiveMessage] = []
    for seq in range(400):
        said.append(message(seq, **random_event(rng)))
        replay.add(said[-1])
        if seq % 37 == 0:
            assert shown(replay.messages()) == shown(tuple(said))
    assert shown(replay.messages()) == shown(tuple(said))
    assert len(replay.messages()) < 40
    numbers = [one.seq for one in replay.messages()]
    assert numbers == sorted(numbers)


def test_what_a_hostile_probe_says_is_bounded() -> None:
    replay = Replay()
    for seq in range(2 * MAX_KEPT):
        replay.add(message(seq, type="notice", code=f"made_up_{seq}", text=TEXT))
        replay.add(message(seq, type="command", command_id=new_id(), accepted=True, text=TEXT))
    assert len(replay.messages()) <= MAX_KEPT


def test_a_page_that_opens_late_is_told_how_old_it_is() -> None:
    hub = LiveHub(lambda: 0.0)
    sent = utc_now() - timedelta(seconds=120)
    told = message(0, type="state", state="running", text=TEXT).model_copy(update={"sent": sent, "age_s": 30.0})
    hub.publish(PROBE, KEY, (told,))
    replayed = hub.listen(PROBE, new_id(), "late").queue.get_nowait()
    age_s = LiveMessage.model_validate_json(replayed.data).age_s
    assert 150.0 <= age_s < 155.0


def test_a_server_that_began_anew_learns_of_the_probe_who_makes_the_sweep() -> None:
    hub, room_id = LiveHub(lambda: 0.0), new_id()
    hub.publish(PROBE, KEY, (message(0, type="state", state="running", text=TEXT),))
    assert hub.view(KEY, PROBE).inspectors is None
    names = ("점검자-01", "점검자-02")
    hub.publish(PROBE, KEY, (message(1, type="state", state="paused", text=TEXT, room_id=room_id, inspectors=names),))
    view = hub.view(KEY, PROBE)
    assert (view.room_id, view.inspectors) == (room_id, names)
    idle = message(2, type="state", state="idle", text=TEXT).model_copy(update={"sweep_id": None})
    hub.publish(PROBE, KEY, (idle,))
    assert hub.view(KEY, PROBE).inspectors is None


def test_what_never_came_is_counted_once_for_all_pages() -> None:
    hub = LiveHub(lambda: 0.0)
    hub.publish(PROBE, KEY, tuple(message(seq, **condition(4.9)) for seq in (0, 1, 5, 6)))
    assert hub.view(KEY, PROBE).missed == 3
    hub.publish(PROBE, KEY, (message(6, **condition(4.9)), message(8, **condition(4.9))))
    assert hub.view(KEY, PROBE).missed == 4

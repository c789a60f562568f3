"""Whatever strangers, foreign probes and foreign persons send: another district's pages stay the same, octet by octet.

Hypothesis makes up entries over kinds, tenants, rooms, sweeps, ids, refs, bodies and keys, and requests of persons of a
neighbouring district about things of this one.  Before and after them every route that reads is asked by every role of
both districts and of the city about every thing of this district.  Left out are routes that show the log as a whole or
what waits in quarantine, to those who keep it, and what differs between two looks at an untouched server.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from server.api.access import ALL_ROLES
from server.interface.fields import CITY_ROLES, FACILITY_ROLES
from server.projections import projecting
from sweep.entry import kinds
from sweep.entry.dsse import Signer
from sweep.entry.envelope import Assurance, Body, to_wire
from sweep.report import BodyErased, LocalText, Source, new_id, to_json
from sweep.report.log_records import RoomPlaced
from tests.entry_factory import make_entry, salted, signer
from tests.server.conftest import NO_TLS, Client, Site
from tests.server.district_kit import District, district, person

MINE, THEIRS = "mapo-gu", "jung-gu"
OF_THE_LOG = re.compile(
    r"/api/(log|health|live|server-key|openapi|metrics|exports/(access-log|\{))|/metrics|/add-checkpoint"
)
HEAD_OF_THE_LOG = re.compile("기록 원장 [0-9]+건, 루트 해시 [A-Za-z0-9+/=]+".encode())
"""At the end of each line of an inspection log: it grows with whatever anybody sends."""
OF_ITS_KEEPERS = frozenset({"/api/entries", "/api/desk/day", "/api/keys"})
"""Shown to people of the whole city: what waits, and how much."""
OTHER = {
    "probe_id": "nobody",
    "username": "nobody",
    "photo_id": str(new_id()),
    "key_id": "0" * 16,
    "code": "A" * 12,
    "import_id": str(new_id()),
    "answer_id": str(new_id()),
    "pair_id": str(new_id()),
    "instrument_id": str(new_id()),
    "report_id": str(new_id()),
    "line": "5",
    "place": "000",
    "level": "0",
    "job_id": str(new_id()),
    "handover_id": str(new_id()),
    "provision_id": str(new_id()),
}
SOURCES: tuple[Source, ...] = ("live", "practice", "replay", "simulated")
ASSURANCES: tuple[Assurance, ...] = ("device", "passkey", "password", "witness", "ceremony")
KINDS = (*sorted(kinds.KNOWN_KINDS), "sweep.other", "checkpoint.cosigned")


@dataclass
class World:
    """Two districts, who looks, and who attacks."""

    site: Site
    mine: District
    theirs: District
    callers: dict[str, Client]
    intruder: Signer
    inspectors: tuple[Client, ...]
    """Of the neighbouring district."""
    seq: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)

    def paths(self) -> Iterator[tuple[str, str]]:
        """(route, path about a thing of theirs) of all that reads."""
        document = httpx.get(f"{self.site.url}/api/openapi.json", timeout=30, verify=NO_TLS).json()
        things = OTHER | {
            "room_id": str(self.theirs.room_id),
            "facility_id": str(self.theirs.facility_id),
            "sweep_id": str(self.theirs.sweep_id),
            "finding_id": str(self.theirs.finding_id),
            "entry_id": str(self.theirs.entry_id),
            "case_id": str(self.theirs.case_id),
            "probe_id": self.theirs.probe.probe_id,
        }
        reason = "reason=x&from=2026-01-01&to=2026-12-31&format=csv"
        for route, operations in document["paths"].items():
            if "get" not in operations or OF_THE_LOG.match(route):
                continue
            for commitment in (self.theirs.commitment, self.theirs.crop) if "{commitment}" in route else ("",):
                path = route.format(**things, commitment=commitment)
                yield (
                    route,
                    f"{path}?{reason}&sweep_id={self.theirs.sweep_id}" if "export" in route else f"{path}?{reason}",
                )

    def seen(self) -> dict[tuple[str, str], tuple[int, bytes]]:
        """What every caller is answered about every thing of theirs."""
        projecting.drain(self.site.db)
        found = {}
        for route, path in self.paths():
            for name, client in self.callers.items():
                if route in OF_ITS_KEEPERS and name.endswith("city"):
                    continue
                if "{" not in route and name.endswith(MINE):
                    continue  # their own lists, in which their own probe stands
                answer = client.http.get(path)
                found[path, name] = (answer.status_code, HEAD_OF_THE_LOG.sub(b"", answer.content))
        return found


def _callers(site: Site, theirs: District) -> dict[str, Client]:
    found = {"nobody": site.anonymous()}
    for role in sorted(ALL_ROLES):
        if role in CITY_ROLES or role == "auditor":
            found[f"{role} of city"] = person(site, role, None)
        if role in CITY_ROLES:
            continue
        own = theirs.facility_id if role in FACILITY_ROLES else None
        found[f"{role} of {THEIRS}"] = person(site, role, THEIRS, own)
        if role not in FACILITY_ROLES:
            found[f"{role} of {MINE}"] = person(site, role, MINE)
    return found


@pytest.fixture
def world(site: Site) -> World:
    mine, theirs = district(site, MINE), district(site, THEIRS)
    return World(
        site,
        mine,
        theirs,
        _callers(site, theirs),
        mine.probe.signer,
        (person(site, "inspector", MINE), person(site, "evidence_officer", MINE), person(site, "supervisor", MINE)),
        Counter({"probe": mine.probe.seq}),
    )


Attack = dict[str, Any]
ENTRY = st.fixed_dictionaries(
    {
        "what": st.just("entry"),
        "key": st.sampled_from(["stranger", "stranger 2", "fresh", "probe", "probe"]),
        "kind": st.sampled_from(KINDS),
        "source": st.sampled_from(SOURCES),
        "tenant": st.sampled_from([MINE, THEIRS, "demo-gu", "nowhere"]),
        "assurance": st.sampled_from(ASSURANCES),
        "subject": st.sampled_from(["probe", "server", "점검자-01"]),
        "room": st.sampled_from(["mine", "theirs", "none", "new"]),
        "sweep": st.sampled_from(["mine", "theirs", "none", "new"]),
        "id": st.sampled_from(["new", "new", "theirs"]),
        "refs": st.booleans(),
        "names": st.sampled_from(["nothing", "commitment", "crop"]),
        "carries": st.sampled_from(["nothing", "report", "opened", "erasure", "placement"]),
    }
)
REQUEST = st.fixed_dictionaries(
    {
        "what": st.just("request"),
        "who": st.integers(0, 2),
        "act": st.sampled_from(
            ["disposition", "note", "step", "plan", "sticker", "erase", "look", "case", "command", "basis"]
        ),
    }
)


def _body(world: World, attack: Attack, room_id: UUID | None, sweep_id: UUID | None) -> tuple[Body, ...]:
    theirs = world.theirs
    about = theirs.probe if attack["room"] == "theirs" else world.mine.probe
    match attack["carries"]:
        case "report" if sweep_id is not None:
            record = about.made_up(sweep_id).model_copy(update={"room_id": room_id or theirs.room_id, "source": "live"})
            return (salted(kinds.REPORT_TYPE, to_json(record)),)
        case "erasure":
            told = BodyErased(
                v=1, commitment=theirs.commitment, second_person="둘째", reason=LocalText(ko="이유", en="reason")
            )
            return (salted(kinds.ERASED_TYPE, to_json(told)),)
        case "placement":
            said = RoomPlaced(v=1, district=MINE, rooms=(theirs.room_id,))
            return (salted(kinds.ROOM_PLACED_TYPE, to_json(said)),)
        case _:
            return ()


def _send_entry(world: World, attack: Attack) -> None:
    theirs, mine = world.theirs, world.mine
    name = attack["key"] if attack["key"] != "fresh" else f"fresh {sum(world.seq.values())}"
    key = world.intruder if name == "probe" else signer(name)
    world.seq[name] += 1
    room_id = {"mine": mine.room_id, "theirs": theirs.room_id, "none": None, "new": new_id()}[attack["room"]]
    sweep_id = {"mine": mine.sweep_id, "theirs": theirs.sweep_id, "none": None, "new": new_id()}[attack["sweep"]]
    bodies = _body(world, attack, room_id, sweep_id)
    entry = make_entry(
        key,
        world.seq[name],
        kind=attack["kind"],
        bodies=bodies,
        source=attack["source"],
        sweep_id=sweep_id,
        room_id=room_id,
        refs=(theirs.entry_id,) if attack["refs"] else (),
        tenant=attack["tenant"],
        subject=mine.probe.probe_id if attack["subject"] == "probe" else attack["subject"],
        assurance=attack["assurance"],
    )
    payload = entry.payload
    if attack["id"] == "theirs":
        payload = re.sub(rb'"entry_id":"[^"]*"', b'"entry_id":"%s"' % str(theirs.entry_id).encode(), payload)
    if attack["names"] != "nothing":
        wanted = theirs.commitment if attack["names"] == "commitment" else theirs.crop
        named = b'{"media_type":"image/png","size":1,"commitment":"%s"}' % wanted.encode()
        payload = payload.replace(b'"bodies":[', b'"bodies":[' + named + (b"," if bodies else b""))
    wire = to_wire(key.sign(entry.payload_type, payload), bodies)
    answer = httpx.post(f"{world.site.url}/api/entries", content=wire, timeout=30, verify=NO_TLS)
    world.sent[f"entry of a {'foreign probe' if name == 'probe' else 'stranger'}: {answer.status_code}"] += 1
    assert answer.status_code < 500, answer.text


def _send_request(world: World, attack: Attack) -> None:
    theirs, client = world.theirs, world.inspectors[attack["who"]]
    second = {"second_person_username": "nobody", "second_person_password": "a-long-password"}
    asked: dict[str, tuple[str, object]] = {
        "disposition": (
            f"/api/findings/{theirs.finding_id}/disposition",
            {"sweep_id": str(theirs.sweep_id), "verdict": "no_camera"},
        ),
        "note": (f"/api/sweeps/{theirs.sweep_id}/note", {"by_eye": "nothing_unusual"}),
        "step": (f"/api/cases/{theirs.case_id}/steps", {"step": {"step": "not_reached", "why": "문이 잠김"}}),
        "plan": (f"/api/rooms/{theirs.room_id}/sticker", None),
        "sticker": (f"/api/facilities/{theirs.facility_id}/stickers", None),
        "erase": (f"/api/bodies/{theirs.commitment}/erase", {"reason": {"ko": "이유", "en": "reason"}, **second}),
        "look": (f"/api/rooms/{theirs.room_id}/looks", None),
        "case": (f"/api/rooms/{theirs.room_id}/cases", {"step": {"step": "reported", "what": "이상한 구멍"}}),
        "command": (
            f"/api/probes/{theirs.probe.probe_id}/commands",
            {"command": "abort", "sweep_id": str(theirs.sweep_id)},
        ),
        "basis": (
            f"/api/rooms/{theirs.room_id}/bases",
            {"basis": "consent", "citation": "동의", "dated": "2026-01-01", "document": "1"},
        ),
    }
    path, body = asked[attack["act"]]
    answer = client.post(path, body)
    world.sent[f"request of a foreign person: {answer.status_code}"] += 1
    assert answer.status_code in {400, 403, 404}, (path, answer.text)


def _attack(world: World, attacks: list[Attack]) -> None:
    for attack in attacks:
        (_send_entry if attack["what"] == "entry" else _send_request)(world, attack)


def _compare(world: World, before: dict[tuple[str, str], tuple[int, bytes]]) -> list[str]:
    after = world.seen()
    return [
        f"{name}: {path}: {_difference(was, after[path, name])}"
        for (path, name), was in before.items()
        if after[path, name] != was
    ]


def _difference(was: tuple[int, bytes], now: tuple[int, bytes]) -> str:
    """Where two answers part, as a person can read it."""
    old, new = (f"{status} {content.decode(errors='replace')}" for status, content in (was, now))
    place = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return f"...{old[max(0, place - 60) : place + 60]!r} became ...{new[max(0, place - 60) : place + 60]!r}"


def _hunt(world: World, rounds: int, size: int) -> None:
    """Make up attacks in so many rounds of at least this size, and look after each of them."""
    first, second = world.seen(), world.seen()
    steady = {key: value for key, value in first.items() if second[key] == value}
    restless = sorted({path.split("?")[0] for path, _ in first.keys() - steady.keys()})
    assert len(steady) > 0.9 * len(first), restless

    @settings(
        max_examples=rounds,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
    )
    @given(st.lists(ENTRY | REQUEST, min_size=size, max_size=2 * size))
    def hunt(attacks: list[Attack]) -> None:
        _attack(world, attacks)
        changed = _compare(world, steady)
        assert changed == [], "\n".join(changed)

    hunt()
    kinds_of = Counter(str(status) for status, _ in steady.values())
    print(f"{len(steady)} answers compared, {dict(kinds_of)}; restless: {restless}")
    print(dict(sorted(world.sent.items())))


def test_a_district_s_pages_are_the_same_after_anything_others_send(world: World) -> None:
    _hunt(world, rounds=1, size=40)


@pytest.mark.soak
def test_a_district_s_pages_are_the_same_after_ten_thousand_attacks(world: World) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        _hunt(world, rounds=80, size=120)

"""A day's server that is killed, networks that are cut, the real agent, and what server and probe know of the day."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

import httpx

from server.api.app import build_services
from server.config.settings import Settings
from server.interface.place_requests import FacilityRequest, RoomRequest
from server.places import facilities
from server.signing import keys
from sweep.cli.config import open_signer
from sweep.report import Plan, Zone, utc_now
from tests.entry_factory import signer
from tests.report_factory import box, make_zone, text
from tests.waiting import wait_until
from tests.web import evidence as made
from tests.web.agent import PROBE_ID, SWEEP
from tests.web.relay import Network
from tests.web.site import DEMO_KEY, PASSWORD, Sender, add_people, address_of, seed_ids, start_server

ROOT: Final = Path(__file__).resolve().parents[2]
OTHER_PROBE_ID: Final = "probe-01"


@dataclass(frozen=True, slots=True)
class Room:
    """A room of the day, by what is in it."""

    room_id: UUID
    name: str


@dataclass
class City:
    """The server of a day: one process after the other on the same data."""

    folder: Path
    networks: list[Network] = field(default_factory=list)
    url: str = ""
    _process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Serve, wherever there is a free port; every network leads there."""
        self._process = start_server(self.folder)
        self.url = address_of(self._process)
        for network in self.networks:
            network.lead_to(int(self.url.rpartition(":")[2]))

    def kill(self) -> None:
        """As a power cut ends it: it says nothing and closes nothing."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
        self._process = None


class Day:
    """Server, agent, and a network each for the two phones and the probe; a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "probe"
        self.city = City(folder / "server")
        self.rooms: tuple[Room, ...] = ()
        self.first = self.second = self.probe = Network(0)
        self._client = httpx.Client(timeout=30)
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        self.rooms = _furnish(self.city.folder, self.state)
        self.second, self.probe = Network(0), Network(0)
        self.city.networks = [self.first, self.second, self.probe]
        for network in self.city.networks:
            self._opened.callback(network.cut)
        self._opened.callback(self.city.kill)
        self.city.start()
        self.start_agent()
        self._log_in()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        self._opened.close()

    def start_agent(self) -> None:
        """The probe is switched on."""
        said = self._opened.enter_context((self.folder / "agent.log").open("wb"))
        server = f"http://127.0.0.1:{self.probe.port}"
        agent = [*SWEEP, "agent", "--sim", "--camera-in", "stall-2", "--server", server, "--state", str(self.state)]
        process = self._opened.enter_context(subprocess.Popen(agent, stdout=said, stderr=said, cwd=ROOT))
        self._opened.callback(process.terminate)

    def _log_in(self) -> None:
        answer = self._client.post(f"{self.city.url}/api/login", json={"username": "viewer", "password": PASSWORD})
        assert answer.is_success, answer.text

    def get(self, path: str) -> Any:
        """What the server answers a viewer, who is no part of the day."""
        answer = self._client.get(f"{self.city.url}{path}")
        assert answer.is_success, answer.text
        return answer.json()

    def probe_as_known(self) -> dict[str, Any]:
        """How the server knows the probe."""
        (found,) = [one for one in self.get("/api/probes")["probes"] if one["probe_id"] == PROBE_ID]
        return dict(found)

    def deliver(self, *zones: str | None) -> tuple[str, ...]:
        """What another probe has found before, room by room: a candidate in that zone, or none; ids of the sweeps."""
        sender = Sender(self.city.url, signer(DEMO_KEY), OTHER_PROBE_ID)
        return tuple(
            str(
                sender.deliver(
                    made.make_sweep(
                        sweep_id=seed_ids(f"day {room.name}"),
                        room_id=room.room_id,
                        source="simulated",
                        candidate_zone=zone,
                        started=utc_now(),
                    )
                ).sweep_id
            )
            for room, zone in zip(self.rooms, zones, strict=True)
        )

    def told(self) -> dict[tuple[str, str], float]:
        """What the probe has told of the sweep that runs: share looked at, 0 to 1, by zone and modality."""
        found: dict[tuple[str, str], float] = {}
        with self._client.stream("GET", f"{self.city.url}/api/live?probe_id={PROBE_ID}") as answer:
            kind = ""
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: ") and kind == "zone":
                    zone = json.loads(line.removeprefix("data: "))["event"]
                    found[zone["zone_id"], zone["modality"]] = zone["quality"]
                elif kind == "probe":
                    break
        return found

    def entries(self) -> list[dict[str, Any]]:
        """The log, whole."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.get(f"/api/entries?limit=200&after={found[-1]['log_index'] if found else -1}")["entries"]
            if not page:
                return found
            found += page

    def sweep(self, sweep_id: str) -> dict[str, Any]:
        """A sweep with its decisions, note and signatures."""
        return dict(self.get(f"/api/sweeps/{sweep_id}"))

    def waiting_on_probe(self) -> int:
        """Entries that lie in the probe's outbox."""
        return len(list((self.state / "outbox").glob("*.entry")))

    def wait_for_first_entry(self, sweep_id: str) -> None:
        """Until the server has one of that sweep, whatever anybody was answered."""
        wait_until(lambda: any(one["sweep_id"] == sweep_id for one in self.entries()), "an entry", 1200, 0.2)

    def agent_said(self) -> str:
        """What the agent said."""
        return (self.folder / "agent.log").read_text(encoding="utf-8")


def _furnish(folder: Path, state: Path) -> tuple[Room, ...]:
    """People, both keys, and three small rooms: the first alone has a second stall, where the camera hides."""
    services = build_services(Settings(data_dir=folder))
    with services.db.write() as connection:
        add_people(connection)
        for key, probe_id in ((open_signer(state), PROBE_ID), (signer(DEMO_KEY), OTHER_PROBE_ID)):
            keys.admit(
                connection,
                public_key=key.public_key,
                role="demo",
                probe_id=probe_id,
                name="시범 점검기",
                actor="test",
            )
        place = FacilityRequest(name=text("한빛공원 공중화장실", "Hanbit Park restrooms"), address="가상구 한빛로 1")
        park = facilities.add_facility(connection, place, actor="test")
        rooms = [
            (text("1층 여자화장실", "Women's restroom, 1st floor"), _plan(2)),
            (text("1층 남자화장실", "Men's restroom, 1st floor"), _plan(1)),
            (text("2층 남자화장실", "Men's restroom, 2nd floor"), _plan(1)),
        ]
        ids = [
            facilities.add_room(connection, park, RoomRequest(name=name, kind="restroom", plan=plan), actor="test")
            for name, plan in rooms
        ]
    services.db.close()
    return tuple(Room(room_id, name.ko) for room_id, (name, _) in zip(ids, rooms, strict=True))


def _plan(stalls: int) -> Plan:
    """So many stalls along the upper wall, the entrance below."""
    zones: list[Zone] = [
        make_zone(f"stall-{n}", "stall", f"{n}번 칸", f"Stall {n}", box(1.1 * (n - 1), 0, 1.1, 1.5))
        for n in range(1, stalls + 1)
    ]
    zones.append(make_zone("entrance", "entrance", "출입구", "Entrance", box(0.8, 2.2, 1.2, 1.2)))
    return Plan(version=1, is_verified=True, width_m=3.0, depth_m=3.4, zones=tuple(zones))

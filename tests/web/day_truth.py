"""What a page says, held to what server and probe know through their own interfaces, at one moment of a day."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from playwright.sync_api import Locator, Page, expect

from sweep.report import MODALITIES, TargetCoverage, parse_json
from sweep.report.words import chance_of, percent
from tests.waiting import wait_until
from tests.web.conftest import Phone
from tests.web.day import Day, Room
from tests.web.live_screen import pulled
from tests.web.said import said

PATIENCE_MS: Final = 60_000  # a loaded machine; what people have to know at once has its own tests
STATES: Final = {
    None: "점검기가 무엇을 하는지 모름",
    "idle": "대기",
    "waiting_for_empty": "퇴실 확인 대기",
    "running": "점검 중",
    "paused": "멈춤",
    "closing": "기록을 닫는 중",
    "done": "점검 마침",
}
STALE: Final = "지금 상태가 아닐 수 있음"
TILES: Final = """() => Object.fromEntries([...document.querySelectorAll('tbody tr')].map(row => [
    row.querySelector('th').textContent.trim(),
    [...row.querySelectorAll('td')].map(cell => cell.querySelector('.number')?.textContent.trim() ?? '')]))"""


def agree(read: Any, what: str) -> None:
    """Both sides say the same before long; `read` gives what the page and what the server says."""
    seen: list[tuple[object, object]] = []

    def is_so() -> bool:
        seen.append(read())
        return seen[-1][0] == seen[-1][1]

    try:
        wait_until(is_so, what, PATIENCE_MS / 1000, 0.2)
    except AssertionError as error:
        raise AssertionError(f"{what}: the page says {seen[-1][0]}, the server {seen[-1][1]}") from error


def of_person(phone: Phone, name: str) -> None:
    """The settings name whoever the server has logged in here."""
    phone.open("#/settings")
    expect(phone.page.get_by_role("region", name="계정").locator("strong").first).to_have_text(name)
    asked = phone.page.request.get(f"{phone.url}/api/me").json()
    assert asked["user"]["display_name"] == name


def of_state(phone: Phone, day: Day, state: str | None = None) -> None:
    """The live screen names the state that the server has from the probe; wait for `state` first, where it is given."""
    if state is not None:
        wait_until(lambda: day.probe_as_known()["state"] == state, f"the probe is {state}", PATIENCE_MS / 1000, 0.2)
    agree(
        lambda: (
            phone.page.locator(".state").inner_text(),
            STATES[day.probe_as_known()["state"]],
        ),
        "the probe's state",
    )
    expect(phone.page.get_by_text(STALE)).to_have_count(0)


def of_live_coverage(phone: Phone, day: Day, room: Room) -> None:
    """Each tile of the live screen shows the share of view or time that the probe has told, no other tile any."""
    plan = day.get(f"/api/rooms/{room.room_id}")["plan"]

    if phone.page.locator("button.handle").count():
        pulled(phone.page)

    def read() -> tuple[object, object]:
        told = day.told()
        return phone.page.evaluate(TILES), {
            zone["name"]["ko"]: [_share(told.get((zone["zone_id"], each))) for each in MODALITIES]
            for zone in plan["zones"]
        }

    agree(read, "what was looked at by the live screen")


def of_pending(phone: Phone, n: int) -> None:
    """The settings and the navigation say how many wait on this phone."""
    page = phone.page
    phone.open("#/settings")
    expect(page.locator(".pending strong")).to_have_text("없음" if n == 0 else f"{n}건, 연결되면 보냄")
    badge = page.get_by_role("navigation").locator(".count")
    if n == 0:
        expect(badge).to_have_count(0)
    else:
        expect(badge).to_have_text(str(n))


def of_room(phone: Phone, day: Day, room: Room) -> None:
    """The room's page shows the result that counts and what each open case asks for."""
    phone.open(f"#/rooms/{room.room_id}")
    phone.page.reload()
    detail, state = day.get(f"/api/rooms/{room.room_id}"), day.get(f"/api/rooms/{room.room_id}/state")
    of_results(phone.page.locator("main .results").first, detail)
    open_cases = sorted(case["next"]["ko"] for case in state["open_cases"])
    agree(lambda: (sorted(_lines(phone.page, ".next .case .act")), open_cases), "open cases of the room")


def of_results(shown: Locator, truth: dict[str, Any]) -> None:
    """Both results stand there in the glossary's words, each for itself."""
    for table in ("persons", "equipment"):
        if truth[table] is None:
            expect(shown.locator(f".{table}")).to_have_count(0)
        else:
            expect(shown.locator(f".{table}")).to_contain_text(said(table, truth[table]))


def of_sweep(phone: Phone, day: Day, sweep_id: str) -> None:
    """The sweep's page shows the report's verdict, and for each zone what would have been found by the report."""
    page = phone.page
    phone.open(f"#/sweeps/{sweep_id}")
    page.reload()
    detail = day.sweep(sweep_id)
    report = detail["report"]
    of_results(page.locator("section.result .results"), detail["summary"])
    page.get_by_role("switch", name="찾았을 확률").click()
    told = [parse_json(TargetCoverage, json.dumps(one).encode()) for one in report["targets"]]
    first = next((one.target for one in told if one.probability is not None), None)
    chances = {one.zone_id: chance_of(one) for one in told if one.target == first}
    for zone in report["plan"]["zones"]:
        chance = chances.get(zone["zone_id"]) or said("coverage", "unknown")
        spoken = f"{zone['name']['ko']} {said('coverage', 'short')} {chance}"
        expect(page.get_by_role("button", name=re.compile(f"^{re.escape(spoken)}")).last).to_be_attached()
    assert len(_lines(page, "button.finding")) == len(report["findings"])


def of_decisions(phone: Phone, day: Day, sweep_id: str, waiting: int = 0) -> None:
    """The open sheet of a finding lists each decision that the server has, with who made it, and `waiting` more."""
    listed = phone.page.get_by_role("dialog").locator("li.noted")

    def read() -> tuple[object, object]:
        shown = [
            (one.locator("strong").inner_text(), one.locator(".muted").first.inner_text().split()[0].strip(",·"))
            for one in listed.all()
        ]
        made = day.sweep(sweep_id)["dispositions"]
        return sorted(shown), sorted((said("decision", one["verdict"]), one["subject"]) for one in made)

    agree(read, "decisions of the finding")
    expect(phone.page.get_by_role("dialog").locator(".noted.waiting")).to_have_count(waiting)


def _lines(page: Page, selector: str) -> list[str]:
    return [line.strip() for line in page.locator(selector).all_inner_texts()]


def _share(share: float | None) -> str:
    return "" if share is None else percent(share)

"""What stands, read where it is rendered: interface, pages, PDF, CSV, XLSX, HWPX and comparison in one word each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import expect

from sweep.report.words import words_of
from tests.server.standing.golden import parts
from tests.server.standing.test_golden import state_after
from tests.waiting import wait_until
from tests.web import rendered
from tests.web.conftest import DESK, OpenPhone
from tests.web.rendered import Told, squeezed
from tests.web.said import said
from tests.web.site import PASSWORD, serving
from tests.web.situations import DAYS, FIRST_DAY, NOW_AT, Placed, fill

pytestmark = pytest.mark.browser
MONTH: Final = {"period_first": "2026-03-01", "period_last": "2026-03-31", "reason": "월간 보고"}
DAYS_OF_PDF: Final = 2
"""As many as one PDF has room for with sheets."""
LIMITS: Final = ("not_assessable", "not_looked")
FINDS: Final = frozenset({"confirmed", "found"})


@dataclass(frozen=True)
class Server:
    """A running server, and somebody who is logged in to it."""

    url: str
    placed: tuple[Placed, ...]
    client: httpx.Client
    folder: Path

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def document(self, format_: str, **changes: object) -> bytes:
        """A document of the month, as a person asks for one."""
        asked = self.client.post("/api/exports", json=MONTH | {"format": format_} | changes)
        assert asked.status_code == 202, asked.text
        path = f"/api/exports/{asked.json()['job_id']}"
        wait_until(lambda: self.get(path)["state"] not in {"queued", "running"}, path, every_s=0.1)
        answer = self.client.get(f"{path}/file")
        assert answer.status_code == 200, answer.text
        return answer.content


@pytest.fixture(scope="module")
def server(built_page: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("situations")
    placed = fill(folder / "data")
    with serving(folder / "data") as url, httpx.Client(base_url=url, timeout=60) as client:
        answer = client.post("/api/login", json={"username": "inspector", "password": PASSWORD})
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        yield Server(url, placed, client, folder)


def codes(text: str) -> list[str]:
    """The states of a cell of the table."""
    return [] if text == "." else text.split()


def counted(states: Iterable[str]) -> str:
    counts = Counter(states)
    return " · ".join(f"{word.ko} {counts[code]}건" for code, word in words_of("finding").items() if counts[code])


def one(table: str, code: str) -> str | None:
    return None if code == "." else said(table, code)


def room_words(placed: Placed) -> Told:
    """What a list of rooms says, in the glossary's words."""
    stands, equipment, persons = placed.situation.room.split(", ")
    is_moved = "moved" in placed.situation.done  # then it stands in the room to which it was corrected
    numbers = [] if stands == "." or is_moved else re.findall(r"(\d+) (\w+)", stands)
    return {
        "persons": one("persons", persons),
        "equipment": one("equipment", equipment),
        "open": counted(code for number, code in numbers for _ in range(int(number))) or None,
    }


def zone_words(placed: Placed) -> list[str]:
    """Zone by zone; beside nothing detected, how many methods could not judge."""
    words = []
    for state, methods in zip(codes(placed.situation.by_zone), placed.situation.zones.split(), strict=False):
        unable = len(re.findall("[x-]", methods)) if state == "nothing_detected" else 0
        words.append(said("zone", state) + (f"(4가지 중 {unable}가지 판정 불가)" if unable else ""))
    return words


def finding_words(placed: Placed) -> list[str]:
    """Of the report's findings, in their order."""
    return [said("finding", state) for state in codes(placed.situation.findings)] if is_reported(placed) else []


def line_words(placed: Placed) -> Told:
    """What a line of a document says of the sweep."""
    zones, states = codes(placed.situation.by_zone), codes(placed.situation.findings)
    limits = []
    for limit in LIMITS:
        names = [f"{number}번 칸" for number, state in enumerate(zones, start=1) if state == limit]
        if names:
            limits.append(f"{said('zone', limit)} {len(names)}곳: {', '.join(names)}")
    persons, equipment = said("persons", placed.situation.persons), said("equipment", placed.situation.equipment)
    return {
        "persons": persons, "equipment": equipment, "filed persons": persons, "filed equipment": equipment,
        "persons code": placed.situation.persons, "equipment code": placed.situation.equipment,
        "findings": counted(states) or "해당 없음",
        "zones": (" / ".join(limits) or "없음") if is_reported(placed) else "보고서 없음",
        "open": room_words(placed)["open"] or "없음",
    }  # fmt: skip


def is_reported(placed: Placed) -> bool:
    return placed.situation.end in {"done", "early"}


def is_swept(placed: Placed) -> bool:
    return placed.sweep_id is not None


def differences(
    rendering: str, told: Mapping[Any, Told], whole: Sequence[Placed], key: Callable[[Placed], Any],
    expected: Callable[[Placed], Told],
) -> list[str]:  # fmt: skip
    """What a rendering says otherwise, a line each; it must say something of every situation."""
    found = []
    for placed in whole:
        says, ought = told.get(key(placed), {}), expected(placed)
        found += [
            f"{rendering}: {placed.situation.name} ({placed.name}): {what} {says.get(what)!r}, not {ought[what]!r}"
            for what in (says or ought)
            if says.get(what) != ought[what]
        ]
    return found


def by_sweep(placed: Placed) -> str:
    return str(placed.sweep_id)


def by_room(placed: Placed) -> str:
    return placed.name


def by_room_and_time(placed: Placed) -> tuple[str, str]:
    """As a document names a sweep, by the time in Korea."""
    return placed.name, f"{placed.day + NOW_AT + timedelta(hours=9):%Y-%m-%d%H:%M}"


def interface_rooms(server: Server) -> dict[str, Told]:
    found: dict[str, Told] = {}
    after = ""
    while True:
        page = server.get(f"/api/rooms?limit=200{after}")
        for room in page["rooms"]:
            counts = [] if room["standing"] is None else room["standing"]["counts"]
            found[room["room_name"]["ko"]] = {
                "persons": one("persons", room["persons"] or "."),
                "equipment": one("equipment", room["equipment"] or "."),
                "open": " · ".join(f"{said('finding', of['state'])} {of['count']}건" for of in counts) or None,
            }
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


def interface_sweep(server: Server, placed: Placed) -> Told:
    detail = server.get(f"/api/sweeps/{placed.sweep_id}")
    zones = []
    for zone in detail["zones"]:
        unsure = zone["state"] == "nothing_detected" and zone["unable"]
        words = f"({zone['ways']}가지 중 {zone['unable']}가지 판정 불가)" if unsure else ""
        zones.append(said("zone", zone["state"]) + words)
    return {
        "persons": said("persons", detail["summary"]["persons"]),
        "equipment": said("equipment", detail["summary"]["equipment"]),
        "zones": zones,
        "findings": [said("finding", finding["state"]) for finding in detail["findings"]],
    }


def interface_comparison(server: Server, placed: Placed) -> Told:
    told = server.get(f"/api/rooms/{placed.room_id}/comparison?one={placed.earlier_id}&other={placed.sweep_id}")
    states = [spot["newer_state"] or spot["older_state"] for spot in told["spots"]]
    return {
        "zones": [said("zone", zone["newer"]["state"]) for zone in told["zones"]],
        "spots": [said("finding", state) for state in states],
    }


def sheet_words(placed: Placed) -> Told:
    """What the sheets of one sweep say."""
    line = line_words(placed)
    return line | {"zones": [squeezed(word) for word in zone_words(placed)],
                   "findings": [squeezed(word) for word in finding_words(placed)]}  # fmt: skip


def sheet_in_a_line(placed: Placed) -> Told:
    """The same as squeezed text has it."""
    return {what: squeezed(word) if isinstance(word, str) else word for what, word in sheet_words(placed).items()}


def interface_words(placed: Placed) -> Told:
    of_findings = [said("finding", state) for state in codes(placed.situation.findings)]
    return line_words(placed) | {"zones": zone_words(placed), "findings": of_findings}


def compared_words(placed: Placed) -> Told:
    """The newer side, and what stands of every place of both."""
    before = [state_after(part) for part in parts(placed.situation.earlier) if not part.startswith("case:")]
    spots = [said("finding", state) for state in (*codes(placed.situation.findings), *before)]
    zones = [said("zone", state) for state in codes(placed.situation.by_zone)]
    return room_words(placed) | {"zones": zones, "spots": spots}


def page_words(placed: Placed) -> Told:
    """What the sweep's page says: a find in a zone stands before what the equipment says of it."""
    line, zones, states = line_words(placed), zone_words(placed), codes(placed.situation.findings)
    if not is_reported(placed):
        states = []
    for state, part in zip(states, parts(placed.situation.done), strict=False):
        index = int(part.rpartition("@")[0] or 1) - 1
        if state in FINDS and "·" not in zones[index]:
            zones[index] = f"{said('finding', state)} · {rendered.BY_EQUIPMENT}{zones[index]}"
    words = [None if state == "to_inspect" else said("finding", state) for state in states]
    return line | {
        "panel": [line["persons"], line["equipment"]], "zones": zones, "findings": words,
        "pins": [str(n) if word is None else f"{n} {word}" for n, word in enumerate(words, start=1)],
    }  # fmt: skip


def of_days(whole: Iterable[Placed], first: int, days: int) -> tuple[list[Placed], dict[str, object]]:
    """What happened on these days, and how a document with its sheets is asked for."""
    begins, ends = FIRST_DAY + timedelta(days=first), FIRST_DAY + timedelta(days=first + days - 1)
    asked = {"period_first": f"{begins:%Y-%m-%d}", "period_last": f"{ends:%Y-%m-%d}", "with_sheets": True}
    return [placed for placed in whole if begins <= placed.day <= ends], asked


def each_word_once(whole: Sequence[Placed], expected: Callable[[Placed], Told], *what: str) -> list[Placed]:
    """Few situations in which every word is said that is said of these things in any."""
    chosen: list[Placed] = []
    seen: set[tuple[str, str]] = set()
    for placed in whole:
        words = {(one, repr(word)) for one in what for word in expected(placed)[one]}
        if words - seen:
            chosen.append(placed)
            seen |= words
    return chosen


SOME_OR_ALL = pytest.mark.parametrize(
    "is_all", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["some", "all"]
)


@SOME_OR_ALL
def test_interface_and_documents_say_what_stands_in_the_words_of_the_glossary(
    server: Server, tmp_path: Path, *, is_all: bool
) -> None:
    """Lists hold every situation, also in the quick run; there sheets hold a few days, a page is one of each kind."""
    everything = server.placed
    swept = [placed for placed in everything if is_swept(placed)]
    reported = [placed for placed in swept if is_reported(placed)]
    wrong = differences("interface, rooms", interface_rooms(server), everything, by_room, room_words)
    whole = swept if is_all else each_word_once(swept, page_words, "panel", "zones", "findings")
    told = {by_sweep(placed): interface_sweep(server, placed) for placed in whole}
    wrong += differences("interface, sweep", told, whole, by_sweep, interface_words)
    whole = reported if is_all else each_word_once(reported, compared_words, "zones", "spots")
    told = {by_sweep(placed): interface_comparison(server, placed) for placed in whole}
    wrong += differences("interface, comparison", told, whole, by_sweep, compared_words)

    of_month: dict[str, Callable[[bytes], dict[str, Told]]] = {
        "csv": rendered.csv_lines, "xlsx": rendered.xlsx_lines, "json": rendered.json_lines,
    }  # fmt: skip
    for format_, read in of_month.items():
        lines = read(server.document(format_))
        assert len(lines) == 2 * len(swept), format_
        wrong += differences(format_, lines, swept, by_sweep, line_words)
    listed = rendered.hwpx_list(server.document("hwpx"), tmp_path)
    wrong += differences("hwpx, list", listed, swept, by_room_and_time, line_words)
    printed = rendered.pdf_list(rendered.pdf_text(server.document("pdf"), tmp_path))
    wrong += differences("pdf, list", printed, swept, by_room_and_time, sheet_in_a_line)
    for first in range(DAYS if is_all else 1):
        whole, only = of_days(swept, first, 1)
        forms = rendered.hwpx_forms(server.document("hwpx", **only), tmp_path)
        wrong += differences("hwpx, sheets", forms, whole, by_room_and_time, sheet_in_a_line)
    for first in range(0, DAYS if is_all else 1, DAYS_OF_PDF):
        whole, only = of_days(swept, first, DAYS_OF_PDF)
        forms = rendered.pdf_forms(rendered.pdf_text(server.document("pdf", **only), tmp_path))
        wrong += differences("pdf, sheets", forms, whole, by_room_and_time, sheet_in_a_line)
    assert not wrong, "\n".join(wrong)


@SOME_OR_ALL
def test_pages_say_what_stands_in_the_words_of_the_glossary(
    open_phone: OpenPhone, server: Server, *, is_all: bool
) -> None:
    """Lists hold every situation, also in the quick run; there a page is one of each kind."""
    everything = server.placed
    swept = [placed for placed in everything if is_swept(placed)]
    reported = [placed for placed in swept if is_reported(placed)]
    phone = open_phone(server.url)
    phone.log_in()
    wrong = differences("phone, rooms", rendered.phone_rooms(phone.page), everything, by_room, room_words)
    shown = {}
    for placed in swept if is_all else each_word_once(swept, page_words, "panel", "zones", "findings"):
        phone.open(f"#/sweeps/{placed.sweep_id}")
        shown[by_sweep(placed)] = rendered.phone_sweep(
            phone.page, placed.sweep_id, len(zone_words(placed)), len(finding_words(placed))
        )
    wrong += differences("phone, sweep", shown, [one for one in swept if by_sweep(one) in shown], by_sweep, page_words)
    desk = open_phone(server.url, viewport=DESK, is_mobile=False, has_touch=False, device_scale_factor=1)
    desk.log_in("chief", path="#/desk/rooms")
    rows = rendered.desk_rooms(desk.page, len(everything))
    wrong += differences("desk, rooms", rows, everything, by_room, room_words)
    shown = {}
    for placed in reported if is_all else each_word_once(reported, compared_words, "zones", "spots"):
        desk.open("#/desk/rooms")  # so that nothing is left of the room before
        desk.open(f"#/desk/rooms/{placed.room_id}")
        shown[by_room(placed)] = rendered.desk_comparison(desk.page, placed.name)
    wrong += differences("desk, room", shown, [one for one in reported if one.name in shown], by_room, compared_words)
    assert not wrong, "\n".join(wrong)


def test_without_a_connection_the_phone_says_the_same_of_the_rooms_that_it_kept(
    open_phone: OpenPhone, server: Server
) -> None:
    phone = open_phone(server.url)
    phone.watch.allowed = ("ERR_INTERNET_DISCONNECTED", "Failed to load resource", "ERR_FAILED")
    phone.log_in()
    page = phone.page
    expect(page.locator("a.room").first).to_be_visible()
    phone.open("#/settings")
    page.route("**/api/**", lambda route: route.abort())
    phone.open("#/")
    kept = rendered.room_cards(page)
    assert len(kept) >= 40
    of_kept = [placed for placed in server.placed if placed.name in kept]
    assert differences("offline, rooms", kept, of_kept, by_room, room_words) == []


def test_owners_and_the_public_read_of_the_day_alone(server: Server) -> None:
    """Of two rooms that were checked on one day they read the same, whatever stands in either."""
    read: dict[str, set[str]] = {}
    with httpx.Client(base_url=server.url, timeout=60) as client:
        for placed in of_days(server.placed, 0, DAYS_OF_PDF)[0]:
            own = (placed.name, placed.english, placed.code)
            public = re.sub("|".join(own), "", client.get(f"/r/{placed.code}").text)
            read.setdefault(f"public {re.findall('20[0-9]{2}-[0-9]{2}-[0-9]{2}', public)}", set()).add(public)
        assert client.post("/api/login", json={"username": "owner", "password": PASSWORD}).status_code == 200
        for room in client.get("/api/facility/rooms").json()["rooms"]:
            seen = {what: word for what, word in room.items() if what not in {"room_id", "room_name"}}
            read.setdefault(f"owner {room['last_checked']}", set()).add(repr(seen))
    assert {day: len(texts) for day, texts in read.items() if len(texts) > 1} == {}
    assert len(read) > DAYS

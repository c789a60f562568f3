"""Every screen of the guide through a case, along every way: an empty answer gets a sentence, a glove can press it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import OpenPhone, Phone
from tests.web.site import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.soak]
SECOND = "inspector-hanbit-2"
LOOKED: dict[str, Any] = {"step": "looked_at", "seen": "object"}
CAMERA: dict[str, Any] = {"step": "camera", "was_touched": True}
WAYS: dict[str, tuple[tuple[dict[str, Any], ...], dict[str, int]]] = {
    "a camera, to the city": ((), {}),
    "a camera, and somebody else at the door": ((LOOKED, CAMERA), {"clear": 1}),
    "a hole that two see and decide on": ((), {"look": 1, "decide": 1, "defect": 0}),
    "cannot be seen": ((), {"look": 3}),
    "a hole": ((LOOKED,), {"decide": 1, "defect": 0}),
    "a gap at the floor": ((LOOKED,), {"decide": 1, "defect": 2}),
    "a low ceiling gap": ((LOOKED,), {"decide": 1, "defect": 3}),
    "no camera": ((LOOKED,), {"decide": 2}),
}
"""Steps that were taken before, and which choice is taken on a screen; on the others it is the first."""
GOES_ON = {"do", "call"}
"""Screens that ask nothing."""
LAST = {"done", "closed", "repair_closed"}


@pytest.mark.parametrize(("language", "theme"), [("ko", "light"), ("ko", "dark"), ("en", "light"), ("en", "dark")])
def test_every_way_through_a_case(open_phone: OpenPhone, city: str, language: str, theme: str) -> None:
    phone = open_phone(city, color_scheme=theme)
    page = phone.page
    phone.log_in("inspector-hanbit-1", path="#/settings")
    phone.set(language=language)
    seen: set[str] = set()
    for way, (before, choices) in WAYS.items():
        rooms = [one["room_id"] for one in page.request.get(f"{city}/api/rooms?limit=50").json()["rooms"]]
        # Where a find waits for the police nothing is repaired.
        free = (one for one in rooms[1:] if not page.request.get(f"{city}/api/rooms/{one}/state").json()["is_found"])
        room_id = rooms[0] if way.startswith("a camera") else next(free)
        strange = {"step": {"step": "reported", "what": "환풍구의 검은 점"}}
        case_id = _post(page, city, f"/api/rooms/{room_id}/cases", strange)["case"]["case_id"]
        for step in before:
            second = {"username": SECOND, "password": PASSWORD}
            _post(page, city, f"/api/cases/{case_id}/steps", {"step": step, "second_person": second})
        phone.open(f"#/find/{case_id}")
        page.reload()
        _walk(phone, choices, seen, f"guide-{language}-{theme}")
    assert {"look", "unreachable", "mm", "door", "vent", "what", "clear", "guard", "receipt", "officer"} <= seen
    assert {"seal", "review", "sign", "report", "done"} <= seen
    assert {"hand", "repaired", "recheck", "repair_closed", "closed"} <= seen


def _post(page: Page, city: str, path: str, body: dict[str, Any]) -> Any:
    token = page.request.get(f"{city}/api/me").json()["csrf_token"]
    answer = page.request.post(f"{city}{path}", data=body, headers={"X-CSRF-Token": token})
    assert answer.ok, answer.text()
    return answer.json()


def _walk(phone: Phone, choices: dict[str, int], seen: set[str], name: str) -> None:
    """Go on from screen to screen until the case has come to an end, or back to one of this way."""
    page, mine = phone.page, set[str]()
    form = page.locator("form[data-page]")
    while True:
        expect(form).to_have_count(1)
        expect(page.get_by_role("status")).to_have_count(0)
        kind, screen = form.get_attribute("data-kind"), form.get_attribute("data-page") or ""
        if screen not in seen:
            phone.shoot(f"{name}-{len(seen):02}-{screen}")
            assert phone.faults() == [], screen
            if kind not in GOES_ON | {"end", "choose"} and not _is_proposed(page, kind or ""):
                form.get_by_role("button").filter(has_text=_first_word(page)).first.click()
                expect(form.locator(".alert")).to_be_visible()
        if screen in LAST or (screen in mine and screen != "second"):
            seen |= mine | {screen}
            return
        mine.add(screen)
        _answer(page, kind or "", screen, choices)
        expect(page.locator(f"form[data-page='{screen}']")).to_have_count(0)


def _is_proposed(page: Page, kind: str) -> bool:
    """Is the answer known already?"""
    given: list[str] = page.locator("form[data-page] .input").evaluate_all("all => all.map(one => one.value)")
    return kind == "ask" and all(given)


def _first_word(page: Page) -> str:
    """What the button says that leads on from this screen."""
    return page.locator("form[data-page] .button.primary").last.inner_text()


def _answer(page: Page, kind: str, screen: str, choices: dict[str, int]) -> None:
    form = page.locator("form[data-page]")
    match kind:
        case "choose":
            form.locator("[aria-pressed]").nth(choices.get(screen, 0)).click()
        case "ask":
            for line in form.locator("input:not([type=date])").all():
                line.fill("9" if screen == "mm" else "가상경찰서 7")
        case "second":
            form.locator("input:not([type=checkbox])").first.fill(SECOND)
            form.locator("input[type=password]").fill(PASSWORD)
        case "sign":
            form.locator(".dock .button.outline").click()
            return
        case "do" if choices.get(screen) == 1:
            page.get_by_role("button", name=re.compile("^(다른 사람이 지킴|Somebody else)$")).click()
            return
        case _:
            pass
    submit = form.locator("button[type=submit]")
    if kind != "choose" or submit.count() > 0:
        submit.click()

"""The live screen as a person uses it: the sentence that commands, and the drawer that holds all else."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Locator, Page, expect

from tests.waiting import wait_until

NOTE_WALLS: Final = """
    window.walls = [];
    const cells = shade => [...document.querySelectorAll(`.stage path.seen-${shade}`)]
        .reduce((sum, {attributes: {d}}) => sum + d.value.split('M').length - 1, 0);
    const note = () => {
        const painted = cells(1) + cells(2) + cells(3), all = painted + cells(0);
        const now = {where: document.querySelector('.caption')?.textContent ?? '', share: all && painted / all};
        const {where, share} = window.walls.at(-1) ?? {};
        if (now.where !== where || now.share !== share) window.walls.push(now);
    };
    const all = {subtree: true, childList: true, attributes: true, characterData: true};
    new MutationObserver(note).observe(document, all);
"""
"""Script that keeps, at each change, what stands above the picture and how much of the walls in it is painted."""
SHUT: Final = "button.handle[aria-expanded=false]"


def command(page: Page) -> Locator:
    """The one sentence that says what to do."""
    return page.locator(".say .sentence")


def commands(page: Page, commander: str) -> None:
    """Wait until it speaks for this one of `server/web/src/live/arbiter.ts`."""
    expect(page.locator(".say")).to_have_attribute("data-commander", commander)


def pulled(page: Page) -> Locator:
    """The drawer, pulled up if it is not."""
    handle = page.locator("button.handle")
    expect(handle).to_be_visible()
    if handle.get_attribute("aria-expanded") == "false":
        handle.click()
    drawer = page.locator(".drawer.isOpen")
    expect(drawer).to_be_visible()
    return drawer


def pushed(page: Page) -> None:
    """The drawer goes down, if it is up."""
    handle = page.locator("button.handle")
    if handle.get_attribute("aria-expanded") == "true":
        handle.click()
    expect(page.locator(".drawer.isOpen")).to_have_count(0)


def painted(page: Page) -> list[list[float]]:
    """With `NOTE_WALLS`: how much of the walls was painted in each zone, from standing there to going on."""
    stands: list[tuple[str, list[float]]] = []
    for one in page.evaluate("window.walls"):
        zone = one["where"].partition(" · ")[0]
        if not stands or stands[-1][0] != zone:
            stands.append((zone, []))
        stands[-1][1].append(one["share"])
    return [shares for zone, shares in stands if zone]


def end(page: Page, name: str) -> None:
    """Press what ends a sweep, `여기까지 마치기` or `점검 중단`, wherever it stands now."""
    handle, bare = page.locator("button.handle"), page.get_by_role("button", name=re.compile(f"^{name}"))
    expect(handle.or_(bare).first).to_be_visible()  # the probe's words may be on their way
    if not handle.count():
        bare.click()
        return
    pulled(page).get_by_role("button", name="여기까지 마치기").click()
    if name == "점검 중단":
        page.get_by_role("dialog").get_by_text("점검 중단", exact=True).click()


def told(page: Page) -> Locator:
    """What the probe tells of itself: in the drawer while it sweeps, on the page before and after."""
    region = page.get_by_role("region", name=re.compile("^(진행|Progress)$"))
    expect(page.locator(".state")).to_have_text(re.compile(r"^(?!점검기가 무엇을|Not known).+"))

    def is_told() -> bool:
        page.evaluate(f"document.querySelector('{SHUT}')?.click()")  # it may be gone before a finger is there
        return region.is_visible()

    wait_until(is_told, "what the probe tells of itself", every_s=0.1)
    return region

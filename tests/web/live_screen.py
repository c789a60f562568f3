"""The live screen as a person uses it: the sentence that commands, and the drawer that holds all else."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Locator, Page, expect

from tests.waiting import wait_until

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


def end(page: Page, name: str) -> None:
    """Press what ends a sweep, `여기까지 마치기` or `점검 중단`, wherever it stands now."""
    if not page.locator("button.handle").count():
        page.get_by_role("button", name=re.compile(f"^{name}")).click()
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

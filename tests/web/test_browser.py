"""The browser of these tests is what Playwright would have of it, and no more than the page needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.web.chromium import OFF_FOR_PLAYWRIGHT, OFF_HERE

pytestmark = pytest.mark.browser
SWITCH = "--disable-features="


def test_what_playwright_switches_off_stays_off(browser: Browser) -> None:
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    (pid,) = (one["id"] for one in processes if one["type"] == "browser")
    words = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
    first, last = (word.removeprefix(SWITCH).split(",") for word in words if word.startswith(SWITCH))
    assert sorted(first) == sorted(OFF_FOR_PLAYWRIGHT), "OFF_FOR_PLAYWRIGHT is to say what Playwright says"
    assert last == [*OFF_FOR_PLAYWRIGHT, *OFF_HERE]

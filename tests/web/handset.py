"""A phone whose browser is killed as by an empty battery, and opened again on what its profile kept."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from tests.waiting import wait_until
from tests.web import day_truth as truth
from tests.web.chromium import FLAGS
from tests.web.conftest import AS_PHONE, Phone, Watch
from tests.web.test_find import processes_with

TROUBLE: Final = ("ERR_", "Failed to load resource")
"""What a browser writes of a network that is cut and of a server that is killed."""


class Handset:
    """The profile stays whatever becomes of the browser."""

    def __init__(self, browser: Browser, chromium: str, folder: Path, url: str) -> None:
        self._browser, self._chromium, self._profile, self._url = browser, chromium, folder / "profile", url
        self._watch = Watch(url, allowed=TROUBLE)
        self._closing = ExitStack()
        self.phone = self.switch_on()

    def switch_on(self) -> Phone:
        """The browser is opened on what its profile kept."""
        context = self._browser.browser_type.launch_persistent_context(
            self._profile, executable_path=self._chromium, args=FLAGS, locale="ko-KR", timezone_id="Asia/Seoul",
            **AS_PHONE,
        )  # fmt: skip
        context.set_default_timeout(truth.PATIENCE_MS)
        self._closing.callback(context.close)
        page = context.pages[0]
        self._watch.attach(page)
        self.phone = Phone(page, self._url, self._watch, "")
        return self.phone

    def die(self) -> None:
        """The browser is killed, as by an empty battery."""
        mine = f"--user-data-dir={self._profile}"
        for pid in processes_with(mine):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not processes_with(mine), "the browser is gone", every_s=0.05)
        self._closing.pop_all()

    def close(self) -> None:
        """At the day's end: it has had no trouble."""
        self._closing.close()
        assert self._watch.troubles == []

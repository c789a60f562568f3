"""What Lighthouse says of the page on a cheap phone: each screen five times, with nothing kept and with what was kept.

It is the page's own development dependency and drives Debian's Chromium through the real server, as slow as it makes
a phone: four times the processor's time, a slow mobile network.  The median counts: other work on the machine is part
of it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest

from tests.waiting import wait_until
from tests.web.chromium import FLAGS
from tests.web.conftest import WEB, built_page, chromium_path, site
from tests.web.site import PASSWORD, Site

__all__ = ["built_page", "chromium_path", "site"]

RUNS = 5
LEAST = {"performance": 0.95, "accessibility": 1.0, "best-practices": 1.0}
MOST_SHIFT = 0.01
SCREENS = {
    "the rooms": "#/rooms",
    "a room": "#/rooms/{room}",
    "the map of a sweep": "#/sweeps/{sweep}",
    "an evidence sheet": "#/sweeps/{sweep}/findings/{finding}",
}


@pytest.fixture
def port(chromium_path: str, tmp_path: Path) -> Iterator[int]:
    """Where a browser without anything kept listens."""
    flags = [*FLAGS, "--remote-debugging-port=0", f"--user-data-dir={tmp_path}", "--accept-lang=ko-KR"]
    if "headless" not in Path(chromium_path).name:
        flags.append("--headless=new")
    told = tmp_path / "DevToolsActivePort"
    command = [chromium_path, *flags, "about:blank"]  # on Debian a script, whose browser would outlive it
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as browser:
        try:
            wait_until(lambda: told.is_file() and told.stat().st_size > 0, "the browser listens")
            yield int(told.read_text(encoding="ascii").splitlines()[0])
        finally:
            os.killpg(browser.pid, signal.SIGTERM)


def judged(url: str, port: int, cookies: str, *, is_warm: bool) -> dict[str, Any]:
    """Lighthouse's own report of one visit."""
    command = [
        "node", str(WEB / "node_modules/lighthouse/cli/index.js"), url, f"--port={port}", "--quiet", "--output=json",
        f"--only-categories={','.join(LEAST)}", f"--extra-headers={json.dumps({'Cookie': cookies})}",
        "--no-enable-error-reporting", *(["--disable-storage-reset"] if is_warm else []),
    ]  # fmt: skip
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert told.returncode == 0, told.stderr
    found: dict[str, Any] = json.loads(told.stdout)
    return found


@pytest.mark.parametrize("screen", SCREENS)
def test_lighthouse_finds_little_to_say(site: Site, port: int, screen: str, report: Callable[[str], None]) -> None:
    with httpx.Client(base_url=site.url) as client:
        client.post("/api/login", json={"username": "inspector", "password": PASSWORD}).raise_for_status()
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    path = SCREENS[screen].format(room=site.suspected_room, sweep=site.suspected_sweep, finding=site.finding_id)
    for kept in ("cold", "warm"):
        runs = [judged(f"{site.url}/{path}", port, cookies, is_warm=kept == "warm") for _ in range(RUNS)]
        scores = {name: [float(run["categories"][name]["score"]) for run in runs] for name in LEAST}
        shift, octets, lcp, blocked = (
            median(float(run["audits"][name]["numericValue"]) for run in runs)
            for name in (
                "cumulative-layout-shift",
                "total-byte-weight",
                "largest-contentful-paint",
                "total-blocking-time",
            )
        )
        said = ", ".join(f"{name} {median(all_)} ({min(all_)}-{max(all_)})" for name, all_ in scores.items())
        report(
            f"{screen}, {kept}: {said}, "
            f"shift {shift:.3f}, {octets / 1000:.0f} kB, largest paint {lcp / 1000:.1f} s, blocked {blocked:.0f} ms, "
            f"load {os.getloadavg()[0]:.0f}"
        )
        for name, least in LEAST.items():
            assert median(scores[name]) >= least, (screen, kept, name, wrong(runs[0], name))
        assert shift < MOST_SHIFT, (screen, kept)


def wrong(run: dict[str, Any], category: str) -> list[str]:
    """Audits of a category that take something away, for whoever has to mend them."""
    of_it = [one["id"] for one in run["categories"][category]["auditRefs"] if one["weight"] > 0]
    return [
        f"{name}: {run['audits'][name].get('displayValue', run['audits'][name]['title'])}"
        for name in of_it
        if (run["audits"][name]["score"] or 0) < 1
    ]

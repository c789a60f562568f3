"""How long the page's main thread works at a stretch, by the trace of Chromium.

Input is the trace of what a test does on a page; output are the longest tasks of its main thread in milliseconds of
its own processor time (`tdur`): by the wall clock a busy machine makes every task long.  The browser does not slow the
processor down, which it does by letting it wait; instead each task counts SLOWER times.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page

SLOWER = 4.0
"""A cheap phone beside the machine that measures: Lighthouse's factor for mobile."""
LONG_MS = 50.0
"""What a browser calls a long task: what comes meanwhile, a press on the stop among it, waits."""
TASK = "RunTask"
CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline", "toplevel", "__metadata"]


@dataclass(frozen=True)
class LongTask:
    """One task and what it did, the dearest first, down to a twentieth of it."""

    ms: float
    did: list[str]


@dataclass
class Tasks:
    """Tasks of the main thread, filled when tracing has ended."""

    longest_ms: list[float] = field(default_factory=list)
    """Each task, the longest first, as a slow phone has it."""
    long: list[LongTask] = field(default_factory=list)
    """Those that are long for a browser, the longest first, for whoever has to mend them."""

    @property
    def most_ms(self) -> float:
        """The longest of them; 0 without any."""
        return self.longest_ms[0] if self.longest_ms else 0.0


@contextmanager
def traced(browser: Browser, page: Page) -> Iterator[Tasks]:
    """Trace what is done within; the result is filled at the end."""
    found = Tasks()
    browser.start_tracing(page=page, categories=CATEGORIES)
    try:
        yield found
    finally:
        events = json.loads(browser.stop_tracing())["traceEvents"]
        found.longest_ms, found.long = longest_tasks(events)


def longest_tasks(events: list[dict[str, Any]]) -> tuple[list[float], list[LongTask]]:
    """The tasks of the busiest main thread of a page, slowed down, and what each long one did."""
    mains = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    tasks: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for one in events:
        where = (one["pid"], one["tid"])
        if one["name"] == TASK and where in mains and "tdur" in one:
            tasks[where].append(one)
    assert tasks, "no task of a page is in the trace"
    busiest = max(tasks, key=lambda where: sum(one["tdur"] for one in tasks[where]))
    ordered = sorted(tasks[busiest], key=lambda one: -float(one["tdur"]))
    ours = [one for one in events if (one["pid"], one["tid"]) == busiest and "tdur" in one]
    long = [LongTask(_ms(task), _done_in(task, ours)) for task in ordered if _ms(task) > LONG_MS]
    return [_ms(one) for one in ordered], long


def _done_in(task: dict[str, Any], events: list[dict[str, Any]]) -> list[str]:
    inside = [
        one
        for one in events
        if one["tdur"] >= task["tdur"] / 20
        and task["ts"] <= one["ts"] < task["ts"] + task["dur"]
        and one["name"] != TASK
    ]
    inside.sort(key=lambda one: -float(one["tdur"]))
    return [f"{one['name']} {_ms(one):.0f} ms {_where(one)}".strip() for one in inside[:12]]


def _ms(event: dict[str, Any]) -> float:
    return SLOWER * float(event["tdur"]) / 1000.0


def _where(event: dict[str, Any]) -> str:
    data = event.get("args", {}).get("data", {})
    return " ".join(str(data[key]) for key in ("type", "functionName") if data.get(key))

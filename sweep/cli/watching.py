"""Shows on a terminal how a sweep goes, in the language of the locale.

Input is live events; output is lines, on a terminal with a progress bar.  What came of it shows `report_view`.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from sweep.cli.output import err, guide
from sweep.phrases import Phrase
from sweep.report import (
    GuidanceEvent,
    LiveEvent,
    LookAnsweredEvent,
    LookAskedEvent,
    NoticeEvent,
    Plan,
    ProgressEvent,
    ReferenceEvent,
    ResponseTestEvent,
    SecondLookEvent,
    StateEvent,
    ZoneEvent,
)
from sweep.report.language import spoken
from sweep.run.reporting.eye_look_words import GLINTS


class PositionCount:
    """Which position of how many is measured; after them, how many were measured once more."""

    def __init__(self) -> None:
        self.again = 0
        """Measurements of a second look so far."""

    def said(self, event: ProgressEvent) -> str:
        """`3/5`, and of what is measured once more `+1`, `+2`; each event without a modality begins a measurement."""
        if event.position_index < event.positions:
            return f"{event.position_index + 1}/{event.positions}"
        self.again += event.modality is None
        return f"+{self.again}"


class Watcher:
    """Shows how a sweep goes: a progress bar on a terminal, a line per position elsewhere."""

    def __init__(self, plan: Plan, *, quiet: bool) -> None:
        self._names = {zone.zone_id: zone.name for zone in plan.zones}
        self._quiet = quiet
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=err,
            disable=quiet or not err.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("sweep", total=None)
        self._count = PositionCount()
        self._at = ""
        """The position that was last said."""
        self._told: dict[tuple[UUID, str], str] = {}
        """What was last said of each second look: it is told anew after each position, and said when it changes."""

    def __enter__(self) -> Callable[[LiveEvent], None]:
        self._bar.start()
        return self.show

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, event: LiveEvent) -> None:
        """Show one live event."""
        if self._quiet:
            return
        match event:
            case ProgressEvent():
                self._show_progress(event)
            case StateEvent(state=state) if state not in {"running", "closing", "done"}:
                guide(event.text, indent=0)
            case ResponseTestEvent():
                self._show_response_test(event)
            case (
                GuidanceEvent(text=text)
                | NoticeEvent(is_over=False, text=text)
                | ReferenceEvent(text=text)
                | LookAnsweredEvent(text=text)
            ):
                guide(text)
            case LookAskedEvent(where=where, text=text):
                guide(f"{spoken(where)}: {spoken(text)}")
            case SecondLookEvent():
                self._show_look(event)
            case ZoneEvent(verdict="candidate", zone_id=zone):  # a glint: whether it is worth anything is asked next
                guide(f"{self._name(zone)}: {spoken(GLINTS['glints'])}")
            case _:
                pass

    def _name(self, zone_id: str) -> str:
        name = self._names.get(zone_id)
        return zone_id if name is None else spoken(name)

    def _show_progress(self, event: ProgressEvent) -> None:
        done, total, zone = event.position_index, event.positions, event.zone_id
        if zone is not None:
            where = self._name(zone)
        else:
            where = spoken(Phrase("at_outside") if event.step == "outside" else Phrase("at_closing"))
        left = "" if event.left_s is None else f" · {spoken(Phrase('minutes_left', minutes=event.left_s / 60))}"
        self._bar.update(self._task, completed=done, total=total, description=where + left)
        line = "" if zone is None else f"[{self._count.said(event)}] {where}"
        if not err.is_terminal and line not in {"", self._at}:
            err.print(line)
            self._at = line

    def _show_look(self, event: SecondLookEvent) -> None:
        said = Phrase("looked_at_again_now") if event.state == "looking" else event.text
        line = f"{self._name(event.zone_id)}: {spoken(said)}"
        if self._told.get((event.finding_id, event.kind)) != line or event.state == "looking":
            guide(line)
        self._told[event.finding_id, event.kind] = line

    def _show_response_test(self, event: ResponseTestEvent) -> None:
        if event.prompt is None:
            guide(event.text)
            return
        said = Phrase("prompt_walk") if event.prompt == "walk" else Phrase("prompt_stand_still")
        err.print(f"  {spoken(said)}  ", style="bold reverse", end=" ")
        err.print(spoken(Phrase("for_seconds", seconds=event.next_prompt_s or 0.0)))

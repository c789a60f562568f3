"""Shows a sweep on a terminal: how it goes, and what came of it.

Input is live events and the report; output is lines in Korean and English, on a terminal with a progress bar.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from sweep.cli.output import err, out
from sweep.report import (
    SHOWN,
    GuidanceEvent,
    LiveEvent,
    LocalText,
    LookAnsweredEvent,
    LookAskedEvent,
    NoticeEvent,
    ProgressEvent,
    ReferenceEvent,
    ResponseTestEvent,
    SecondLookEvent,
    StateEvent,
    SweepReport,
    ZoneEvent,
    eye_looks_line,
)
from sweep.report.words import METHOD_WORDS, SHORT_METHOD_WORDS, share_words
from sweep.run.reporting.eye_look_words import GLINTS

TO_INSPECT = METHOD_WORDS["candidate"]


class Watcher:
    """Shows how a sweep goes: a progress bar on a terminal, a line per position elsewhere."""

    def __init__(self, *, quiet: bool) -> None:
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
            case ProgressEvent(position_index=index, positions=total, zone_id=zone):
                where = zone or ("outside" if event.step == "outside" else "closing")
                left = "" if event.left_s is None else f" · {event.left_s / 60:.0f} min left"
                self._bar.update(self._task, completed=index, total=total, description=where + left)
                if not err.is_terminal and zone:
                    err.print(f"[{index + 1}/{total}] {zone}")
            case StateEvent(state=state) if state not in {"running", "closing", "done"}:
                err.print(event.text.ko, "/", event.text.en)
            case ResponseTestEvent():
                self._show_response_test(event)
            case (
                GuidanceEvent(text=text)
                | NoticeEvent(is_over=False, text=text)
                | ReferenceEvent(text=text)
                | LookAnsweredEvent(text=text)
            ):
                err.print(f"  {text.ko} / {text.en}", markup=False)
            case LookAskedEvent(where=where, text=text):
                err.print(f"  {where.ko}: {text.ko} / {where.en}: {text.en}", markup=False)
            case SecondLookEvent():
                self._show_look(event)
            case ZoneEvent(verdict="candidate", zone_id=zone):  # a glint: whether it is worth anything is asked next
                said = GLINTS["glints"]
                err.print(f"  {zone}: {said.ko} / {said.en}", markup=False)
            case _:
                pass

    def _show_look(self, event: SecondLookEvent) -> None:
        line = f"  {event.zone_id}: " + ("…" if event.state == "looking" else f"{event.text.ko} / {event.text.en}")
        if self._told.get((event.finding_id, event.kind)) != line or event.state == "looking":
            err.print(line, markup=False)
        self._told[event.finding_id, event.kind] = line

    def _show_response_test(self, event: ResponseTestEvent) -> None:
        if event.prompt is None:
            err.print(f"  {event.text.ko} / {event.text.en}", markup=False)
            return
        ko, en = ("걸으십시오", "WALK") if event.prompt == "walk" else ("멈추십시오", "STAND STILL")
        until = event.next_prompt_s or 0.0
        err.print(f"  [bold reverse]  {ko} / {en}  [/] {until:.0f}초 / s", highlight=False)


def show_report(report: SweepReport) -> None:
    """Print what came of a sweep: the verdicts, the findings with their evidence, and the limits."""
    names = {zone.zone_id: zone.name for zone in report.plan.zones}
    shares = {(c.zone_id, c.modality): share_words(c.modality, c.quality).ko for c in report.coverage}
    words = {(v.zone_id, v.modality): SHORT_METHOD_WORDS[v.verdict].ko for v in report.verdicts}
    table = Table("구역 / zone", *(f"{shown.name.ko} / {shown.name.en}" for shown in SHOWN.values()))
    for zone in report.plan.zones:
        cells = [f"{words[zone.zone_id, m]} · {shares[zone.zone_id, m]}" for m in SHOWN]
        table.add_row(zone.name.ko, *cells)
    out.print(table)
    for verdict, text in dict.fromkeys((v.verdict, v.text.ko) for v in report.verdicts if v.verdict != "candidate"):
        out.print(f"{METHOD_WORDS[verdict].ko}: {text}")
    for zone in report.plan.zones:
        for target in (one for one in report.targets if one.zone_id == zone.zone_id):
            out.print(f"  {zone.name.ko} · {target.text.ko}")
    for finding in report.findings:
        out.print(
            f"{names[finding.zone_id].ko}: {TO_INSPECT.ko} / {TO_INSPECT.en} "
            f"({finding.strength}, "
            f"log10 odds {finding.posterior_log10_odds:+.1f} from {finding.prior_log10_odds:+.1f})"
        )
        if finding.explained is not None:
            out.print(f"  {finding.explained.ko} / {finding.explained.en}")
        for evidence in (*finding.evidence_for, *finding.evidence_against):
            out.print(f"  {evidence.weight_log10:+.2f} {evidence.text.ko} / {evidence.text.en}")
    for looked in report.looked_again:
        out.print(f"{names[looked.zone_id].ko}: {looked.text.ko} / {looked.text.en} ({looked.seconds:.0f} s)")
    if not report.findings:
        out.print(f"{TO_INSPECT.ko} 없음. '이상 없음'이 아닙니다 / No place to inspect. That is not 'clear'.")
    light = None if report.light_time is None else report.light_time.text
    lines = [eye_looks_line(report.eye_looks), light, _forest_line(report)]
    for line in filter(None, lines):
        out.print(f"{line.ko} / {line.en}", markup=False)
    for limit in report.limits:
        out.print(f"· {limit.text.ko}")


def _forest_line(report: SweepReport) -> LocalText | None:
    """The lens forest that judged, where it is another than the one that ships."""
    from sweep.lens.evidence.judge import shipped_build  # loads OpenCV

    forest = report.versions.forest
    if forest in (None, shipped_build()):
        return None
    return LocalText(ko=f"렌즈 판정 모형 {forest}", en=f"lens forest {forest}")

"""`sweep reference`: the probe's control chart, and mornings of a simulated probe on it.

A real probe is checked in a sweep, where two persons have declared the room empty: on the phone ("기준 점검"), or at a
terminal before the first zone; its entry is signed there.  This command shows what came of it; `--sim` makes mornings,
each with an entry of a demonstration, and `--server` delivers what waits.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

import typer

from sweep.cli.config import Config, open_signer
from sweep.cli.delivery import deliver_only, open_outbox, unsaved
from sweep.cli.options import ConfigFile, JsonOut, Seed, Server, Sim, State, read_settings
from sweep.cli.output import fail, one_line, out, tell, write_json
from sweep.cli.running import SIM_REFERENCE
from sweep.cli.tables import show_table
from sweep.deliver.outbox import OutboxError
from sweep.entry.dsse import EntryError
from sweep.host.clock import read_wall_clock
from sweep.phrases import Phrase
from sweep.report import ReferenceCheck, utc_now
from sweep.report.language import spoken
from sweep.report.reference import CheckStatus
from sweep.run.reference.entries import append_check
from sweep.run.reference.reference import FILE_NAME, NOT_DONE, ReferenceFile, ReferenceFileError
from sweep.run.reference.words import CHART, STATUSES, part_name

PART_STATES: Final[dict[CheckStatus, Phrase]] = {
    "passed": Phrase("state_ok"),
    "failed": Phrase("state_fault"),
    "out_of_control": Phrase("state_out_of_control"),
    "not_done": Phrase("state_not_done"),
}


class Fault(StrEnum):
    """Degraded component of a simulated probe."""

    NONE = "none"
    LAMP = "lamp"
    ADAPTER = "adapter"
    LENS = "lens"


def reference(
    sim: Sim = False,
    seed: Seed = 1,
    mornings: Annotated[int, typer.Option("--mornings", min=1, max=400, help="Number of simulated mornings.")] = 1,
    fault: Annotated[Fault, typer.Option("--fault", help="Simulated component to degrade.")] = Fault.NONE,
    renew: Annotated[
        bool, typer.Option("--renew", help="The probe was repaired: learn the expected readings again.")
    ] = False,
    server: Server = None,
    state: State = None,
    config: ConfigFile = None,
    json_out: JsonOut = None,
) -> None:
    """Show this probe's reference check and its control chart, or check a simulated probe."""
    settings = read_settings(config, server, state)
    kept = ReferenceFile(settings.state_folder / (SIM_REFERENCE if sim else FILE_NAME))
    with one_line(ReferenceFileError, OutboxError, EntryError, OSError):
        if renew:
            kept.renew()
        check = _simulate(kept, settings, seed, mornings, fault) if sim else _last(kept)
    if settings.server is not None:
        deliver_only(settings)
    write_json(json_out, check.model_dump(mode="json"))
    if json_out is None or str(json_out) != "-":
        _show(check, settings)


def _last(kept: ReferenceFile) -> ReferenceCheck:
    kept.read()
    return kept.today(utc_now())


def _simulate(kept: ReferenceFile, settings: Config, seed: int, mornings: int, fault: Fault) -> ReferenceCheck:
    from sweep.sim.reference import SimulatedProbe

    probe, clock = SimulatedProbe(seed), read_wall_clock()
    known = kept.read()
    day = 0 if known.last is None or known.last.checked is None else known.last.checked.utc.toordinal()
    check = NOT_DONE
    with open_outbox(settings, open_signer(settings.state_folder), settings.probe_id) as outbox:
        for number in range(mornings):
            readings = probe.morning(day + number, None if fault is Fault.NONE else fault.value)
            when = utc_now() + timedelta(days=number - mornings + 1)
            check = kept.check(readings, clock, when)
            append_check(outbox, settings.probe_id, check, readings, source="simulated", clock=clock)
        if outbox.unsaved:
            fail("entries_not_on_disk", **unsaved(outbox))
    return check


def _show(check: ReferenceCheck, settings: Config) -> None:
    out.print(f"{settings.probe_id}: {spoken(STATUSES[check.status])}")
    if not check.parts:
        return
    rows = [
        (
            part_name(part.part),
            PART_STATES[part.status],
            _number(part.value, part.unit),
            _number(part.expected, part.unit),
            "–" if part.cusum is None else f"{part.cusum:.2f}",
        )
        for part in check.parts
    ]
    names = (Phrase("column_part"), Phrase("column_state"), Phrase("column_value"), Phrase("column_expected"))
    show_table((*names, "CUSUM"), rows)
    tell(CHART)


def _number(value: float | None, unit: str | None) -> str:
    return "–" if value is None else f"{value:.1f} {unit or ''}".rstrip()

"""Closes sweeps that nobody closed: the process was killed, the machine restarted, the disk took no report.

Input is the journals that lie in a folder and the outbox; output is a signed report for each, made of what the journal
tells by the same code as any other, once.  It must run before anything is delivered: then an entry that was on the disk
still lies there, and is not written a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from sweep.deliver.journal import Journal, JournalError, journals_in, read_journal, remove_journal
from sweep.deliver.journal_records import restore
from sweep.deliver.outbox import Outbox
from sweep.deliver.report_bodies import with_bodies
from sweep.entry import kinds
from sweep.host.clock import NOT_SYNCHRONISED, WallClock, read_boot_id, read_wall_clock
from sweep.modality.lease import DECLARATION_S
from sweep.modality.liveness import boottime_ns
from sweep.modality.looks import modality_of
from sweep.modality.measurement import Measurement
from sweep.modality.partial_results import cut_off
from sweep.modality.protocol import SensingModality
from sweep.phrases import Phrase, phrase_of
from sweep.report import (
    EyeLook,
    Gap,
    Modality,
    Position,
    RecordedSweep,
    Source,
    StartCommand,
    SweepReport,
    first_problem,
    new_id,
    utc_now,
)
from sweep.run.reporting.report_builder import NO_BASIS, Basis, build_report, is_measured, never_measured, software_name
from sweep.run.sweep_sources import Interrupted

RESUME_WITHIN_S: Final = DECLARATION_S
"""As long as a declaration that the room is empty holds: after that it is another visit."""
SET_ASIDE: Final = "journal-damaged"
"""Beside the folder of the journals."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What became of a journal."""

    name: str
    """Of its folder."""
    sweep_id: UUID | None
    report: SweepReport | None
    """The one that was written now; None where there was nothing to write."""
    trouble: Phrase | None = None
    """Why it cannot be read; it was set aside."""

    @property
    def said(self) -> Phrase | None:
        """For whoever watches; None where nothing happened."""
        if self.trouble is not None:
            return Phrase("sweep_interrupted", sweep=self.name, why=self.trouble)
        if self.report is None:
            return None
        return Phrase(
            "sweep_interrupted_and_closed",
            sweep=self.name,
            outcome=self.report.outcome,
            positions=len(self.report.positions),
            observations=len(self.report.observations),
        )


@dataclass(frozen=True, slots=True)
class Now:
    """The machine at the moment of closing."""

    t_ns: int
    """CLOCK_BOOTTIME."""
    boot_id: UUID
    clock: WallClock = NOT_SYNCHRONISED

    @classmethod
    def read(cls) -> Now:
        """The present reading of the clocks."""
        return cls(boottime_ns(), read_boot_id(), read_wall_clock())


def close_interrupted(
    folder: Path,
    outbox: Outbox,
    modalities_for: Callable[[RecordedSweep], Sequence[SensingModality]],
    *,
    spare: UUID | None = None,
    basis_for: Callable[[Source, datetime], Basis] = lambda _source, _started: NO_BASIS,
    now: Callable[[], Now] = Now.read,
) -> Iterator[Closed]:
    """Close every sweep that left a journal in `folder`, but for `spare`, which goes on; `basis_for`: what the
    report of a sweep of that source rests on which started then.
    """
    for path in journals_in(folder):
        if path.name == str(spare):
            continue
        try:
            journal = read_journal(path)
            manifest = journal.header.manifest
            basis = basis_for(journal.header.source, manifest.started)
            report = close(journal, outbox, modalities_for(manifest), now(), basis)
        except JournalError as error:
            _set_aside(path)
            yield Closed(path.name, None, None, phrase_of(error))
        except ValidationError as error:  # of another version's: no start may founder on it
            _set_aside(path)
            yield Closed(path.name, None, None, Phrase("no_report_can_be_made", file=path, why=first_problem(error)))
        else:
            yield Closed(path.name, journal.header.sweep_id, report)


def close(
    journal: Journal, outbox: Outbox, modalities: Sequence[SensingModality], now: Now, basis: Basis = NO_BASIS
) -> SweepReport | None:
    """Write the report of an interrupted sweep; None where it is written already, or was never begun."""
    header = journal.header
    is_written = outbox.holds(header.report_entry_id)
    if is_written or not (journal.is_opened or outbox.holds(header.opened_entry_id)):
        remove_journal(journal.folder)
        return None
    measurements = measurements_of(journal, modalities, now)
    report, bodies = with_bodies(report_from(journal, measurements, modalities, now, basis), measurements)
    outbox.append(
        kinds.REPORT,
        bodies,
        source=header.source,
        room_id=header.manifest.room_id,
        sweep_id=header.sweep_id,
        clock=now.clock,
        entry_id=header.report_entry_id,
        when_safe=partial(remove_journal, journal.folder),
    )
    return report


def eye_looks_of(journal: Journal) -> tuple[EyeLook, ...]:
    """Looks by eye that a journal tells of, in the order in which they were asked for."""
    records = (*journal.position_records, *((journal.closing,) if journal.closing else ()))
    return tuple({one.look_id: one for record in records for one in record.eye_looks}.values())


def report_from(
    journal: Journal,
    measurements: Sequence[Measurement],
    modalities: Sequence[SensingModality],
    now: Now,
    basis: Basis = NO_BASIS,
) -> SweepReport:
    """What was measured until the sweep was interrupted, judged."""
    header, closing = journal.header, journal.closing
    if closing is not None:
        limits = {*closing.limits, "report_after_restart"}
    else:
        same_boot = now.boot_id == header.boot_id
        limits = {*header.limits, "closed_probe_restarted" if same_boot else "closed_probe_rebooted"}
        if not any(is_measured(one) for one in measurements):
            limits.add("nothing_measured")
        if header.source == "live":
            limits |= {*never_measured(measurements), *journal.outside_limits}
    if journal.lost:
        limits.add("journal_damaged")
    if header.software != software_name():
        limits.add("software_changed")
    firmware = next((one.firmware for one in reversed(journal.position_records) if one.firmware is not None), None)
    manifest = header.manifest
    if firmware is not None:
        manifest = manifest.model_copy(update={"firmware": firmware})
    seen = {
        *(closing.seen_by_eye if closing else ()),
        *(zone for one in journal.position_records for zone in one.seen_by_eye),
    }
    named = {
        one.zone_id: one
        for record in (*journal.position_records, *((closing,) if closing else ()))
        for one in record.explained_by_eye
    }
    update = {
        "eye_looks": eye_looks_of(journal),
        "seen_by_eye": tuple(sorted(seen - named.keys())),
        "explained_by_eye": tuple(named.values()),
    }
    manifest = manifest.model_copy(update=update)
    return build_report(
        manifest,
        journal.positions,
        measurements,
        modalities=modalities,
        sweep_id=header.sweep_id,
        source=header.source,
        ended=_ended(journal) if closing is None else closing.ended,
        outcome="aborted" if closing is None else closing.outcome,
        limits=limits,
        condition=journal.position_records[-1].condition if journal.position_records else None,
        basis=basis,
    )


def resumable(folder: Path, outbox: Outbox, now: Now) -> Journal | None:
    """The journal of a sweep that persons may go on with, the last one; one that is damaged is none.

    That is a live one, interrupted RESUME_WITHIN_S ago at most, on a machine that was never off since: only then its
    clock still counts from where it did.
    """
    found: list[Journal] = []
    for path in journals_in(folder):
        with suppress(JournalError):
            journal = read_journal(path)
            is_open = journal.header.source == "live" and journal.is_opened and journal.closing is None
            is_fresh = journal.header.boot_id == now.boot_id and now.t_ns - journal.last_ns <= RESUME_WITHIN_S * 1e9
            if is_open and is_fresh and not outbox.holds(journal.header.report_entry_id):
                found.append(journal)
    return max(found, key=lambda journal: journal.last_ns, default=None)


def rest_of(journal: Journal) -> Interrupted:
    """What the source of the sweep's rest has to know."""
    header = journal.header
    since_start_ns = round((header.begun - header.manifest.started).total_seconds() * 1e9)
    stood = tuple(one.position.position_id for one in journal.position_records)
    return Interrupted(header.manifest, header.begun_ns - since_start_ns, stood)


def start_of(manifest: RecordedSweep) -> StartCommand:
    """The command that would begin a sweep as this one was begun."""
    now = utc_now()
    told = {name: getattr(manifest, name) for name in StartCommand.model_fields if name in RecordedSweep.model_fields}
    is_practice = manifest.source == "practice"
    return StartCommand(command_id=new_id(), issued=now, expires=now, command="start", is_practice=is_practice, **told)


def measurements_of(journal: Journal, modalities: Sequence[SensingModality], now: Now) -> list[Measurement]:
    """What was measured; what was cut off has a gap from its last message on, and what said nothing yet is blind.

    After another start of the machine nobody can tell on this clock how long the gap was: it has no length.
    """
    is_same_boot = now.boot_id == journal.header.boot_id
    reason = "probe_restarted" if is_same_boot else "probe_rebooted"

    def gap(from_ns: int) -> Gap:
        return Gap(start_ns=from_ns, end_ns=max(from_ns, now.t_ns) if is_same_boot else from_ns, reason=reason)

    found: list[Measurement] = []
    known: set[tuple[str, Modality]] = set()
    for record in journal.measured:
        one = restore(record.measurement)
        known.add((one.position_id, one.modality))
        if (one.position_id, one.modality) in journal.unfinished:
            one = cut_off(one, gap(record.t_ns))
        found.append(one)
    for stood_at in journal.position_records:
        if not stood_at.is_over:
            name = stood_at.position.position_id
            again = modality_of(name)
            silent = (one.name for one in modalities if (name, one.name) not in known and again in {None, one.name})
            found += [_blind(stood_at.position, modality, gap(stood_at.t_ns)) for modality in silent]
    return found


def _blind(position: Position, modality: Modality, gap: Gap) -> Measurement:
    return Measurement(
        zone_id=position.zone_id,
        position_id=position.position_id,
        modality=modality,
        dwell_s=0.0,
        samples=0,
        dropped=0,
        quality=0.0,
        blind_reason=gap.reason,
        rejections={gap.reason: 1},
        gaps=(gap,),
    )


def _ended(journal: Journal) -> datetime:
    """When the last record was made; in a recording's or a simulation's time, the end of the last position."""
    header, manifest = journal.header, journal.header.manifest
    if header.source == "live":
        return header.begun + timedelta(microseconds=(journal.last_ns - header.begun_ns) // 1_000)
    stood = {one.position.position_id for one in journal.position_records}
    return max((one.end for one in manifest.positions if one.id in stood), default=manifest.started)


def _set_aside(path: Path) -> None:
    """Out of the way of the next start; where nothing can be moved it stays and is refused again."""
    target = path.parent.with_name(SET_ASIDE) / path.name
    with suppress(OSError):
        target.parent.mkdir(exist_ok=True)
        path.rename(target)

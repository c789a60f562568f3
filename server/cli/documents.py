"""`sweep-server export log`, `timestamps`, `access-log`, `statistics`, `analyst-copy`: what people outside read."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from server.cli.base import (
    DatabaseUrl,
    DataDir,
    database_of,
    fail,
    fail_of,
    kept_settings,
    new_file,
    note_access,
    print_words,
    say,
)
from server.exports.gathering import inspection_log, statistics
from server.exports.gathering.analyst_copy import write_copy
from server.exports.gathering.log_parts import sized
from server.exports.gathering.log_request import LogRequest
from server.exports.gathering.parted_log import write_parts
from server.exports.gathering.submission import write_submission
from server.exports.logs import statistics_table
from server.interface.formats import Format
from server.people import access_log
from server.projections import projecting
from server.projections.log_records import ExportError, Period
from server.schedule.periods import period_before
from server.server_keys.rotation import KEY_FILE
from server.witness.stamping import stamps
from sweep.entry.dsse import Signer
from sweep.phrases import Language
from sweep.report import display_text

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


def export_log(
    out: Annotated[
        Path, typer.Argument(metavar=f"FILE.[{'|'.join(Format)}]", help="File to write; its ending is the format.")
    ],
    reason: Annotated[str, typer.Option(help="Reason; it is recorded.")],
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"])] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"])] = None,
    room: Annotated[UUID | None, typer.Option(help="Only this room.")] = None,
    sweep: Annotated[UUID | None, typer.Option(help="One sweep alone: its form, on paper.")] = None,
    with_sheets: Annotated[bool, typer.Option("--with-sheets", help="On paper each form too.")] = False,
    language: Annotated[Language, typer.Option(help="Of headings and words; en is for csv, xlsx and json.")] = "ko",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Write the inspection log of a period (Korean days, both included; by default the last whole month).

    On paper a log that is too large comes in parts, in FILE.zip.
    """
    settings, now = kept_settings(data_dir, database_url), inspection_log.today()
    formats = {f".{known}": known for known in Format}
    if out.suffix.lower() not in formats:
        fail("file_ending", file=out, endings=", ".join(formats))
    last_day = last.date() if last else now.date() if first else period_before("month", now.date()).last
    period = Period(first.date() if first else last_day.replace(day=1), last_day)
    wanted = LogRequest(
        formats[out.suffix.lower()],
        period,
        room,
        settings.tenant,
        "sweep-server",
        display_text(reason, limit=300),
        sweep_id=sweep,
        with_sheets=with_sheets,
        language=language,
    )
    try:
        inspection_log.refuse_english(wanted)
    except ExportError as error:
        fail_of(error)
    signer = partial(Signer.load_or_create, settings.data_dir / KEY_FILE)
    with database_of(settings) as db:
        note_access(db, "log.exported", out.name, ("inspection_log",), wanted.reason)
        projecting.drain(db)
        with db.read_whole() as connection:
            wanted, _, parts = sized(connection, wanted)
            if parts > 1 and wanted.format is not Format.ZIP:
                out = out.with_name(f"{out.name}.zip")
            with new_file(out) as file:
                if wanted.part_size:
                    write_parts(file, connection, wanted, now, signer, lambda _: None)
                elif wanted.format is Format.ZIP:
                    file.write(write_submission(connection, wanted, now, signer()))
                else:
                    inspection_log.write_log_to(file, connection, wanted, now)
    print_words("document_written", file=out, octets=out.stat().st_size, first=period.first, last=period.last)


def export_timestamps(
    folder: Annotated[Path, typer.Argument(help="Folder to write <entries>.txt and <entries>.tsr into.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Export each time stamp with the text that it covers: openssl ts -verify -data N.txt -in N.tsr -CAfile ROOTS."""
    with database_of(kept_settings(data_dir, database_url)) as db, db.read() as connection:
        found = stamps(connection)
    folder.mkdir(parents=True, exist_ok=True)
    for size, note, token in found:
        for name, data in ((f"{size}.txt", (note.rpartition("\n\n")[0] + "\n").encode()), (f"{size}.tsr", token)):
            with new_file(folder / name) as file:
                file.write(data)
    print_words("time_stamps_written", folder=folder, count=len(found))


def export_access_log(
    out: Annotated[Path, typer.Argument(help="File to write, CSV.")],
    month: Annotated[str, typer.Option(help="Month of Korean time, such as 2026-11.")],
    reason: Annotated[str, typer.Option(show_default=False, help="Reason; it is recorded too.")] = "월간 점검",
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Export the accesses to personal data of a month, for the monthly review."""
    if re.fullmatch(r"[2-9][0-9]{3}-(0[1-9]|1[0-2])", month) is None:
        fail("month_invalid", given=month)
    with database_of(kept_settings(data_dir, database_url)) as db:
        note_access(db, "access_log.exported", month, ("access_log",), display_text(reason, limit=300))
        with db.read() as connection:
            lines = list(access_log.review_lines(connection, month))
    with new_file(out) as file:
        file.write(b"".join(lines))
    print_words("accesses_written", file=out, count=len(lines) - 1, month=month)


def export_statistics(
    out: Annotated[Path, typer.Argument(help="File to write; its ending is the format: csv, xlsx.")],
    year: Annotated[int, typer.Option(min=2000, max=2200)],
    quarter: Annotated[int, typer.Option(min=1, max=4)],
    reason: Annotated[str, typer.Option(help="Reason; it is recorded.")],
    simulated: Annotated[bool, typer.Option(help="Count simulated and replayed sweeps alone.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Export the statistics of a quarter by district: rooms, visits, cases, repairs and durations."""
    if out.suffix.lower() not in {".csv", ".xlsx"}:
        fail("file_ending", file=out, endings=".csv, .xlsx")
    now, period = inspection_log.today(), statistics.quarter_of(year, quarter)
    with database_of(kept_settings(data_dir, database_url)) as db:
        note_access(db, "statistics.exported", out.name, (), display_text(reason, limit=300))
        projecting.drain(db)
        with db.read() as connection, new_file(out) as file:
            lines = statistics.gather(connection, period, None, now.date(), is_demo=simulated)
            if out.suffix.lower() == ".csv":
                file.write(statistics_table.write_csv(lines, period, is_demo=simulated))
            else:
                made_up = statistics.simulated_in(connection, period, None)
                notice = statistics_table.notice_of(made_up, is_demo=simulated)
                file.write(statistics_table.write_xlsx(lines, period, now, notice))
    print_words("statistics_written", file=out, count=len(lines), first=period.first, last=period.last)


def export_analyst_copy(
    out: Annotated[Path, typer.Argument(help="File to write, SQLite; there must be none.")],
    reason: Annotated[str, typer.Option(help="Reason; it is recorded.")],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Export a copy for statistics, without addresses, names, texts or ids. Its table `columns_explained` describes
    it.
    """
    if out.exists():
        fail("file_exists", file=out)
    with database_of(kept_settings(data_dir, database_url)) as db:
        note_access(db, "copy.exported", out.name, (), display_text(reason, limit=300))
        projecting.drain(db)
        with db.read() as connection:
            rows = write_copy(connection, out, inspection_log.today())
    say(f"{out}: {', '.join(f'{name} {count}' for name, count in rows.items())}")

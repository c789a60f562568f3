"""`due`: what is due today, from a terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from server.cli.base import DatabaseUrl, KeptDataDir, database_of, print_words, settings_of
from server.config.inspection_policy import read_policy
from server.districts.register import existing_district
from server.projections import projecting
from server.schedule.listing import due_list
from server.schedule.periods import today
from sweep.report import display_text


def due(
    district: Annotated[str | None, typer.Option(help="Only this district, by its id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Rooms to list at most.")] = 1_000,
    data_dir: KeptDataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """List what is due today, overdue, or was missed. Whoever reads this list knows where inspectors go today."""
    settings = settings_of(data_dir, database_url)
    rules = read_policy(settings.inspection_policy)
    with database_of(settings) as db:
        with db.read() as connection:
            existing_district(connection, district)
        projecting.drain(db)
        found = due_list(db, rules, today=today(), district_id=district, limit=limit)
    if found.is_working_day:
        typer.echo(found.today)
    else:
        print_words("no_working_day", today=found.today)
    for rule, counts in found.counts.items():
        typer.echo(f"  {rule}: " + ", ".join(f"{number} {state}" for state, number in sorted(counts.items())))
    for one in found.items:
        place = display_text(f"{one.facility_name.ko}, {one.room_name.ko}", limit=80)
        typer.echo(f"{one.state:8} {one.rule:12} until {one.until}  {place}  {one.room_id}")
    if found.is_cut:
        print_words("list_cut", most=limit)

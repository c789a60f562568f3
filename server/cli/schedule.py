"""`due`: what is due today, from a terminal."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from server.cli.base import DatabaseUrl, DataDir, database_of, kept_settings, print_words, said, say
from server.config.inspection_policy import read_policy
from server.districts.register import existing_district
from server.interface.views.schedule import DueState
from server.projections import projecting
from server.schedule.listing import due_list
from server.schedule.periods import today
from sweep.phrases import Phrase
from sweep.report import display_text

DUE: Final[dict[DueState, Phrase]] = {
    "waiting": Phrase("due_waiting"),
    "due": Phrase("due_today"),
    "overdue": Phrase("due_overdue"),
    "missed": Phrase("due_missed"),
    "done": Phrase("due_done"),
}


def due(
    district: Annotated[str | None, typer.Option(help="Only this district, by its id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Rooms to list at most.")] = 1_000,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """List what is due today, overdue, or was missed. Whoever reads this list knows where inspectors go today."""
    settings = kept_settings(data_dir, database_url)
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
        told = sorted((said(DUE[state]), number) for state, number in counts.items())
        say(f"  {rule}: {', '.join(f'{name} {number}' for name, number in told)}")
    for one in found.items:
        place = display_text(f"{one.facility_name.ko}, {one.room_name.ko}", limit=80)
        room = {"until": one.until, "place": place, "room": one.room_id}
        print_words("due_room", state=DUE[one.state], rule=one.rule, **room)
    if found.is_cut:
        print_words("list_cut", most=limit)

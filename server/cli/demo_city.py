"""The demonstration city that `make demo-city` starts: three made-up districts and their year, every page full.

The first works as a district does today: 600 rooms, four teams, and one probe among other instruments.

Input is a folder for the data; output is a running server on the loopback address and its logins.  The year is written
once, through the same code as a real one (import of a file, ingest path, steps of cases); a second start serves it
again.  All of it is signed with demo keys, marked simulated, and stands in a database of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from server.api.app import build_services
from server.cli.demo_city_inspections import furnish_office
from server.cli.demo_city_places import ACTOR, DISTRICTS, add_people, facilities_csv, found_places, later_csv
from server.cli.demo_city_year import Year
from server.cli.demonstration import CHECKOUT, DemoError, free_socket, said_of, say, serving
from server.config.settings import Settings, SettingsError, load_settings
from server.imports import importing
from server.interface.errors import ApiError
from server.interface.words import KST
from server.people import auth
from server.public_page.stickers import stickers_for
from server.schedule.periods import today
from server.store.clock import moved_to
from sweep.phrases import Phrase
from sweep.report.help.parser import SpokenParser

SEED = 20
FACILITIES = 300
MONTHS = 12
SHOWN = ("admin", "city", "supervisor-hanbit", "officer-hanbit", "inspector-hanbit-1", "inspector-hanbit-2", "auditor",
         "owner", "cleaner")  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the year where there is none yet, and serve it; 0 when it ended well, 2 with one line when it cannot."""
    parser = SpokenParser(prog="server.cli.demo city", description="A made-up city with a year of records.")
    parser.add_argument("--once", action="store_true", help="write the year and end")
    parser.add_argument("--port", type=int, default=8080, help="port on the loopback address (default: 8080)")
    parser.add_argument("--data", type=Path, default=CHECKOUT / "var" / "city", help="folder (default: var/city)")
    parser.add_argument(
        "--facilities", type=int, default=FACILITIES, help="of two rooms, in the first district (default: 300)"
    )
    parser.add_argument("--months", type=int, default=MONTHS, help="of records (default: 12)")
    options = parser.parse_args(arguments)
    if not (3 <= options.facilities <= 500 and 2 <= options.months <= 24):
        parser.refuse(Phrase("demo_city_size"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _demonstrate(options.data.resolve(), options)
    except KeyboardInterrupt:
        say(Phrase("demonstration_ended"))
    except (DemoError, SettingsError, ApiError, OSError) as error:
        print(said_of(error), file=sys.stderr)
        return 2
    return 0


def _demonstrate(data: Path, options: argparse.Namespace) -> None:
    logins = data / "demo-login.json"
    if logins.is_file():
        say(Phrase("city_is_here"))
    elif data.is_dir() and any(data.iterdir()):
        raise DemoError(Phrase("demo_folder_not_empty"))
    else:
        say(Phrase("city_begins"))
        write_city(data, facilities=options.facilities, months=options.months)
    if options.once:
        return
    password = str(json.loads(logins.read_text(encoding="utf-8"))["password"])
    listener = free_socket(options.port)
    port = listener.getsockname()[1]
    settings = _settings(data, port)
    with serving(settings, listener):
        say(Phrase("demonstration_address", address=f"http://127.0.0.1:{port}"))
        say(Phrase("city_logins", names=", ".join(SHOWN), password=password))
        say(Phrase("city_authenticators"))
        say(Phrase("city_is_made_up"))
        while True:
            signal.pause()


def write_city(data: Path, *, facilities: int = FACILITIES, months: int = MONTHS, password: str | None = None) -> str:
    """The city and its year in an empty folder; returns the password of all its accounts."""
    password = password or auth.random_password()
    last = today()
    begins = datetime.combine(last, time(8), KST).astimezone(UTC) - timedelta(days=31 * months + 62)
    rng = random.Random(SEED)  # noqa: S311  a made-up year, the same each time
    with moved_to(begins):
        services = build_services(_settings(data, 0))
        rooms = found_places(services.db, facilities_csv(rng, facilities))
        people = add_people(services.db, password, rooms)
        with services.db.write() as connection:
            carried = furnish_office(connection, people)
            ids = [room.room_id for room in rooms]
            printed = stickers_for(connection, ids, None, is_new=False, actor=ACTOR)
            doors = dict(zip(ids, (one.code for one in printed), strict=True))
    try:
        say(Phrase("city_written", districts=len(DISTRICTS), rooms=len(rooms), people=len(people.by_name)))
        Year(services, people, rooms, carried, doors, last, months, rng).write(say)
        later = later_csv(random.Random(SEED), facilities)  # noqa: S311  the same rows as a year before
        importing.preview(services.db, later, "공중화장실_시범_다음해.csv", actor=ACTOR)
    finally:
        services.db.close()
    _keep(data / "demo-login.json", password)
    return password


def _settings(data: Path, port: int) -> Settings:
    public = {} if port == 0 else {"public_url": f"http://127.0.0.1:{port}"}
    return load_settings(
        os.environ, data_dir=data, tenant=DISTRICTS[0].district_id, host="127.0.0.1", port=port, **public
    )


def _keep(file: Path, password: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump({"password": password}, out)

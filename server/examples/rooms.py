"""Every room with its last inspection, page by page, as CSV on the terminal: `python rooms.py > rooms.csv`.

ANSIM_URL, ANSIM_USERNAME and ANSIM_PASSWORD say where and who; needs httpx.
"""

from __future__ import annotations

import csv
import os
import sys

import httpx


def main() -> None:
    """Log in, and ask for the next page until there is none."""
    rows = csv.writer(sys.stdout)
    rows.writerow(("facility", "room", "facility_en", "room_en", "last_inspection", "equipment", "persons"))
    with httpx.Client(base_url=os.environ["ANSIM_URL"], timeout=30) as server:
        login = {"username": os.environ["ANSIM_USERNAME"], "password": os.environ["ANSIM_PASSWORD"]}
        server.post("/api/login", json=login).raise_for_status()
        after: str | None = None
        while True:
            answer = server.get("/api/rooms", params={} if after is None else {"after": after}).raise_for_status()
            page = answer.json()
            for room in page["rooms"]:
                last = room["last_sweep"] or {}
                said = (last.get("started"), room["equipment"], room["persons"])
                names = (room[of][language] for language in ("ko", "en") for of in ("facility_name", "room_name"))
                rows.writerow((*names, *said))
            after = page["next"]
            if after is None:
                return


if __name__ == "__main__":
    main()

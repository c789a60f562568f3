"""The log of a month as a workbook for a spreadsheet: `python workbook.py 2026-11 log.xlsx`, from a timer if you like.

ANSIM_URL, ANSIM_USERNAME and ANSIM_PASSWORD say where and who; needs httpx.
"""

from __future__ import annotations

import os
import sys
import time
from calendar import monthrange
from pathlib import Path

import httpx


def main(month: str, path: Path) -> None:
    """Log in, ask for the document, wait until it is ready, and keep it."""
    year, number = map(int, month.split("-"))
    with httpx.Client(base_url=os.environ["ANSIM_URL"], timeout=60) as server:
        login = {"username": os.environ["ANSIM_USERNAME"], "password": os.environ["ANSIM_PASSWORD"]}
        session = server.post("/api/login", json=login).raise_for_status().json()
        asked = {
            "format": "xlsx",
            "period_first": f"{month}-01",
            "period_last": f"{month}-{monthrange(year, number)[1]}",
            "reason": "월간 보고",
        }
        token = {"X-CSRF-Token": session["csrf_token"]}
        job = server.post("/api/exports", json=asked, headers=token).raise_for_status().json()
        while job["state"] in {"queued", "running"}:
            time.sleep(1)
            job = server.get(f"/api/exports/{job['job_id']}").raise_for_status().json()
        if job["state"] != "ready":
            sys.exit(f"no document: {job['failure']['message']['en']}")
        path.write_bytes(server.get(f"/api/exports/{job['job_id']}/file").raise_for_status().content)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[0])
    main(sys.argv[1], Path(sys.argv[2]))

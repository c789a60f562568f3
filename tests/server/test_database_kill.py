"""Killing the database under the server: what was acknowledged is there, and the server goes on by itself.

SQLite lives in the server's process and dies with it (test_kill.py); here every process of a PostgreSQL is ended with
SIGKILL over and over while probes send, and begun again.  `make soak` does it fifty times.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from server.config.settings import Settings
from tests.server.conftest import new_postgres, running
from tests.server.uploads import Uploads, check_log

PROBES = 6


@pytest.mark.postgres
@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.soak)])
def test_no_acknowledged_entry_is_lost_with_the_database(tmp_path: Path, kills: int) -> None:
    randomness = random.Random(kills)
    with new_postgres(is_durable=True) as postgres:
        settings = Settings(data_dir=tmp_path / "data", database_url=postgres.url.format(""), port=0, min_free_mib=0)
        with running(settings) as site:
            uploads = Uploads(site.services.server_signer.signer.public_key, PROBES)
            uploads.admit(site.db)
            uploads.url = site.url
            uploads.begin()
            for _ in range(kills):
                uploads.wait_for(PROBES)
                time.sleep(randomness.random() * 0.1)  # at any moment of the uploads
                postgres.kill()
                postgres.start()
            uploads.wait_for(PROBES)
            uploads.end()
            check_log(site.db, [uploads])
    print(f"{kills} kills of the database, {len(uploads.places)} entries acknowledged: 0 lost; {uploads.answers}")
    assert uploads.answers[503] >= kills

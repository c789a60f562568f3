"""A database of each kind that is all a test's own, on every version of PostgreSQL that a test asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from server.config.settings import Settings
from tests.server.conftest import new_postgres
from tests.server.erasure_kit import Place
from tests.server.storage_kit import azure, azurite, bucket, s3

__all__ = ["azure", "azurite", "bucket", "s3"]


@pytest.fixture
def place(database_kind: str, tmp_path: Path) -> Iterator[Place]:
    backups = tmp_path / "backups"
    backups.mkdir()
    options = {"data_dir": tmp_path / "data", "port": 0, "min_free_mib": 0, "web_dir": tmp_path / "dist"}
    if database_kind == "sqlite":
        (tmp_path / "db").mkdir()
        url = f"sqlite:///{tmp_path / 'db' / 'test.sqlite3'}"
        yield Place(Settings.model_validate(options | {"database_url": url}), tmp_path / "db", backups)
        return
    with new_postgres(kind=database_kind) as postgres:
        url = postgres.url.format("")
        folder = Path(parse_qs(urlsplit(url).query)["host"][0])
        yield Place(Settings.model_validate(options | {"database_url": url}), folder, backups)

"""One document that somebody asked for: how far it is, and what its worker is told of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter

from server.exports.gathering.log_request import LogRequest
from server.interface.errors import ApiError
from server.store.crypto.body_keys import BodyKeys

JobState = Literal["queued", "running", "ready", "failed"]
TEMPORARY = "tmp"
"""Folder of the worker's temporary files, beside the documents: what is not whole lies there."""
_WANTED = TypeAdapter(LogRequest)
TOLD_FROM_PERCENT = 5  # guessed: of less nobody can say how long the rest takes


@dataclass(frozen=True, slots=True)
class Heard:
    """What the process that makes a document says of its turn."""

    left_s: int | None
    ahead: int


@dataclass(slots=True)
class ExportJob:
    """One document that somebody asked for."""

    job_id: UUID
    user_id: UUID
    wanted: LogRequest
    path: Path
    asked: datetime
    state: JobState = "queued"
    percent: int = 0
    parts: int = 1
    parts_done: int = 0
    began_s: float = 0.0
    part_began_s: float = 0.0
    size: int | None = None
    failure: ApiError | None = None
    finished_s: float = 0.0
    made_after: int = 0
    """How often keys of bodies had been destroyed when the making of it began."""
    done: asyncio.Event = field(default_factory=asyncio.Event)
    heard: Heard | None = None
    """Of one that another process makes or made; None: it is this one's."""

    @property
    def is_over(self) -> bool:
        """Ready or failed."""
        return self.state in {"ready", "failed"}

    def left_s(self, now_s: float) -> float | None:
        """How long it takes still, by what was done so far; None when nobody can say."""
        if self.state != "running" or self.percent < TOLD_FROM_PERCENT:
            return None
        return (now_s - self.began_s) * (100 - self.percent) / self.percent


def line_of(
    job: ExportJob,
    database_url: str,
    body_keys: BodyKeys,
    signing_key: Path | None,
    storage_url: str = "",
    replica_url: str = "",
) -> bytes:
    """The line by which a worker is told to make it; `signing_key`: file of the key for submissions."""
    values = {
        "database_url": database_url,
        "body_keys": str(body_keys.path),
        "store_key": str(body_keys.key_path),
        "storage_url": storage_url,
        "replica_url": replica_url,
        "path": str(job.path),
        "wanted": wanted_as_json(job.wanted),
        "signing_key": str(signing_key) if signing_key else None,
    }
    return json.dumps(values).encode() + b"\n"


def wanted_as_json(wanted: LogRequest) -> Any:
    """A request as JSON takes it."""
    return _WANTED.dump_python(wanted, mode="json")


def wanted_of(line: Mapping[str, Any]) -> LogRequest:
    """What such a line asks for."""
    return _WANTED.validate_python(line["wanted"])

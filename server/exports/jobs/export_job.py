"""One document that somebody asked for: how far it is, and what its worker is told of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from server.exports.gathering.inspection_log import LogRequest
from server.interface.errors import ApiError
from server.store.crypto.body_keys import BodyKeys

JobState = Literal["queued", "running", "ready", "failed"]


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
    size: int | None = None
    failure: ApiError | None = None
    finished_s: float = 0.0
    made_after: int = 0
    """How often keys of bodies had been destroyed when the making of it began."""
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_over(self) -> bool:
        """Ready or failed."""
        return self.state in {"ready", "failed"}


def line_of(job: ExportJob, database_url: str, body_keys: BodyKeys, signing_key: Path | None) -> bytes:
    """The line by which a worker is told to make it; `signing_key`: file of the key for submissions."""
    wanted = job.wanted
    values: dict[str, Any] = {
        "database_url": database_url,
        "body_keys": str(body_keys.path),
        "store_key": str(body_keys.key_path),
        "path": str(job.path),
        "format": wanted.format,
        "first": wanted.period.first.isoformat(),
        "last": wanted.period.last.isoformat(),
        "room_id": str(wanted.room_id) if wanted.room_id else None,
        "organisation": wanted.organisation,
        "requested_by": wanted.requested_by,
        "reason": wanted.reason,
        "district_id": wanted.district_id,
        "sweep_id": str(wanted.sweep_id) if wanted.sweep_id else None,
        "with_sheets": wanted.with_sheets,
        "case_id": str(wanted.case_id) if wanted.case_id else None,
        "document_no": wanted.document_no,
        "may_name": wanted.may_name,
        "is_redacted": wanted.is_redacted,
        "signing_key": str(signing_key) if signing_key else None,
    }
    return json.dumps(values).encode() + b"\n"

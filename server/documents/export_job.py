"""One document that somebody asked for: how far it is, what its worker is told of it, and in what words there is
none.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from server.crypto.body_keys import BodyKeys
from server.documents.inspection_log import LogRequest
from server.interface.errors import ApiError
from sweep.report import LocalText

JobState = Literal["queued", "running", "ready", "failed"]

TOO_LARGE = LocalText(
    ko="문서가 너무 커서 만들지 못했습니다. 기간을 줄이거나 방을 하나만 고르십시오",
    en="the document takes too much memory: choose a shorter period or one room",
)
TOO_SLOW = LocalText(
    ko="문서를 만드는 데 너무 오래 걸립니다. 기간을 줄이십시오", en="it takes too long: choose a shorter period"
)
BROKEN = LocalText(
    ko="문서를 만들지 못했습니다. 다시 시도하십시오",
    en="the document could not be made; try again, the server's log has more",
)
OUTDATED = LocalText(
    ko="그 사이에 본문이 삭제되어 이 문서를 지웠습니다. 다시 요청하십시오",
    en="a body was erased since, so this document was deleted: ask for it again",
)
CANCELLED = LocalText(ko="취소했습니다", en="cancelled")
LINES_KO = {
    "export_unavailable": "지금은 문서를 만들 수 없습니다",
    "export_refused": "이 범위로는 문서를 만들 수 없습니다",
}


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
        "signing_key": str(signing_key) if signing_key else None,
    }
    return json.dumps(values).encode() + b"\n"

"""What every answer has in common: the base of the records, the shape of a refusal, and plain answers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from sweep.report import LocalText


class View(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ErrorBody(View):
    """Why a request was refused."""

    code: str
    message: LocalText


class ErrorView(View):
    """The one shape of every refusal."""

    error: ErrorBody


class Ok(View):
    """Done."""

    ok: Literal[True] = True


PartState = Literal["ok", "degraded", "off"]


class HealthParts(View):
    """How each part is; `off` is one that nobody set up."""

    database: PartState
    """Degraded: it can be read and takes no writes."""
    writer: PartState
    """Degraded: nothing is written, since a write does not end, here or in another process."""
    clock: PartState
    """Degraded: this machine's clock is more than five seconds from the database's, or behind the newest entry."""
    disk: PartState
    """Degraded: entries are refused, since less is free than `ANSIM_MIN_FREE_MIB`, or nothing is."""
    witness: PartState
    """Degraded: witness or time-stamping service did not answer last or refused, or a fork of the log is open."""
    queue: PartState
    """Of documents. Degraded: no more are taken at the moment."""
    page: PartState
    """Off: it was not built."""
    retention: PartState
    """Degraded: what has to go was not removed for two hours."""
    erasure: PartState
    """Degraded: files of the database may hold words in plain from before bodies were sealed; `retention` says more."""
    storage: PartState
    """Of large bodies. Off: they lie in the database. Degraded: it did not answer last; new ones wait there."""
    load: PartState
    """Degraded: statistics and documents are put off, since there is more to do than threads."""
    replica: PartState
    """Degraded: it is not read; `replica` beside the parts says why."""


class ReplicaHealth(View):
    """How the replica of the database was at the last look."""

    state: Literal["follows", "behind", "away", "promoted", "another"]
    """It is read while it follows. Promoted: it is a primary itself; another: it follows another primary."""
    behind_s: float | None
    """Since the primary wrote what it lacks, to two seconds."""
    behind_bytes: int | None


class Health(View):
    """Is the server there, and which?"""

    status: Literal["ok", "degraded"]
    """Degraded as soon as one part is."""
    database: Literal["ok"]
    """It answered just now; when it does not, the answer is a refusal with the code `database_unreachable`."""
    version: str
    page_built: bool
    parts: HealthParts
    replica: ReplicaHealth | None
    """None: there is none."""

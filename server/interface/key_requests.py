"""What comes in about the keys of probes: a new one, its end, the one that takes its place."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from server.interface.fields import MAX_LOG_INDEX, DistrictId, Line, PublicKey, Reason, Slug
from sweep.report import Record


class AdmitRequest(Record):
    """The key of a probe, as `sweep key` prints it, and what to call it."""

    public_key: PublicKey
    role: Literal["probe", "demo"]
    probe_id: Slug
    name: Annotated[Line, Field(max_length=100)]
    district_id: DistrictId | None = None
    """Whose probe it is; None: of the district of this server."""


class KeyReasonRequest(Record):
    """Why; it is written down."""

    reason: Reason


class RevokeRequest(KeyReasonRequest):
    """Let a key speak no more, by default from now."""

    from_index: Annotated[int, Field(ge=0, le=MAX_LOG_INDEX)] | None = None


class ReplaceKeyRequest(KeyReasonRequest):
    """The new key of the same probe."""

    public_key: PublicKey

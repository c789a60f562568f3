"""What comes in about the keys of probes: a new one, its end, the one that takes its place."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from server.interface.fields import MAX_LOG_INDEX, DistrictId, Line, PublicKey, Reason, Slug
from sweep.phrases import Phrase
from sweep.report import Record
from sweep.report.log_records import RELAYS


class AdmitRequest(Record):
    """The key of a probe as `sweep key` prints it, or that of a Pi's server, and what to call it."""

    public_key: PublicKey
    role: Literal["probe", "demo", "relay", "demo-relay"]
    probe_id: Slug | None = None
    """The probe that the key of a probe speaks for."""
    probes: Annotated[tuple[Slug, ...], Field(max_length=100)] = ()
    """Of a Pi's server: the probes that stand beside it."""
    tells_for: Annotated[tuple[DistrictId, ...], Field(max_length=300)] = ()
    """Of a server that tells this one how its districts stand: these."""
    name: Annotated[Line, Field(max_length=100)]
    district_id: DistrictId | None = None
    """Whose probe it is; None: of the first district that it tells for, or of this server's."""

    @model_validator(mode="after")
    def _is_bound(self) -> AdmitRequest:
        if self.role in RELAYS and (self.probe_id is not None or bool(self.probes) == bool(self.tells_for)):
            raise ValueError(Phrase("probes_needed_alone"))
        if self.tells_for and self.role != "relay":
            raise ValueError(Phrase("tells_for_alone"))
        if self.role not in RELAYS and (self.probe_id is None or self.probes):
            raise ValueError(Phrase("probe_id_needed_alone"))
        return self


class KeyReasonRequest(Record):
    """Reason; it is recorded."""

    reason: Reason


class RevokeRequest(KeyReasonRequest):
    """Revoke a key, by default from now."""

    from_index: Annotated[int, Field(ge=0, le=MAX_LOG_INDEX)] | None = None


class ReplaceKeyRequest(KeyReasonRequest):
    """The new key of the same probe."""

    public_key: PublicKey

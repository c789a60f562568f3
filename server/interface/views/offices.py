"""How an office's documents look, whose name stands on them, and where they went."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from server.interface.office_requests import ProvisionBasis, ProvisionForm
from server.interface.views.answer import View


class OfficeView(View):
    """How an office's documents look."""

    district_id: str
    name: str
    """Empty: nobody gave it a name yet."""
    approval: tuple[str, ...]
    number_word: str
    shows_names: bool


class NamedPerson(View):
    """Somebody who stands on documents by name."""

    username: str
    name: str


class NamedPeople(View):
    """Those of a district who do."""

    people: tuple[NamedPerson, ...]


DocumentKind = Literal[
    "inspection_log", "redacted_copy", "day_list", "quarter_report", "provision_register", "handover"
]


class IssuedDocument(View):
    """A document that somebody had made."""

    document_no: str
    kind: DocumentKind
    file_name: str
    made: datetime
    made_by: str
    reason: str


class IssuedDocuments(View):
    """The newest of an office's register, the newest first."""

    documents: tuple[IssuedDocument, ...]
    is_cut: bool


class ProvisionView(View):
    """Something that was given to another agency or person."""

    provision_id: UUID | None
    """Null: the access log says so, and nobody wrote it down besides."""
    document_no: str
    day: date
    recipient: str
    basis: ProvisionBasis
    purpose: str
    items: str
    form: ProvisionForm
    limits: str
    recorded_by: str
    is_withdrawn: bool
    """It was written down wrongly, and stays."""


class Provisions(View):
    """The register of what was given away (제3자 제공 대장) of a year, oldest first."""

    provisions: tuple[ProvisionView, ...]


class HandoverView(View):
    """An office that went over to somebody else."""

    handover_id: UUID
    document_no: str
    from_name: str
    to_name: str
    cases: int
    instruments: int
    keys: int
    pairs: int
    orders: int
    made: datetime
    made_by: str


class Handovers(View):
    """Those of a district, the newest first."""

    handovers: tuple[HandoverView, ...]

"""What comes in about an office's documents: how they look, and whose name stands on them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from server.interface.fields import Reason, Username, clean, no_link
from sweep.report import Record

MOST_BOXES = 5  # derived: as many as stand beside a title on A4
BoxWord = Annotated[str, StringConstraints(min_length=1, max_length=8, strip_whitespace=True), AfterValidator(clean)]
NumberWord = Annotated[
    str, StringConstraints(max_length=30, strip_whitespace=True), AfterValidator(clean), AfterValidator(no_link)
]
OfficeName = Annotated[
    str,
    StringConstraints(min_length=2, max_length=40, strip_whitespace=True),
    AfterValidator(clean),
    AfterValidator(no_link),
]
DocumentName = Annotated[
    str, StringConstraints(min_length=2, max_length=40, strip_whitespace=True), AfterValidator(clean)
]


class OfficeRequest(Record):
    """How an office's documents look."""

    name: OfficeName | None = None
    """What the district is called, at the head of documents and everywhere else; null: as it is."""
    approval: Annotated[tuple[BoxWord, ...], Field(max_length=MOST_BOXES)]
    """What stands over each approval box (결재란), as 담당, 팀장, 과장; none: no boxes."""
    number_word: NumberWord = ""
    """What stands before a number, as the name of the division: `여성가족과` makes `여성가족과-12`."""
    shows_names: bool = False
    """Do names stand beside pseudonyms, in documents of those who may see them?"""


ProvisionBasis = Literal["consent", "law", "investigation", "court", "disclosure", "duty"]
"""On what ground something was given: `interface/words.py` has the articles."""
ProvisionForm = Literal["paper", "file", "seen"]


class ProvisionRequest(Record):
    """A document or a piece of evidence that was given to another agency or person."""

    document_no: Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(clean)]
    """Its number in the office's register, or what the evidence is called."""
    day: Annotated[date, Field(ge=date(2020, 1, 1), le=date(2100, 12, 31))]
    recipient: Reason
    """An agency and its unit; of a person no name, but in what capacity."""
    basis: ProvisionBasis
    purpose: Reason
    items: Reason
    """Which personal data it holds, or that it holds none."""
    form: ProvisionForm
    limits: Annotated[str, StringConstraints(max_length=300), AfterValidator(clean), AfterValidator(no_link)] = ""
    """What was asked of the recipient to keep it safe (개인정보 보호법 제18조제5항)."""


class HandoverRequest(Record):
    """Somebody who leaves their office to a named other person."""

    from_username: Username
    to_username: Username
    reason: Reason
    is_leaving: bool = True
    """The account of whoever leaves is switched off with it."""


class DocumentNameRequest(Record):
    """By what name somebody stands on documents."""

    name: DocumentName

"""All that comes in as JSON, listed once, so that OpenAPI describes each record by its name."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from server.interface.case_requests import CaseRequest, LookRequest, ProveRequest, StepRequest
from server.interface.command_requests import CommandRequest
from server.interface.export_requests import ExportRequest
from server.interface.inspection_requests import CitationRequest, ConfirmationRequest, InspectionRequest
from server.interface.instrument_requests import InstrumentCheckRequest, InstrumentRequest, RetiredRequest
from server.interface.key_requests import AdmitRequest, KeyReasonRequest, ReplaceKeyRequest, RevokeRequest
from server.interface.live_requests import LiveBatch
from server.interface.notification_requests import DutyRequest, NotificationRequest, SubscriptionRequest
from server.interface.office_requests import DocumentNameRequest, HandoverRequest, OfficeRequest, ProvisionRequest
from server.interface.people_requests import (
    AgreeRequest,
    BadgeSheetRequest,
    CodeRequest,
    DistrictRequest,
    EnrolmentRequest,
    InviteRequest,
    LoginRequest,
    LostRequest,
    MoveRequest,
    NewPasskey,
    PasskeyAnswer,
    PasswordRequest,
    PinRequest,
    SubjectRequest,
)
from server.interface.photo_requests import (
    EvidenceKeyRequest,
    OpenPhotoRequest,
    PhotoCheckRequest,
    PhotoDeclarationRequest,
    PhotoRequest,
)
from server.interface.place_requests import (
    BasisRequest,
    ClosedRequest,
    ColumnAnswersRequest,
    FacilityChange,
    FacilityRequest,
    ImportAnswerRequest,
    JoinRequest,
    RoomName,
    RoomPartsRequest,
    RoomRequest,
)
from server.interface.practice_requests import PracticeLooks, PracticeRequest, PracticeSweep
from server.interface.public_page_requests import CloseReportRequest, ReportCaseRequest, StickerSheetRequest
from server.interface.schedule_requests import PairRequest, SpecialRequest, VisitOrderRequest
from server.interface.sweep_requests import DispositionRequest, EraseRequest
from server.interface.told_requests import TellRequest
from server.interface.views.probes import EntryEvent
from server.interface.visit_requests import SignatureRequest, VisitNoteRequest
from sweep.report import LiveMessage, Plan

REQUESTS: tuple[type[BaseModel], ...] = (
    LoginRequest,
    PasswordRequest,
    ExportRequest,
    OfficeRequest,
    DocumentNameRequest,
    ProvisionRequest,
    HandoverRequest,
    PracticeRequest,
    PracticeSweep,
    PracticeLooks,
    FacilityRequest,
    RoomRequest,
    RoomPartsRequest,
    RoomName,
    FacilityChange,
    ClosedRequest,
    JoinRequest,
    BasisRequest,
    ColumnAnswersRequest,
    ImportAnswerRequest,
    ReportCaseRequest,
    CloseReportRequest,
    StickerSheetRequest,
    PairRequest,
    VisitOrderRequest,
    SpecialRequest,
    NotificationRequest,
    SubscriptionRequest,
    DutyRequest,
    Plan,
    DispositionRequest,
    VisitNoteRequest,
    SignatureRequest,
    CaseRequest,
    StepRequest,
    PhotoDeclarationRequest,
    PhotoRequest,
    OpenPhotoRequest,
    PhotoCheckRequest,
    EvidenceKeyRequest,
    LookRequest,
    DistrictRequest,
    InspectionRequest,
    CitationRequest,
    ConfirmationRequest,
    InstrumentRequest,
    InstrumentCheckRequest,
    RetiredRequest,
    BadgeSheetRequest,
    SubjectRequest,
    InviteRequest,
    MoveRequest,
    LostRequest,
    CodeRequest,
    EnrolmentRequest,
    PinRequest,
    ProveRequest,
    AgreeRequest,
    NewPasskey,
    PasskeyAnswer,
    EraseRequest,
    AdmitRequest,
    KeyReasonRequest,
    RevokeRequest,
    ReplaceKeyRequest,
    CommandRequest,
    LiveBatch,
    TellRequest,
)
EVENTS: tuple[type[BaseModel], ...] = (LiveMessage, EntryEvent)  # what the event stream carries beside ProbeView


def request_schemas() -> dict[str, Any]:
    """JSON schemas of everything in `REQUESTS` and `EVENTS` and what it refers to, by name."""
    _, schemas = models_json_schema(
        [(model, "validation") for model in (*REQUESTS, *EVENTS)], ref_template="#/components/schemas/{model}"
    )
    definitions: dict[str, Any] = schemas["$defs"]
    return definitions

"""Routes of practice: one's own, and nobody else's, whatever the role."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request

from server.api.access import OwnPractice
from server.api.service.services import services_of
from server.districts.scope import refuse_foreign
from server.interface.practice_requests import PracticeLooks, PracticeRequest, PracticeSweep
from server.interface.request_body import describe, json_body
from server.interface.views.practice import Practice
from server.people.access_log import shows
from server.places import practice
from server.projections.projecting import catch_up

router = APIRouter(tags=["practice"])


@router.get("/api/practice", openapi_extra=shows())
def get_practice(request: Request, person: OwnPractice) -> Practice:
    """One's own practice with what was found; where something is hidden is told after the sweep only."""
    with services_of(request).db.read() as connection:
        return practice.practice_of(connection, person.user_id, person.display_name)


@router.post("/api/practice", status_code=201, openapi_extra=describe(PracticeRequest) | shows())
def post_practice(
    request: Request, person: OwnPractice, body: Annotated[PracticeRequest, json_body(PracticeRequest)]
) -> Practice:
    """Keep what a colleague hid for whoever is logged in."""
    with services_of(request).db.write() as connection:
        refuse_foreign(connection, person.district_id, {"room_id": str(body.room_id)})
        practice.hide(connection, person.user_id, body)
        return practice.practice_of(connection, person.user_id, person.display_name)


@router.post("/api/practice/{run_id}/sweep", openapi_extra=describe(PracticeSweep) | shows())
def post_practice_sweep(
    request: Request, person: OwnPractice, run_id: UUID, body: Annotated[PracticeSweep, json_body(PracticeSweep)]
) -> Practice:
    """Compare a practice or a simulation of one's own with what was hidden."""
    db = services_of(request).db
    catch_up(db, body.sweep_id)
    with db.write() as connection:
        practice.compare(connection, person.user_id, person.display_name, run_id, body.sweep_id)
        return practice.practice_of(connection, person.user_id, person.display_name)


@router.post("/api/practice/{run_id}/looks", openapi_extra=describe(PracticeLooks) | shows())
def post_practice_looks(
    request: Request, person: OwnPractice, run_id: UUID, body: Annotated[PracticeLooks, json_body(PracticeLooks)]
) -> Practice:
    """Compare what other instruments than a probe showed with what was hidden."""
    with services_of(request).db.write() as connection:
        practice.compare_looks(connection, person.user_id, run_id, body.looks)
        return practice.practice_of(connection, person.user_id, person.display_name)


@router.delete("/api/practice/{run_id}", openapi_extra=shows())
def delete_practice(request: Request, person: OwnPractice, run_id: UUID) -> Practice:
    """Remove one of one's own for good."""
    with services_of(request).db.write() as connection:
        practice.forget(connection, person.user_id, run_id)
        return practice.practice_of(connection, person.user_id, person.display_name)

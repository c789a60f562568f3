"""Kinds of entries and the media types of their bodies; REPORT.md and LOG.md tell who writes which."""

from __future__ import annotations

OPENED = "sweep.opened"
REPORT = "sweep.report"
DISPOSITION = "disposition"
BODY_ERASED = "body.erased"
KEY_ADMITTED = "key.admitted"
KEY_REVOKED = "key.revoked"
KEY_REINSTATED = "key.reinstated"
QUARANTINE_PURGED = "quarantine.purged"
ACCESS_LOG_HEAD = "access_log.head"
CASE_STEP = "case.step"
REFERENCE_CHECKED = "reference.checked"
VISIT_NOTED = "visit.noted"
VISIT_SIGNED = "visit.signed"
PHOTO_TAKEN = "photo.taken"
PHOTO_OPENED = "photo.opened"
PHOTO_CHECKED = "photo.checked"
PHOTO_EXPIRED = "photo.expired"
ROOM_PLACED = "room.placed"
PERSON_REGISTERED = "person.registered"
PROOF_GIVEN = "proof.given"
SWEEP_KINDS = frozenset({OPENED, REPORT, DISPOSITION, BODY_ERASED, VISIT_NOTED, VISIT_SIGNED})
"""About what was measured and decided in rooms."""
KEY_KINDS = frozenset({KEY_ADMITTED, KEY_REVOKED, KEY_REINSTATED})
"""Who may speak in the log."""
SERVER_KINDS = frozenset({QUARANTINE_PURGED, ACCESS_LOG_HEAD, PHOTO_EXPIRED, ROOM_PLACED, PERSON_REGISTERED})
"""What the server says for itself."""
CASE_KINDS = frozenset({CASE_STEP})
"""What persons did about a case."""
PHOTO_KINDS = frozenset({PHOTO_TAKEN, PHOTO_OPENED, PHOTO_CHECKED})
"""What persons did about a photograph of an object."""
PROOF_KINDS = frozenset({PROOF_GIVEN})
"""A person proved at the city what a Pi's server said in their name."""
PROBE_KINDS = frozenset({REFERENCE_CHECKED})
"""What a probe says of itself, outside any sweep."""
KNOWN_KINDS = SWEEP_KINDS | KEY_KINDS | SERVER_KINDS | CASE_KINDS | PHOTO_KINDS | PROBE_KINDS | PROOF_KINDS

OPENED_TYPE = "application/vnd.ansim.sweep-opened.v1+json"
REPORT_TYPE = "application/vnd.ansim.sweep-report.v1+json"
DETAILS_TYPE = "application/vnd.ansim.finding-details.v1+json"
DISPOSITION_TYPE = "application/vnd.ansim.disposition.v1+json"
ERASED_TYPE = "application/vnd.ansim.body-erased.v1+json"
CASE_STEP_TYPE = "application/vnd.ansim.case-step.v1+json"
REFERENCE_TYPE = "application/vnd.ansim.reference-checked.v1+json"
VISIT_NOTED_TYPE = "application/vnd.ansim.visit-noted.v1+json"
VISIT_SIGNED_TYPE = "application/vnd.ansim.visit-signed.v1+json"
CROP_TYPE = "image/png"
KEY_ADMITTED_TYPE = "application/vnd.ansim.key-admitted.v1+json"
KEY_REVOKED_TYPE = "application/vnd.ansim.key-revoked.v1+json"
KEY_REINSTATED_TYPE = "application/vnd.ansim.key-reinstated.v1+json"
QUARANTINE_PURGED_TYPE = "application/vnd.ansim.quarantine-purged.v1+json"
ACCESS_LOG_HEAD_TYPE = "application/vnd.ansim.access-log-head.v1+json"
PHOTO_TAKEN_TYPE = "application/vnd.ansim.photo-taken.v1+json"
SEALED_PHOTO_TYPE = "application/vnd.ansim.sealed-photo.v1"
PHOTO_OPENED_TYPE = "application/vnd.ansim.photo-opened.v1+json"
PHOTO_CHECKED_TYPE = "application/vnd.ansim.photo-checked.v1+json"
PHOTO_EXPIRED_TYPE = "application/vnd.ansim.photo-expired.v1+json"
ROOM_PLACED_TYPE = "application/vnd.ansim.room-placed.v1+json"
PERSON_REGISTERED_TYPE = "application/vnd.ansim.person-registered.v1+json"
PERSON_NAME_TYPE = "application/vnd.ansim.person-name.v1+json"
PROOF_GIVEN_TYPE = "application/vnd.ansim.proof-given.v1+json"

"""Photographs in tests: officers with keys, sealed pictures, requests as the page sends them."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pyrage
from httpx import Response

from sweep.report import new_id, utc_now
from tests.server.conftest import PASSWORD, Client, Site
from tests.server.sweep_kit import DEMO_ROOM

SECOND = {"username": "second", "password": PASSWORD}
PICTURE = b"\xff\xd8\xff\xdb" + bytes(range(256)) * 40 + b"\xff\xd9"
"""As good as a picture for a server that sees none."""
EXIF = PICTURE[:2] + b"\xff\xe1\x00\x08Exif\x00\x00" + PICTURE[2:]


class Officer:
    """An evidence officer who is logged in, with a key of their own."""

    def __init__(self, site: Site, name: str = "증거담당-01") -> None:
        self.client = site.login("evidence_officer", name)
        self.identity = pyrage.x25519.Identity.generate()
        answer = self.client.post("/api/evidence-keys", {"recipient": str(self.identity.to_public())})
        assert answer.status_code == 201, answer.text
        self.key_id: str = answer.json()["key_id"]

    def open(self, photo_id: str, *, reason: str = "수사 협조 검토", purpose: str = "look") -> Response:
        return self.client.post(f"/api/photos/{photo_id}/open", {"purpose": purpose, "reason": reason})

    def decrypt(self, answer: Response) -> bytes:
        assert answer.status_code == 200, answer.text
        opened: bytes = pyrage.decrypt(base64.b64decode(answer.json()["sealed"]), [self.identity])
        return opened


def declare(client: Client, case_id: str) -> dict[str, Any]:
    """Declare the room empty with the second person."""
    answer = client.post(f"/api/cases/{case_id}/photo-declarations", {"second_person": SECOND})
    assert answer.status_code == 201, answer.text
    declared: dict[str, Any] = answer.json()
    return declared


def sealed_for(declared: dict[str, Any], picture: bytes = PICTURE) -> bytes:
    """A picture sealed to the keys that a declaration names."""
    keys = [pyrage.x25519.Recipient.from_str(key["recipient"]) for key in declared["recipients"]]
    sealed: bytes = pyrage.encrypt(picture, keys)
    return sealed


def request_of(declared: dict[str, Any], picture: bytes = PICTURE, **changed: Any) -> dict[str, Any]:
    """What the page sends for a picture; `sealed` as bytes or text."""
    now = utc_now()
    fields: dict[str, Any] = {
        "photo_id": str(new_id()),
        "declaration_id": declared["declaration_id"],
        "zone_id": None,
        "shows": "object",
        "width_px": 1600,
        "height_px": 1200,
        "plain_sha256": hashlib.sha256(picture).hexdigest(),
        "plain_size": len(picture),
        "sealed_to": [key["key_id"] for key in declared["recipients"]],
        "sealed": sealed_for(declared, picture),
        "taken": now.isoformat().replace("+00:00", "Z"),
        "sent": now.isoformat().replace("+00:00", "Z"),
    } | changed
    if isinstance(fields["sealed"], bytes):
        fields["sealed"] = base64.b64encode(fields["sealed"]).decode()
    return fields


def send(client: Client, case_id: str, fields: dict[str, Any]) -> Response:
    """Send a photograph."""
    return client.post(f"/api/cases/{case_id}/photos", fields)


def code_of(answer: Response) -> str:
    """Status and code of a refusal in one word."""
    return f"{answer.status_code} {answer.json()['error']['code']}"


def taken(client: Client, site: Site) -> str:
    """A photograph of a new case in the demonstration's room; the second person is made on the way."""
    site.add_user("second", "inspector", "점검자-02")
    opened = client.post(f"/api/rooms/{DEMO_ROOM}/cases", {"step": {"step": "reported", "what": "검은 점"}})
    case_id: str = opened.json()["case"]["case_id"]
    photo_id: str = send(client, case_id, request_of(declare(client, case_id))).json()["photo"]["photo_id"]
    return photo_id

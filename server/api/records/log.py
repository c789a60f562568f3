"""Routes of the tree over the log: its signed head, tiles and proofs, for anybody: they hold hashes and times only."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from server.api.access import OPEN
from server.api.service.services import services_of
from server.interface.errors import invalid, not_found
from server.interface.fields import MAX_LOG_INDEX
from server.interface.views.entries import ConsistencyProof
from server.log import tiles
from server.people.access_log import shows
from sweep.entry.envelope import InclusionProof
from sweep.entry.merkle import HASH_BYTES
from sweep.phrases import Phrase

router = APIRouter(tags=["log"])

Size = Annotated[int, Query(ge=0, le=MAX_LOG_INDEX)]
FOR_EVER = "public, max-age=31536000, immutable"
PLACE = re.compile(r"^((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?$")
Place = Annotated[str, Path(pattern=PLACE.pattern)]
Level = Annotated[int, Path(ge=0, lt=64)]
BINARY: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}}}


@router.get("/api/log/checkpoint", response_class=PlainTextResponse, dependencies=[OPEN], openapi_extra=shows())
def checkpoint(request: Request) -> PlainTextResponse:
    """The signed head of the tree as it is (C2SP tlog-checkpoint)."""
    services = services_of(request)
    with services.db.read() as connection:
        note = services.heads.note(connection)
    return PlainTextResponse(note, headers={"Cache-Control": "no-store"})


@router.get("/api/log/proof", dependencies=[OPEN], openapi_extra=shows())
def proof(request: Request, leaf: Size) -> InclusionProof:
    """Proof that the entry at an index is in the tree; 404 when there is none yet."""
    services = services_of(request)
    with services.db.read() as connection:
        try:
            return services.heads.inclusion(connection, leaf)
        except ValueError:
            raise not_found(Phrase("entry_not_found")) from None


@router.get("/api/log/consistency", dependencies=[OPEN], openapi_extra=shows())
def consistency(request: Request, old: Size, new: Size) -> ConsistencyProof:
    """Proof that the tree of `new` entries begins with that of `old`; 400 unless 0 < old <= new <= all."""
    with services_of(request).db.read() as connection:
        try:
            hashes = tiles.prove_consistency(connection, old, new)
        except ValueError:
            raise invalid(Phrase("no_such_proof"), code="no_such_proof") from None
    return ConsistencyProof(old=old, new=new, hashes=tuple(hash_.hex() for hash_ in hashes))


@router.get(
    "/api/log/tile/entries/{place:path}",
    response_class=Response,
    responses=BINARY,
    dependencies=[OPEN],
    openapi_extra=shows(),
)
def entry_bundle(request: Request, place: Place) -> Response:
    """The leaves of 256 entries, or of the first few (C2SP tlog-tiles)."""
    position, width = _parse(place)
    with services_of(request).db.read() as connection:
        leaves = tiles.read_entries(connection, position)
    return _tile([len(leaf).to_bytes(2, "big") + leaf for leaf in leaves], width)


@router.get(
    "/api/log/tile/{level}/{place:path}",
    response_class=Response,
    responses=BINARY,
    dependencies=[OPEN],
    openapi_extra=shows(),
)
def tile(request: Request, level: Level, place: Place) -> Response:
    """256 hashes of a level of the tree, or the first few (C2SP tlog-tiles)."""
    position, width = _parse(place)
    with services_of(request).db.read() as connection:
        hashes = tiles.read_tile(connection, level, position) or b""
    return _tile([hashes[start : start + HASH_BYTES] for start in range(0, len(hashes), HASH_BYTES)], width)


def _parse(place: str) -> tuple[int, int]:
    """(position, width) of a tile from its path."""
    found = PLACE.fullmatch(place)
    width = int(found[2]) if found is not None and found[2] else tiles.WIDTH
    if found is None or width > tiles.WIDTH or (found[2] and width == tiles.WIDTH):
        raise not_found(Phrase("tile_not_found"))
    position = int(found[1].replace("x", "").replace("/", ""))
    if found[1].startswith("x000"):
        raise not_found(Phrase("tile_not_found"))
    return position, width


def _tile(parts: list[bytes], width: int) -> Response:
    """A whole tile or its first parts; what was given once never changes. ApiError 404 when there are not as many."""
    if len(parts) < width:
        raise not_found(Phrase("tile_not_found"))
    return Response(b"".join(parts[:width]), media_type="application/octet-stream", headers={"Cache-Control": FOR_EVER})

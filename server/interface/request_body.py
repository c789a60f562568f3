"""A request's body: bounded before it is read, and read as JSON into one strict record.

`read_body` stops at its limit; `json_body` is the FastAPI dependency that turns the body into a record and `describe`
puts the same record into OpenAPI.  Duplicate keys, NaN, unknown fields and control characters are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request

from server.interface.errors import ApiError, invalid
from sweep.phrases import Phrase, phrase_of
from sweep.report import ContractError, LocalText, parse_json

MAX_REQUEST_BYTES = 64 * 1024  # derived: the largest plan (80 zones of 64 corners) takes about 100 kB, see MAX_PLAN
MAX_PLAN_BYTES = 256 * 1024
MAX_LIVE_BYTES = 256 * 1024  # derived: 50 messages of two texts of 1,000 Korean letters
BYTES_PER_VALUE = 4  # derived: a plan's corners, "[0.5,1.0],", are the densest that is sent and have 5

Model = TypeVar("Model", bound=BaseModel)


async def read_body(request: Request, max_bytes: int) -> bytes:
    """The body, or ApiError 413 as soon as it is known to be larger than `max_bytes`."""
    too_large = ApiError(413, Phrase("request_too_large", most=max_bytes), code="too_large")
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or len(declared) > 12 or int(declared) > max_bytes:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > max_bytes:
                raise too_large
            chunks.append(chunk)
    except ClientDisconnect:  # nobody hears the answer; without it each such client would fill the log
        raise ApiError(400, Phrase("request_cut_off"), code="cut_off") from None
    return b"".join(chunks)


def json_body(
    model: type[Model],
    max_bytes: int = MAX_REQUEST_BYTES,
    *,
    words_for: Callable[[str], LocalText | None] = lambda _field: None,
) -> Any:
    """FastAPI dependency: the request's JSON as `model`; 400 with one line when it does not keep the contract.

    `words_for`: what to tell a person whose form lacks something, by the name of the field.
    """

    async def read(request: Request) -> Model:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            # a form on another site can send anything but this type without asking the browser's permission
            raise ApiError(415, Phrase("json_needed"))
        body = await read_body(request, max_bytes)
        try:
            return parse_json(model, body, max_bytes=max_bytes, max_values=max_bytes // BYTES_PER_VALUE)
        except ContractError as error:
            words = words_for(_field_of(error))
            if words is None:
                raise
            raise invalid(words) from None

    return Depends(read)


def _field_of(error: ContractError) -> str:
    """The field that is wrong, such as `step.photographed.commitment`; empty where the whole body is."""
    inner = phrase_of(error).values.get("why")
    return str(inner.values.get("place", "")) if isinstance(inner, Phrase) else ""


def describe(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route that takes `model`."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}

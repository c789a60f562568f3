"""Every fault that a request may meet, answered in the one shape of a refusal.

Input is an application; whatever a route raises becomes an `ApiError`.  A fault of our own is 500, and goes to the log.
"""

from __future__ import annotations

import logging

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.interface.errors import ApiError, busy, database_away, invalid
from server.store.crypto.body_keys import BodyKeysError
from server.store.faults import AwayError, BusyError, DiskFullError, ReadOnlyError, StorageError
from sweep.phrases import Phrase
from sweep.report import ContractError
from sweep.report.problems import first_of

log = logging.getLogger(__name__)

CODES: dict[int, tuple[str, Phrase]] = {
    400: ("invalid_request", Phrase("request_unreadable")),
    404: ("not_found", Phrase("not_found")),
    405: ("method_not_allowed", Phrase("method_not_allowed")),
    413: ("too_large", Phrase("request_is_too_large")),
}
"""Of what the framework refuses by itself: the code that programs read, and what is said."""


def _away(error: AwayError) -> ApiError:
    """503: the database does not answer or takes no writes, or the storage of large bodies."""
    if isinstance(error, ReadOnlyError):
        return busy(Phrase("database_read_only"), code="database_read_only")
    if not isinstance(error, StorageError):
        return database_away()
    log.warning("%s", error)
    return busy(Phrase("storage_unreachable"), code="storage_unreachable")


def install(app: FastAPI) -> None:
    """Make `app` answer every refusal in the one shape."""

    async def api_error(_request: Request, error: Exception) -> Response:
        match error:
            case ApiError():
                return error.response()
            case ContractError():
                return invalid(error).response()
            case DiskFullError():
                return ApiError(507, Phrase("disk_full")).response()
            case BusyError():
                return busy(Phrase("database_busy")).response()
            case AwayError():
                return _away(error).response()
            case BodyKeysError():
                log.error("%s", error)
                return busy(Phrase("keys_unreachable"), code="keys_unreachable").response()
            case RequestValidationError():
                return invalid(first_of(error.errors())).response()
            case HTTPException():
                code, said = CODES.get(error.status_code, ("error", Phrase("some_error")))
                return ApiError(error.status_code, said, code=code, headers=dict(error.headers or {})).response()
            case _:
                raise error

    async def our_fault(_request: Request, _error: Exception) -> Response:
        return ApiError(500, Phrase("internal")).response()

    app.add_exception_handler(Exception, our_fault)  # the error itself goes to the log as before
    named = (ApiError, ContractError, DiskFullError, BusyError, AwayError, BodyKeysError)
    for kind in (*named, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, api_error)

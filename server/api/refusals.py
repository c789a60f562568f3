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

from server.crypto.body_keys import BodyKeysError
from server.interface.errors import ApiError, busy, database_away, invalid
from server.store.faults import AwayError, BusyError, DiskFullError
from sweep.report import ContractError

log = logging.getLogger(__name__)

CODES: dict[int, tuple[str, str, str]] = {
    400: ("invalid_request", "요청을 읽을 수 없습니다", "the request cannot be read"),
    404: ("not_found", "찾을 수 없습니다", "not found"),
    405: ("method_not_allowed", "허용되지 않는 방법입니다", "this method is not allowed here"),
    413: ("too_large", "요청이 너무 큽니다", "the request is too large"),
}


def install(app: FastAPI) -> None:
    """Make `app` answer every refusal in the one shape."""

    async def api_error(_request: Request, error: Exception) -> Response:
        match error:
            case ApiError():
                return error.response()
            case ContractError():
                return invalid(str(error)).response()
            case DiskFullError():
                return ApiError(507, "disk_full", "저장 공간이 부족합니다", "the disk is full").response()
            case BusyError():
                return busy(
                    "저장소가 다른 작업을 하고 있습니다. 잠시 뒤에 다시 시도하십시오",
                    "the database is busy; try again in a few seconds",
                ).response()
            case AwayError():
                return database_away().response()
            case BodyKeysError():
                log.error("%s", error)
                return busy(
                    "본문의 열쇠를 읽을 수 없습니다. 관리자에게 알리십시오",
                    "the keys of bodies cannot be read; tell the operator",
                    code="keys_unreachable",
                ).response()
            case RequestValidationError():
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"])
                return invalid(f"{where}: {first['msg']}").response()
            case HTTPException():
                code, ko, en = CODES.get(error.status_code, ("error", "오류", "error"))
                return ApiError(error.status_code, code, ko, en, headers=dict(error.headers or {})).response()
            case _:
                raise error

    async def our_fault(_request: Request, _error: Exception) -> Response:
        return ApiError(500, "internal", "서버 오류입니다", "the server made a mistake; its log has more").response()

    app.add_exception_handler(Exception, our_fault)  # the error itself goes to the log as before
    named = (ApiError, ContractError, DiskFullError, BusyError, AwayError, BodyKeysError)
    for kind in (*named, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, api_error)

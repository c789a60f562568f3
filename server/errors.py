"""One error shape for the whole interface: {"error": {"code", "message": {"ko", "en"}}}.

Every refusal is an `ApiError` with a code that programs read and one line in each language that says what to do.
"""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.db import AwayError, BusyError, DiskFullError
from server.views import ErrorBody, ErrorView
from sweep.report import ContractError, LocalText, display_text

BUSY_RETRY_S = 5  # guessed: most of what holds a writer up is over by then
CODES: dict[int, tuple[str, str, str]] = {
    400: ("invalid_request", "요청을 읽을 수 없습니다", "the request cannot be read"),
    404: ("not_found", "찾을 수 없습니다", "not found"),
    405: ("method_not_allowed", "허용되지 않는 방법입니다", "this method is not allowed here"),
    413: ("too_large", "요청이 너무 큽니다", "the request is too large"),
}


class ApiError(Exception):
    """A refusal with its HTTP status, code and words."""

    def __init__(self, status: int, code: str, ko: str, en: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(en)
        self.status = status
        self.code = code
        self.message = LocalText(ko=display_text(ko, limit=400), en=display_text(en, limit=400))
        self.headers = headers or {}

    @property
    def body(self) -> ErrorBody:
        """Code and words."""
        return ErrorBody(code=self.code, message=self.message)

    def response(self) -> Response:
        """The refusal as JSON."""
        view = ErrorView(error=self.body)
        return JSONResponse(view.model_dump(mode="json"), status_code=self.status, headers=self.headers)


def not_found(what_ko: str, what_en: str) -> ApiError:
    """404 for a thing that is not there."""
    return ApiError(404, "not_found", f"{what_ko}: 찾을 수 없습니다", f"{what_en}: not found")


def invalid(en: str, *, ko: str = "요청 내용이 올바르지 않습니다", code: str = "invalid_request") -> ApiError:
    """400 with one line about what is wrong."""
    return ApiError(400, code, ko, en)


def busy(ko: str, en: str, *, status: int = 503, code: str = "busy", retry_after_s: int = BUSY_RETRY_S) -> ApiError:
    """503 (429 for what one person does too much of): not now, but after some seconds."""
    return ApiError(status, code, ko, en, headers={"Retry-After": str(retry_after_s)})


def database_away() -> ApiError:
    """503: the database does not answer."""
    return busy(
        "데이터베이스가 응답하지 않습니다. 관리자에게 알리십시오",
        "the database does not answer; tell the operator",
        code="database_unreachable",
    )


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
    for kind in (ApiError, ContractError, DiskFullError, BusyError, AwayError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, api_error)

"""One error shape for the whole interface: {"error": {"code", "message": {"ko", "en"}}}.

Every refusal is an `ApiError` with a code that programs read and one line in each language that says what to do.
"""

from __future__ import annotations

import logging

from starlette.responses import JSONResponse, Response

from server.interface.plain_text import has_link
from server.interface.views.answer import ErrorBody, ErrorView
from sweep.report import LocalText, display_text
from sweep.report.sentences import in_korean

log = logging.getLogger(__name__)

BUSY_RETRY_S = 5  # guessed: most of what holds a writer up is over by then


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


def invalid(en: str, *, ko: str | None = None, code: str = "invalid_request") -> ApiError:
    """400 with one line about what is wrong; without Korean of its own, that of the catalogue."""
    return ApiError(400, code, ko or in_korean(en) or "요청 내용이 올바르지 않습니다", en)


def refuse_links(*texts: str | LocalText) -> None:
    """ApiError 400 when a text of people leads to anything outside: nobody links to footage."""
    for text in texts:
        if any(map(has_link, (text,) if isinstance(text, str) else (text.ko, text.en))):
            raise invalid(
                "no links or addresses here: nobody looks at, copies or links footage",
                ko="링크나 주소를 적지 않습니다. 영상은 아무도 보거나 옮기거나 연결하지 않습니다",
                code="no_links",
            )


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

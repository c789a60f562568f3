"""One error shape for the whole interface: {"error": {"code", "message": {"ko", "en"}}}.

Every refusal is an `ApiError` with a code that programs read and a phrase that says what to do, whose words are looked
up when it is answered.
"""

from __future__ import annotations

import logging

from starlette.responses import JSONResponse, Response

from server.interface.plain_text import has_link
from server.interface.views.answer import ErrorBody, ErrorView
from sweep.phrases import Phrase, Spoken, words
from sweep.report import LocalText, display_text

log = logging.getLogger(__name__)

Said = Phrase | LocalText | Exception
"""What a refusal says: a phrase, words that the page shows as well, or what the error before it said."""
BUSY_RETRY_S = 5  # guessed: most of what holds a writer up is over by then


class ApiError(Exception):
    """A refusal: its HTTP status, what it says, and the code that programs read, which is that of what it says."""

    def __init__(
        self, status: int, said: Said, *, code: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(Spoken(said.ko, said.en) if isinstance(said, LocalText) else said)
        self.status = status
        self.said = said
        self.code = code or (said.code if isinstance(said, Phrase) else "error")
        self.headers = headers or {}

    @property
    def message(self) -> LocalText:
        """Its words."""
        if isinstance(self.said, LocalText):
            return self.said
        ko, en = (display_text(words(self.said, language), limit=400) for language in ("ko", "en"))
        return LocalText(ko=ko, en=en)

    @property
    def body(self) -> ErrorBody:
        """Code and words."""
        return ErrorBody(code=self.code, message=self.message)

    def response(self) -> Response:
        """The refusal as JSON."""
        view = ErrorView(error=self.body)
        return JSONResponse(view.model_dump(mode="json"), status_code=self.status, headers=self.headers)


def not_found(said: Phrase) -> ApiError:
    """404 for a thing that is not there."""
    return ApiError(404, said, code="not_found")


def invalid(said: Said, *, code: str = "invalid_request") -> ApiError:
    """400 with one line about what is wrong."""
    return ApiError(400, said, code=code)


def refuse_links(*texts: str | LocalText) -> None:
    """ApiError 400 when a text of people leads to anything outside: nobody links to footage."""
    for text in texts:
        if any(map(has_link, (text,) if isinstance(text, str) else (text.ko, text.en))):
            raise invalid(Phrase("no_links"), code="no_links")


def busy(said: Phrase, *, status: int = 503, code: str = "busy", retry_after_s: int = BUSY_RETRY_S) -> ApiError:
    """503 (429 for what one person does too much of): not now, but after some seconds."""
    return ApiError(status, said, code=code, headers={"Retry-After": str(retry_after_s)})


def database_away() -> ApiError:
    """503: the database does not answer."""
    return busy(Phrase("database_unreachable"), code="database_unreachable")

"""What the pages of a field test share: their headers, and how they take and answer requests.

Input is routes; output is an ASGI application that says what it refuses in both languages.  Refuses requests under
another name than those of this machine, changes that a foreign page could have asked for, bodies that are too long or
take too long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sweep.phrases import phrase_of, words
from sweep.report.problems import first_problem

OWN_HEADER: Final = "x-ansim-bench"
"""A foreign page cannot send it without being allowed to."""
HERE: Final = ("127.0.0.1", "localhost")
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
KINDS: Final = {
    "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
}  # fmt: skip
MAX_BODY_BYTES: Final = 256 * 1024
BODY_S: Final = 5.0
"""How long a body may take (guessed)."""

B = TypeVar("B", bound=BaseModel)


def static(*names: str) -> list[Route]:
    """The page, which is the first, and its files."""

    async def give(request: Request) -> Response:
        name = request.scope["path"].removeprefix("/") or names[0]
        kind = KINDS[name.rpartition(".")[2]]
        return Response((files(__package__) / name).read_bytes(), media_type=kind, headers=HEADERS)

    return [Route("/", give), *(Route(f"/{name}", give) for name in names[1:])]


def application(
    routes: Sequence[Route],
    refused: Sequence[type[Exception]],
    *,
    hosts: Sequence[str] = HERE,
    inner: Sequence[Middleware] = (),
) -> Starlette:
    """`refused`: errors that a person can do something about; `hosts`: names it answers to; `inner`: who else asks."""
    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
        ValidationError: _malformed, **dict.fromkeys(refused, _refused),
    }  # fmt: skip
    own_names = Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    return Starlette(routes=list(routes), middleware=[own_names, *inner], exception_handlers=handlers)


async def answer(work: Callable[..., Mapping[str, Any]], *about: object) -> Response:
    """What `work` tells, in a thread."""
    return JSONResponse(await run_in_threadpool(work, *about), headers=HEADERS)


def check_own(request: Request) -> None:
    """Whether it comes from our page."""
    if OWN_HEADER not in request.headers:
        raise HTTPException(403)


async def body(request: Request, model: type[B]) -> B:
    """What our page sent."""
    check_own(request)
    data = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                data += part
                if len(data) > MAX_BODY_BYTES:
                    raise HTTPException(413)
    except TimeoutError:
        raise HTTPException(408) from None
    except ClientDisconnect:
        raise HTTPException(400) from None
    return model.model_validate_json(bytes(data))


async def _refused(_: Request, error: Exception) -> Response:
    return told(phrase_of(error))


async def _malformed(_: Request, error: Exception) -> Response:
    return told(first_problem(error) if isinstance(error, ValidationError) else phrase_of(error))


def told(what: Any, status: int = 422) -> Response:
    """A refusal in both languages."""
    return JSONResponse({"error": in_languages(what)}, status_code=status, headers=HEADERS)


def in_languages(what: Any) -> dict[str, str]:
    """As pages take it."""
    return {"ko": words(what, "ko"), "en": words(what, "en")}

"""The page on which the setter marks what was in each clip: on this machine alone, for a browser beside the bench.

Job: serve one page, the pictures of clips and the truth that is written.  Input are the field test and its sheet;
output is an application for an ASGI server.  Refuses requests under another name than this machine's, changes that a
foreign page could have asked for, and clips that the field test does not know.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sweep.lab.campaign.folder import TRUTH, Campaign, Try, on_axis_frames, picture, write_truth
from sweep.lab.campaign.marking import Marked, MarkError, objects_of, places, truth_of
from sweep.lab.campaign.setups import Setup
from sweep.lens.clip.clips import Clip, ClipError, read_clip
from sweep.phrases import Phrase, words
from sweep.report.problems import first_problem

OWN_HEADER: Final = "x-ansim-bench"
"""A foreign page cannot send it without being allowed to."""
FILES: Final = {
    "": ("mark.html", "text/html; charset=utf-8"),
    "mark.js": ("mark.js", "text/javascript; charset=utf-8"),
    "mark.css": ("mark.css", "text/css; charset=utf-8"),
}
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
MAX_BODY_BYTES: Final = 256 * 1024

B = TypeVar("B", bound=BaseModel)
Pixel = tuple[Annotated[float, Field(allow_inf_nan=False)], Annotated[float, Field(allow_inf_nan=False)]]


class MarkedRequest(BaseModel):
    """One object as the page sends it."""

    model_config = ConfigDict(extra="forbid")

    marks: dict[int, Pixel] = Field(min_length=1, max_length=500)
    in_line_of_sight: bool = True
    radius_px: float = Field(default=0.0, ge=0.0, le=500.0, allow_inf_nan=False)

    def told(self) -> Marked:
        """What it says."""
        return Marked(self.marks, self.in_line_of_sight, self.radius_px)


class TruthRequest(BaseModel):
    """All objects of a clip."""

    model_config = ConfigDict(extra="forbid")

    objects: list[MarkedRequest] = Field(min_length=1, max_length=64)


class MarkPage:
    """The routes over a field test; one clip is open at a time."""

    def __init__(self, campaign: Campaign, setups: Mapping[int, Setup]) -> None:
        self.campaign = campaign
        self.by_clip: dict[str, tuple[Try, Setup]] = {
            one.clip: (one, setups[one.setup]) for one in campaign.last_of_each if one.setup in setups
        }
        self._open = lru_cache(maxsize=4)(lambda name: read_clip(campaign.clips / name))

    def listed(self) -> dict[str, Any]:
        """The clips in their order, what each shows, and whether it was marked."""
        return {
            "clips": [
                {
                    "name": name,
                    "thing": setup.thing,
                    "is_lens": setup.is_lens,
                    "range_m": setup.range_m,
                    "angle_deg": setup.angle_deg,
                    "is_marked": self._truth(name).is_file(),
                }
                for name, (_, setup) in self.by_clip.items()
            ],
            "left": len(self.campaign.left),
        }

    def clip(self, name: str) -> dict[str, Any]:
        """The frames of a clip that are marked in, and what was marked before."""
        clip, path = self._clip(name), self._truth(name)
        before = objects_of(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else []
        frames = list(on_axis_frames(clip))
        return {"width": clip.meta.width, "height": clip.meta.height, "frames": frames, "objects": before}

    def frame(self, name: str, index: int) -> bytes:
        """A picture of a frame."""
        clip = self._clip(name)
        if not 0 <= index < len(clip.meta.phases):
            raise HTTPException(404)
        return picture(clip, index)

    def carried(self, name: str, one: MarkedRequest) -> dict[str, Any]:
        """The place in every frame."""
        return {"places": {str(frame): at for frame, at in places(self._clip(name), one.told().marks).items()}}

    def keep(self, name: str, request: TruthRequest) -> dict[str, Any]:
        """Write what is in a clip."""
        clip = self._clip(name)
        write_truth(self.campaign, name, truth_of(self.by_clip[name][1], clip, [one.told() for one in request.objects]))
        return {"is_marked": True}

    def forget(self, name: str) -> dict[str, Any]:
        """Take it back."""
        self._clip(name)
        self._truth(name).unlink(missing_ok=True)
        return {"is_marked": False}

    def _truth(self, name: str) -> Any:
        return self.campaign.folder / TRUTH / f"{name}.json"

    def _clip(self, name: str) -> Clip:
        if name not in self.by_clip:
            raise HTTPException(404)
        return self._open(name)


def application(campaign: Campaign, setups: Mapping[int, Setup]) -> Starlette:
    """The page over a field test."""
    page = MarkPage(campaign, setups)

    async def static(request: Request) -> Response:
        name, kind = FILES[request.url.path.removeprefix("/")]
        return Response((files(__package__) / name).read_bytes(), media_type=kind, headers=HEADERS)

    async def listed(_: Request) -> Response:
        return JSONResponse(page.listed(), headers=HEADERS)

    async def clip(request: Request) -> Response:
        return await _answer(page.clip, request.path_params["name"])

    async def frame(request: Request) -> Response:
        told = await run_in_threadpool(page.frame, request.path_params["name"], request.path_params["index"])
        return Response(told, media_type="image/png", headers=HEADERS)

    async def carried(request: Request) -> Response:
        return await _answer(page.carried, request.path_params["name"], await _body(request, MarkedRequest))

    async def keep(request: Request) -> Response:
        return await _answer(page.keep, request.path_params["name"], await _body(request, TruthRequest))

    async def forget(request: Request) -> Response:
        _is_own(request)
        return await _answer(page.forget, request.path_params["name"])

    routes = [
        *(Route(f"/{name}", static) for name in FILES),
        Route("/api/clips", listed),
        Route("/api/clips/{name}", clip),
        Route("/api/clips/{name}/frames/{index:int}.png", frame),
        Route("/api/clips/{name}/places", carried, methods=["POST"]),
        Route("/api/clips/{name}/truth", keep, methods=["PUT"]),
        Route("/api/clips/{name}/truth", forget, methods=["DELETE"]),
    ]
    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {
        MarkError: _refused, ClipError: _refused, ValidationError: _malformed,
    }  # fmt: skip
    only_here = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return Starlette(routes=routes, middleware=[only_here], exception_handlers=handlers)


async def _answer(work: Callable[..., dict[str, Any]], *about: object) -> Response:
    return JSONResponse(await run_in_threadpool(work, *about), headers=HEADERS)


def _is_own(request: Request) -> None:
    if OWN_HEADER not in request.headers:
        raise HTTPException(403)


async def _body(request: Request, model: type[B]) -> B:
    _is_own(request)
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MAX_BODY_BYTES:
            raise HTTPException(413)
    return model.model_validate_json(bytes(data))


async def _refused(_: Request, error: Exception) -> Response:
    return _words(error.args[0] if isinstance(error.args[0], Phrase) else str(error))


async def _malformed(_: Request, error: Exception) -> Response:
    return _words(first_problem(error) if isinstance(error, ValidationError) else str(error))


def _words(what: Any) -> Response:
    told = {"ko": words(what, "ko"), "en": words(what, "en")}
    return JSONResponse({"error": told}, status_code=422, headers=HEADERS)

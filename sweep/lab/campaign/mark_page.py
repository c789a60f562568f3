"""The page on which the setter marks what was in each clip: on this machine alone, for a browser beside the bench.

Job: serve one page, the pictures of clips and the truth that is written.  Input are the field test and its sheet;
output is an application for an ASGI server.  Refuses requests under another name than this machine's, changes that a
foreign page could have asked for, and clips that the field test does not know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sweep.lab.campaign import serving
from sweep.lab.campaign.folder import MAX_BYTES, TRUTH, Campaign, Try, on_axis_frames, picture, write_truth
from sweep.lab.campaign.marking import Marked, MarkError, objects_of, places, truth_of
from sweep.lab.campaign.setups import Setup
from sweep.lens.clip.clips import Clip, ClipError, read_clip
from sweep.phrases import Phrase
from sweep.report.files import read_bounded

FILES = ("mark.html", "mark.js", "base.css", "mark.css")

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
        clip = self._clip(name)
        before = objects_of(self._told(name), clip.meta.width) if self._truth(name).is_file() else []
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

    def _told(self, name: str) -> dict[str, Any]:
        path = self._truth(name)
        try:
            told = json.loads(read_bounded(path, MAX_BYTES, MarkError))
        except (ValueError, RecursionError) as error:
            raise MarkError(Phrase("file_not_json", file=path.name, why=error)) from error
        if not isinstance(told, dict):
            raise MarkError(Phrase("file_not_an_object", file=path.name))
        return told

    def _clip(self, name: str) -> Clip:
        if name not in self.by_clip:
            raise HTTPException(404)
        return self._open(name)


def application(campaign: Campaign, setups: Mapping[int, Setup]) -> Starlette:
    """The page over a field test."""
    page = MarkPage(campaign, setups)

    async def listed(_: Request) -> Response:
        return await serving.answer(page.listed)

    async def clip(request: Request) -> Response:
        return await serving.answer(page.clip, request.path_params["name"])

    async def frame(request: Request) -> Response:
        told = await run_in_threadpool(page.frame, request.path_params["name"], request.path_params["index"])
        return Response(told, media_type="image/png", headers=serving.HEADERS)

    async def carried(request: Request) -> Response:
        return await serving.answer(
            page.carried, request.path_params["name"], await serving.body(request, MarkedRequest)
        )

    async def keep(request: Request) -> Response:
        return await serving.answer(page.keep, request.path_params["name"], await serving.body(request, TruthRequest))

    async def forget(request: Request) -> Response:
        serving.check_own(request)
        return await serving.answer(page.forget, request.path_params["name"])

    routes = [
        *serving.static(*FILES),
        Route("/api/clips", listed),
        Route("/api/clips/{name}", clip),
        Route("/api/clips/{name}/frames/{index:int}.png", frame),
        Route("/api/clips/{name}/places", carried, methods=["POST"]),
        Route("/api/clips/{name}/truth", keep, methods=["PUT"]),
        Route("/api/clips/{name}/truth", forget, methods=["DELETE"]),
    ]
    return serving.application(routes, (MarkError, ClipError))

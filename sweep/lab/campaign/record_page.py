"""The page with which the two persons record a field test: the next card, one button, the picture just taken.

Job: serve one page beside the bench, film when somebody presses its button, say what is left and what is missing.
Input are the field test, a recorder and what of the bench is there; output is an ASGI application.  It is no camera to
look through: it shows nobody what is on a card, has no live picture, films clip by clip while two persons' declaration
holds, fifteen minutes at most, and while the page that declared it is heard of, and gives the picture of the last clip
alone.  Refuses another card than the next one, a second clip while one is filmed, and to phones that were not given
the terminal's code everything but to stop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Interface
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from sweep.lab.campaign import serving
from sweep.lab.campaign.folder import LOOK, Campaign, CampaignError, set_aside
from sweep.lab.campaign.pairing import COOKIE, DIGITS, NOBODY, OnlyPaired, Pairing, PairingError
from sweep.lab.campaign.session import LONGEST_REASON, REASONS, reason_of, record_one
from sweep.lab.campaign.setups import BACKGROUNDS, Background, SheetError
from sweep.modality.control import Control, boottime_s
from sweep.modality.lease import RoomNotEmptyError
from sweep.phrases import Phrase
from sweep.report import DoctorCheck

FILES: Final = ("record.html", "record.js", "base.css", "record.css")
OPEN: Final = frozenset({"/", *(f"/{name}" for name in FILES[1:]), "/api/pair", "/api/stop"})
"""What a phone may ask for that has not given the code yet: nothing of the field test is in it, and nothing is lit."""
SILENT_S: Final = 5.0
"""A clip ends when nothing was heard that long of the page that declared; it asks every 2.5 s at least (derived)."""
LISTEN_S: Final = 0.2

RecordClip = Callable[[str, Control], Path]
"""Record the clip of this name under that declaration. Raises `recording.ERRORS`."""
Parts = Callable[[], Sequence[DoctorCheck]]
"""Camera and head, as far as they can be seen without filming."""
About = tuple[int, Background | None, bool, str]
"""Card, wall, whether the light is on, why again."""


class RecordPageError(ValueError):
    """Nothing is recorded now; one line."""


class CardRequest(BaseModel):
    """The card that both persons see, and the room."""

    model_config = ConfigDict(extra="forbid")

    number: int
    background: Background
    is_light_on: bool


class AgainRequest(BaseModel):
    """Why the last clip is recorded again."""

    model_config = ConfigDict(extra="forbid")

    because: str = Field(min_length=1, max_length=LONGEST_REASON)


class CodeRequest(BaseModel):
    """What the terminal shows."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=DIGITS, max_length=DIGITS)


@dataclass(frozen=True, slots=True)
class Filming:
    """A clip on its way."""

    control: Control
    is_over: threading.Event = field(default_factory=threading.Event)
    is_unheard: threading.Event = field(default_factory=threading.Event)
    """Whether it was ended because nobody was heard who can stop it."""


class RecordPage:
    """The field test as the page sees it; one clip is filmed at a time."""

    def __init__(
        self,
        campaign: Campaign,
        record: RecordClip,
        declared_by: tuple[str, str],
        parts: Parts,
        clock: Callable[[], float] = boottime_s,
    ) -> None:
        set_aside(campaign)  # what a power cut left
        self.campaign = campaign
        self._record, self._declared_by, self._parts = record, declared_by, parts
        self._declared, self._clock = Control(), clock
        self._declarer, self._heard_s = NOBODY, float("-inf")
        """From where it was declared, and when that page was last heard."""
        self._lock = threading.Lock()
        self._filming: Filming | None = None
        self._said: Phrase | None = None

    def state(self) -> dict[str, Any]:
        """All that the page shows."""
        campaign, filming = self.campaign, self._filming
        seconds, declaration = campaign.seconds_left(), self._declared.declaration
        holds_s = 0.0 if declaration is None else declaration.until_ns / 1e9 - boottime_s()
        return {
            "count": campaign.drawn.setups,
            "left": len(campaign.left),
            "minutes_left": None if seconds is None else round(seconds / 60.0),
            "card": self._card(),
            "last": self._last(),
            "is_filming": filming is not None,
            "declared_by": self._declared_by,
            "declared_s": max(0, round(holds_s)),
            "parts": [one.model_dump(mode="json") for one in self._parts()],
            "said": None if self._said is None else serving.in_languages(self._said),
            "walls": BACKGROUNDS,
            "reasons": REASONS,
        }

    def _card(self) -> dict[str, Any] | None:
        """The next card; neither the thing nor its angle, which only cameras have."""
        if not self.campaign.left:
            return None
        number = self.campaign.left[0]
        setup = self.campaign.setups().get(number)
        if setup is None:
            raise SheetError(Phrase("sheet_without_number", number=number))
        shown = {"number", "range_m", "background", "is_light_on"}
        return setup.model_dump(mode="json", include=shown)

    def _last(self) -> dict[str, Any] | None:
        if not self.campaign.tries:
            return None
        last = self.campaign.tries[-1]
        return {
            "clip": last.clip,
            "number": last.setup,
            "tries": sum(t.setup == last.setup for t in self.campaign.tries),
        }

    def hear(self, address: str) -> None:
        """A page asked from there: whoever looks at it can stop."""
        if address == self._declarer:
            self._heard_s = self._clock()

    def declare(self, address: str) -> dict[str, Any]:
        """The two persons say there that nobody else is in the room. Raises RoomNotEmptyError."""
        self._declared.declare_empty(self._declared_by)
        self._declarer, self._heard_s = address, self._clock()
        return self.state()

    def stop(self) -> None:
        """Somebody came in: lamps and camera are off at once, and nothing films before a new declaration."""
        self._declared.pause()
        with self._lock:
            if self._filming is not None:
                self._filming.control.abort()

    def begin(self, card: CardRequest) -> dict[str, Any]:
        """Film the next card. Raises RecordPageError, RoomNotEmptyError, CampaignError, SheetError."""

        def about() -> About:
            if card.number != next(iter(self.campaign.left), None):
                raise RecordPageError(Phrase("record_page_other_card"))
            return card.number, card.background, card.is_light_on, ""

        return self._film(about)

    def again(self, request: AgainRequest) -> dict[str, Any]:
        """Film the last card again; the earlier clip stays. Raises as `begin` does."""
        because = reason_of(request.because)
        if not because:
            raise RecordPageError(Phrase("bench_no_reason"))

        def about() -> About:
            if not self.campaign.tries:
                raise RecordPageError(Phrase("bench_nothing_to_repeat"))
            last = self.campaign.tries[-1]
            return last.setup, last.background, last.is_light_on, because

        return self._film(about)

    def _film(self, choose: Callable[[], About]) -> dict[str, Any]:
        with self._lock:
            if self._filming is not None:
                raise RecordPageError(Phrase("record_page_is_filming"))
            about = choose()
            self._card()  # the sheet can be read: else nobody would see that it films
            if self._is_silent():
                self._declared.pause()
            declaration = self._declared.declaration
            if declaration is None:
                raise RoomNotEmptyError(Phrase("two_must_declare_before_camera"))
            control = Control()
            control.declare_empty(declaration.by, until_ns=declaration.until_ns)
            self._filming, self._said = Filming(control), None
            self._start(self._filming, about)
        return self.state()

    def _start(self, filming: Filming, about: About) -> None:
        """With the lock held."""
        try:
            threading.Thread(target=self._listen, args=(filming,), name="bench-listening", daemon=True).start()
            threading.Thread(target=self._run, args=(filming, about), name="bench-recording").start()
        except RuntimeError as error:  # no more threads
            filming.is_over.set()
            self._filming = None
            raise RecordPageError(Phrase("bench_not_recorded", why=error)) from error

    def _is_silent(self) -> bool:
        return self._clock() - self._heard_s > SILENT_S

    def _listen(self, filming: Filming) -> None:
        """End the clip when nobody is heard any more who can stop it."""
        while not filming.is_over.wait(LISTEN_S):
            if self._is_silent():
                filming.is_unheard.set()
                self.stop()
                return

    def _run(self, filming: Filming, about: About) -> None:
        said: list[Phrase] = []
        before = self.campaign
        try:
            set_aside(before)  # what an error left has no line, and its name is free again
            self.campaign = record_one(before, lambda name: self._record(name, filming.control), said.append, about)
        except OSError as error:
            said.append(Phrase("bench_not_recorded", why=error))
        except BaseException as error:
            said.append(Phrase("bench_not_recorded", why=repr(error)))
            raise
        finally:
            if filming.is_unheard.is_set():
                said.append(Phrase("bench_not_recorded", why=Phrase("record_page_unheard", seconds=round(SILENT_S))))
            with self._lock:
                self._said = said[-1] if self.campaign is before else None
                self._filming = None
            filming.is_over.set()

    def look(self) -> Path:
        """The picture of the last clip."""
        if not self.campaign.tries:
            raise HTTPException(404)
        return self.campaign.clips / self.campaign.tries[-1].clip / LOOK


def application(page: RecordPage, pairing: Pairing | None = None, near: Sequence[IPv4Interface] = ()) -> Starlette:
    """The page; for this machine alone, or with `pairing` for a phone in one of the networks of `near`, too."""

    def heard(request: Request) -> str:
        """From where our page asks."""
        address = NOBODY if request.client is None else request.client.host
        if serving.OWN_HEADER in request.headers:
            page.hear(address)
        return address

    async def state(request: Request) -> Response:
        heard(request)
        return await serving.answer(page.state)

    async def look(_: Request) -> Response:
        return FileResponse(page.look(), media_type="image/png", headers=serving.HEADERS)

    async def declare(request: Request) -> Response:
        serving.check_own(request)
        return await serving.answer(page.declare, heard(request))

    async def stop(request: Request) -> Response:
        serving.check_own(request)
        await asyncio.to_thread(page.stop)  # behind no other request
        return Response(status_code=204, headers=serving.HEADERS)

    async def begin(request: Request) -> Response:
        card = await serving.body(request, CardRequest)
        heard(request)
        return await serving.answer(page.begin, card)

    async def again(request: Request) -> Response:
        why = await serving.body(request, AgainRequest)
        heard(request)
        return await serving.answer(page.again, why)

    async def pair(request: Request) -> Response:
        given = await serving.body(request, CodeRequest)
        if pairing is None:
            raise HTTPException(404)
        token = pairing.take(given.code, heard(request))
        said = Response(status_code=204, headers=serving.HEADERS)
        said.set_cookie(COOKIE, token, httponly=True, samesite="strict")
        return said

    routes = [
        *serving.static(*FILES),
        Route("/api/pair", pair, methods=["POST"]),
        Route("/api/state", state),
        Route("/api/look.png", look),
        Route("/api/declare", declare, methods=["POST"]),
        Route("/api/stop", stop, methods=["POST"]),
        Route("/api/record", begin, methods=["POST"]),
        Route("/api/again", again, methods=["POST"]),
    ]
    refused = (RecordPageError, RoomNotEmptyError, PairingError, CampaignError, SheetError)
    closed = serving.told(Phrase("pairing_needed"), 401)
    only = Middleware(OnlyPaired, pairing, near, OPEN, closed)
    hosts = (*serving.HERE, *(str(one.ip) for one in near))
    return serving.application(routes, refused, hosts=hosts, inner=[only])

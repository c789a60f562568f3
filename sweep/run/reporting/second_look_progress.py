"""Second looks while a sweep goes on: after each position it says which candidates ask for one, and how those stand.

Input is what was measured so far; output is looks for `Control`, from which persons choose, and live events that lead
to the spot.  What it tells is a first word: the report has the last.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterable
from typing import Final
from uuid import UUID

from sweep.modality.looks import Look, Looks, State, View
from sweep.modality.measurement import Measurement
from sweep.report import LiveEvent, LookedAgain, LookKind, LookOutcome, LookView, SecondLookEvent
from sweep.run.reporting.look_words import NOT_NEEDED, asked_text, looked_text, view_text

MAX_CROP_BASE64: Final = 20_000
"""As the contract bounds it: a picture of 64 x 64 pixels in colour that does not compress at all takes less."""
_BY_EYE: Final[dict[State, LookOutcome]] = {"nothing_seen_by_eye": "nothing_seen_by_eye", "explained": "explained"}
_SHARED: Final = (
    "finding_id", "zone_id", "kind", "x_m", "y_m", "radius_m", "from_x_m", "from_y_m", "longest_s",
)  # fmt: skip


class SecondLookProgress:
    """One for a sweep."""

    def __init__(
        self, looks: Looks, on_event: Callable[[LiveEvent], None], has_time: Callable[[Look], bool] = lambda _: True
    ) -> None:
        """`has_time`: whether what is left of the sweep's time is enough for a look."""
        self._looks = looks
        self._on_event = on_event
        self._has_time = has_time
        self._lock = threading.Lock()
        self._told: dict[tuple[UUID, LookKind], SecondLookEvent] = {}
        self._crops: dict[str, bytes] = {}
        self._outcomes: dict[tuple[UUID, LookKind], LookOutcome] = {}
        looks.follow(self.tell)

    def judged(self, measurements: Iterable[Measurement], looked: Iterable[LookedAgain]) -> None:
        """What the looks that are made came to by now, and what was measured."""
        with self._lock:
            self._crops = {name: png for one in measurements for name, png in one.crops.items()}
            self._outcomes = {(one.finding_id, one.kind): one.outcome for one in looked if one.outcome != "not_done"}
        self.tell()

    def tell(self) -> None:
        """Tell of each look how it stands, where that is news; in whatever thread."""
        with self._lock:
            self._tell()

    def _tell(self) -> None:
        crops, outcomes = self._crops, self._outcomes
        known = set()
        for look, state in self._looks.all():
            key = (look.finding_id, look.kind)
            known.add(key)
            outcome = outcomes.get(key) if state == "looked" else None
            event = self._event(look, state, outcome, crops.get(str(look.observation_id)))
            if self._told.get(key) != event:
                self._told[key] = event
                self._on_event(event)
        for key, event in list(self._told.items()):
            if key not in known and event.state != "not_needed":
                self._told[key] = event.model_copy(update={"state": "not_needed", "text": NOT_NEEDED.text()})
                self._on_event(self._told[key])

    def _event(self, look: Look, state: State, outcome: LookOutcome | None, crop_png: bytes | None) -> SecondLookEvent:
        viewed = self._looks.viewed_of(look)
        seen_as = self._looks.seen_as.get(look.zone_id)
        said = outcome or _BY_EYE.get(state)
        crop = None if crop_png is None else base64.b64encode(crop_png).decode()
        return SecondLookEvent.model_validate(
            {
                **{name: getattr(look, name) for name in _SHARED},
                "type": "second_look",
                "state": outcome or state,
                "views": tuple(_view(view, is_done=view.name in viewed) for view in look.views),
                "has_time": state not in {"asked", "looking"} or self._has_time(look),
                "crop": crop if crop is None or len(crop) <= MAX_CROP_BASE64 else None,
                "text": asked_text(look) if said is None else looked_text(look.kind, said, seen_as),
            }
        )


def _view(view: View, *, is_done: bool) -> LookView:
    return LookView(
        name=view.name,
        zone_id=view.zone_id,
        x_m=view.x_m,
        y_m=view.y_m,
        facing_deg=view.facing_deg,
        is_done=is_done,
        text=view_text(view),
    )

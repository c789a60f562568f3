"""What a probe posts while it works: live messages, one or some at a time, also those of a probe of a later release."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, get_args

from pydantic import Field, RootModel

from sweep.phrases import Phrase
from sweep.report import ContractError, LiveEvent, LiveMessage, NoticeEvent, local_text, parse_json
from sweep.report.base import load_json
from sweep.report.newer import is_later, read_newer

MOST = 50
NEWER_PROBE = "newer_probe"
KINDS = frozenset(get_args(event.model_fields["type"].annotation)[0] for event in get_args(get_args(LiveEvent)[0]))


class LiveBatch(RootModel[LiveMessage | Annotated[tuple[LiveMessage, ...], Field(min_length=1, max_length=MOST)]]):
    """One live message or up to fifty."""

    @property
    def messages(self) -> tuple[LiveMessage, ...]:
        """The messages in the order sent."""
        return self.root if isinstance(self.root, tuple) else (self.root,)


def read_batch(body: bytes) -> tuple[LiveMessage, ...]:
    """The messages in the order sent; ContractError.

    Of a newer probe what this release knows, and a notice that says how much else there was: in the place of an event
    of an unknown kind, else behind the others.
    """
    try:
        return parse_json(LiveBatch, body).messages
    except ContractError:
        said = load_json(LiveBatch, body)
        several = said if isinstance(said, list) else [said]
        if not 1 <= len(several) <= MOST or not all(is_later(LiveMessage, one) for one in several):
            raise
    return _known(several)


def _known(several: list[dict[str, Any]]) -> tuple[LiveMessage, ...]:
    messages, most = list[LiveMessage](), 0
    for one in several:
        event = one.get("event")
        kind = event.get("type") if isinstance(event, dict) else None
        if isinstance(kind, str) and kind not in KINDS:
            one["event"] = _notice(1).model_dump()
        message, left_out = read_newer(LiveMessage, one)
        messages.append(message)
        most = max(most, left_out)
    if most:
        last = messages[-1]
        behind = {"sent": last.sent + timedelta(microseconds=1), "event": _notice(most)}
        messages.append(last.model_copy(update=behind))
    return tuple(messages)


def _notice(count: int) -> NoticeEvent:
    return NoticeEvent(
        type="notice", code=NEWER_PROBE, count=count, text=local_text(Phrase("newer_probe", count=count))
    )

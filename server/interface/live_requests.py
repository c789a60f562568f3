"""What a probe posts while it works: live messages, one or some at a time."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, RootModel

from sweep.report import LiveMessage


class LiveBatch(RootModel[LiveMessage | Annotated[tuple[LiveMessage, ...], Field(min_length=1, max_length=50)]]):
    """One live message or up to fifty."""

    @property
    def messages(self) -> tuple[LiveMessage, ...]:
        """The messages in the order sent."""
        return self.root if isinstance(self.root, tuple) else (self.root,)

"""What every message says, whatever it is about, and what may become of one on its way.

Text, length, urgency and life are constants: who listens, or looks at a locked screen, learns that there was a message
and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TEXT = "확인할 알림이 있습니다"
TEXT_EN = "There is something for you to look at"
LIFE_S = 86_400  # guessed: who has not looked for a day finds it on the page
TIMEOUT_S = 10.0
Verdict = Literal["sent", "gone", "dead", "later"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt."""

    verdict: Verdict
    """`gone`: nobody takes it there any more; `dead`: refused for good; `later`: perhaps next time."""
    after_s: float = 0.0
    """How long the other side asked to be left alone."""


SENT, GONE, DEAD, LATER = Outcome("sent"), Outcome("gone"), Outcome("dead"), Outcome("later")

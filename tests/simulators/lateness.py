"""Pictures that leave late: a first-in-first-out queue that scatters, and a link that stalls and catches up.

Input is the packets of one stream, in the order in which they are sent, and the picture of each; output is when each
one leaves the queue, in the same order.  A picture is late by an amount of its own, and what was sent after it waits
behind it; a link that stalls lets whole batches of pictures through back to back.  It knows nothing of radio: what it
returns is handed on to a cell (`air_radio`, `air_cell`) or taken as heard.

What is imitated was measured on the two bad links of the recorded streams: 3 to 12 pictures back to back, pauses of 200
to 550 ms, a backlog of seconds.  Scatter without batches is what a busy encoder does.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BATCH_PICTURES: Final = (3, 12)
PAUSE_S: Final = (0.2, 0.55)
BACKLOG_S: Final = 2.0
"""A batch does not end while its next picture has waited for longer: guessed, cameras then drop pictures."""
NO_PICTURE: Final = -1
"""The picture of packets that belong to none (sound, keep-alives): they queue, but are late by nothing of their own."""


def late(
    t_s: Floats, octets: NDArray[Any], picture: NDArray[np.int64], rng: np.random.Generator, *,
    sigma_s: float = 0.0, batches: bool = False, drain_kbps: float = 4_000.0,
) -> Floats:  # fmt: skip
    """When packets sent at `t_s` (ascending) arrive; their order is kept.

    Each picture is late by |N(0, `sigma_s`)|; with `batches` the link stalls; what waits then follows at `drain_kbps`,
    which has to be more than the stream or the backlog grows to the end.  Neither scatter nor batches changes nothing
    but what the drain does to packets sent faster.
    """
    ready_s = t_s + _scatter(picture, rng, sigma_s)
    takes_s = np.asarray(octets, dtype=np.float64) * 8e-3 / drain_kbps
    if not batches:
        return _queue(ready_s, takes_s)
    return _stall(np.maximum.accumulate(ready_s), takes_s, picture, rng)


def _scatter(picture: NDArray[np.int64], rng: np.random.Generator, sigma_s: float) -> Floats:
    each = np.abs(rng.normal(0.0, sigma_s, int(picture.max(initial=0)) + 1)) if sigma_s else np.zeros(1)
    return np.where(picture == NO_PICTURE, 0.0, each[picture] if sigma_s else 0.0)


def _queue(ready_s: Floats, takes_s: Floats) -> Floats:
    """Lindley's recursion: a packet leaves when it is ready, at the earliest when the one before it has been sent."""
    before_s = np.concatenate([[0.0], np.cumsum(takes_s)[:-1]])
    left_s: Floats = np.maximum.accumulate(ready_s - before_s) + before_s
    return left_s


def _stall(ready_s: Floats, takes_s: Floats, picture: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """Batches with pauses between them: a batch is what waits then, within BATCH_PICTURES."""
    left_s = np.empty_like(ready_s)
    begins = np.flatnonzero(np.diff(picture, prepend=picture[:1] - 1) != 0)  # of the packets of each picture
    ends = np.append(begins[1:], len(picture))
    now_s, at = 0.0, 0
    while at < len(begins):
        least, most = BATCH_PICTURES[0], int(rng.integers(BATCH_PICTURES[0], BATCH_PICTURES[1] + 1))
        now_s += float(rng.uniform(*PAUSE_S))
        now_s = max(now_s, float(ready_s[begins[min(at + least, len(begins)) - 1]]))
        sent = 0
        while at < len(begins) and (sent < most or now_s - ready_s[begins[at]] > BACKLOG_S):
            first, last = int(begins[at]), int(ends[at])
            if ready_s[first] > now_s:
                break
            left_s[first:last] = _queue(np.maximum(ready_s[first:last], now_s), takes_s[first:last])
            now_s = float(left_s[last - 1] + takes_s[last - 1])
            at, sent = at + 1, sent + 1
    return left_s

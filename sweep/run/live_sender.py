"""Live messages on their way to the probe's own server: bounded, in order, the oldest dropped first.

They are never evidence.  Sequence numbers show what was dropped; what the server refuses is counted and left out.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final
from uuid import UUID

from sweep.deliver.backoff import Backoff
from sweep.deliver.uplink import LiveRefusedError, ServerUnreachableError, Uplink
from sweep.report import CommandEvent, ConditionEvent, DoctorEvent, LiveEvent, LiveMessage, NoticeEvent, StateEvent
from sweep.report.replay import MAX_KEPT, Replay

MAX_WAITING_MESSAGES = 500 + MAX_KEPT  # a sweep of 30 zones makes about 300; and what is told again of it
BATCH = 50
GATHER_S: Final = 0.03
"""What is said meanwhile goes into one request; a person who pressed stop does not notice."""
LOOK_EVERY_S: Final = 0.5
"""Whether the agent is to end."""


class LiveSender:
    """A bounded queue of live events and the thread that posts them."""

    def __init__(self, uplink: Uplink, probe_id: str, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._uplink = uplink
        self._monotonic_s = monotonic_s
        self._probe_id = probe_id
        self._waiting: deque[LiveMessage] = deque(maxlen=MAX_WAITING_MESSAGES)
        self._lock = threading.Lock()
        self._has_news = threading.Event()
        self._seq = 0
        self._sweep_id: UUID | None = None
        self._told = Replay()
        self._told_of: UUID | None = None
        """The sweep that `_told` is of."""
        self.dropped = 0
        self.refused = 0
        """Messages that the server will never take."""

    def put(self, event: LiveEvent, sweep_id: UUID | None) -> None:
        """Queue one event; the oldest is dropped when the queue is full."""
        with self._lock:
            message = self._queue(event, sweep_id)
            if sweep_id != self._told_of and not isinstance(event, CommandEvent):  # as the server forgets it, too
                self._told.clear()
                self._told_of = sweep_id
            self._told.add(message, self._monotonic_s())
            self._sweep_id = sweep_id
        self._has_news.set()

    def tell_again(self) -> None:
        """Queue what still holds once more: a server that began anew knows nothing of a sweep that stands still.

        Of states only the last, since an earlier one, like a pause, would take back what persons have said since.
        Each with its age, since after a mere loss of the network a countdown must not begin anew.
        """
        with self._lock:
            told = self._told.messages_at(self._monotonic_s())
            states = [message for message in told if isinstance(message.event, StateEvent)]
            for message in told:
                if isinstance(message.event, CommandEvent) or message in states[:-1]:
                    continue
                self._queue(message.event, message.sweep_id, message.age_s)
        self._has_news.set()

    def _queue(self, event: LiveEvent, sweep_id: UUID | None, age_s: float = 0.0) -> LiveMessage:
        self.dropped += len(self._waiting) == MAX_WAITING_MESSAGES
        message = LiveMessage(
            v=1,
            probe_id=self._probe_id,
            seq=self._seq,
            sent=self._uplink.time.now(),
            age_s=age_s,
            sweep_id=sweep_id,
            event=event,
        )
        self._seq += 1
        self._waiting.append(message)
        return message

    def beside(self, event: NoticeEvent | ConditionEvent | DoctorEvent | CommandEvent) -> None:
        """Queue what is about the probe beside what was told last: about another sweep it would end that one on the
        page.
        """
        self.put(event, self._sweep_id)

    def flush(self) -> bool:
        """Post what waits; False when the server cannot be reached (nothing is lost by trying again)."""
        most = BATCH
        while True:
            with self._lock:
                batch = [self._waiting[i] for i in range(min(most, len(self._waiting)))]
            if not batch:
                return True
            try:
                self._uplink.send_live(self._probe_id, batch)
            except ServerUnreachableError:
                return False
            except LiveRefusedError:
                if len(batch) > 1:
                    most = 1  # one of them holds up the others: each for itself
                    continue
                self.refused += 1
            with self._lock:
                while self._waiting and self._waiting[0].seq <= batch[-1].seq:
                    self._waiting.popleft()

    def run(self, stop: threading.Event) -> None:
        """Body of the sending thread."""
        backoff = Backoff()
        while not stop.wait(GATHER_S):
            if not self._has_news.wait(LOOK_EVERY_S):
                continue
            self._has_news.clear()
            if self.flush():
                backoff.succeed()
            else:
                self._has_news.set()
                stop.wait(backoff.next_s())

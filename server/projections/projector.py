"""The thread that projects what arrived, oldest first, while the ingest path goes on taking entries.

Input is the table `due_sweeps`, which the ingest path fills in the transaction of each entry, so that a restart resumes
where a crash ended; output are the projections and, once they are there, a word to the pages that listen.  It leaves
most of the time to ingest while entries wait, and all of it to nobody.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from uuid import UUID

from server.projections.projecting import ProjectionError, project_next
from server.store.crypto.body_keys import BodyKeysError
from server.store.db import Database
from server.store.faults import AwayError, BusyError, DiskFullError

log = logging.getLogger(__name__)

LIST_WAIT_S = 0.3  # guessed: what a list waits for entries that arrived just now, unseen by whoever asked for it
REST_S = 5.0  # how often it looks for what another process left
BUSY_REST = 19.0  # guessed: a twentieth of the time while entries wait for ingest
LONGEST_REST_S = 5.0  # guessed: a sweep that takes long, on a busy disk, is not waited for so often
DOOR_LOOK_S = 0.05
IDLE_LOOKS = 4  # guessed: for so many looks nothing waits for ingest, and it is no moment between two answers


class Projector:
    """One thread; `start` and `stop` it once."""

    def __init__(self, db: Database, is_door_busy: Callable[[], bool]) -> None:
        self._db = db
        self._is_door_busy = is_door_busy
        self._thread = threading.Thread(target=self._run, name="projector", daemon=True)
        self._changed = threading.Condition()
        self._is_stopped = False
        self._arrived: dict[UUID, list[str]] = {}
        self._failed: set[UUID] = set()
        self._has_work = True
        self._tell: Callable[[UUID, str], None] = lambda _sweep_id, _kind: None

    def start(self, tell: Callable[[UUID, str], None]) -> None:
        """Begin; `tell` is called in this thread with sweep and kind of each entry that can be read now."""
        self._tell = tell
        self._thread.start()

    def stop(self) -> None:
        """End after the sweep at hand."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def entry_arrived(self, sweep_id: UUID, kind: str | None) -> None:
        """An entry of this sweep is on disk; None for a kind of which nobody is told."""
        with self._changed:
            kinds = self._arrived.setdefault(sweep_id, [])
            if kind is not None and kind not in kinds:
                kinds.append(kind)
            self._has_work = True
            self._changed.notify_all()

    def wait(self, wait_s: float) -> bool:
        """Wait until everything that this server took can be read, but not longer than that; True when it can."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._has_work or self._is_stopped, wait_s)

    def _run(self) -> None:
        while not self._is_stopped:
            began_s = time.monotonic()
            try:
                sweep_id = project_next(self._db, self._failed)
            except (BusyError, AwayError, DiskFullError, BodyKeysError):
                self._rest(REST_S)
                continue
            except ProjectionError as error:  # ours; the sweep stays due, and the others go on
                log.exception("sweep %s cannot be projected", error.sweep_id)
                self._failed.add(error.sweep_id)
                continue
            if sweep_id is not None:
                self._announce([sweep_id])
                if self._is_door_busy():
                    self._give_way(min(BUSY_REST * (time.monotonic() - began_s), LONGEST_REST_S))
                continue
            self._finish()

    def _finish(self) -> None:
        """Nothing is due: say so, and sleep until something arrives."""
        with self._changed:
            left = list(self._arrived)
        if left:  # arrived, and somebody else projected it: a person who asked for it, or a command
            self._announce(left)
        with self._changed:
            if self._arrived:
                return
            self._has_work = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._has_work or self._is_stopped, REST_S)

    def _announce(self, sweep_ids: list[UUID]) -> None:
        with self._changed:
            kinds = [(sweep_id, kind) for sweep_id in sweep_ids for kind in self._arrived.pop(sweep_id, [])]
        for sweep_id, kind in kinds:
            self._tell(sweep_id, kind)

    def _give_way(self, wait_s: float) -> None:
        """Rest while entries wait for ingest, but not longer than that."""
        until_s, idle = time.monotonic() + wait_s, 0
        while idle < IDLE_LOOKS and not self._is_stopped and time.monotonic() < until_s:
            idle = 0 if self._is_door_busy() else idle + 1
            self._rest(DOOR_LOOK_S)

    def _rest(self, wait_s: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopped, wait_s)

"""The thread that relays: it looks for what is due every second, waits ever longer while the city is away, and asks the
city once a minute for the head of its log and for what comes down.

Input is the database and the way to the city; output is what up.py and down.py do.  What goes wrong is one line in the
program's log, said once until it changes.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

import httpx

from server.interface.errors import ApiError
from server.relay.client import CityAwayError, CityClient
from server.relay.up import push
from server.store.crypto.body_keys import BodyKeysError
from server.store.db import Database
from server.store.faults import AwayError, BusyError, DiskFullError
from sweep.entry.dsse import Signer
from sweep.phrases import Phrase, phrase_of
from sweep.report.language import spoken

REST_S = 1.0  # guessed: a person sees "at the city" a breath after the report
ASK_S = 60.0  # guessed: a revocation acts within a minute, and a log that went back is seen
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0  # guessed: a city that was down is not run over by all its servers at once
LOGGER = logging.getLogger("server.relay")

Ask = Callable[[CityClient], Phrase | None]
"""Ask the city what there is, or tell a server above what stands: trouble in one line, or None."""


class SyncWorker:
    """One thread; `start` and `stop` it once. Without a city's address it does nothing.

    `sends_entries`: False for a server that gets none, and is only asked.
    """

    def __init__(
        self,
        db: Database,
        url: str,
        signer: Signer,
        ask: Ask,
        *,
        sends_entries: bool = True,
        rest_s: float = REST_S,
    ) -> None:
        self._db = db
        self._url = url
        self._signer = signer
        self._ask = ask
        self._sends_entries = sends_entries
        self._rest_s = rest_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._failures = 0
        self._said: Phrase | None = None
        self._next_ask_s = 0.0
        self._asked: Phrase | None = None

    def start(self) -> None:
        """Begin, where there is a city."""
        if self._url:
            self._thread.start()

    def stop(self) -> None:
        """End after the request at hand."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        with httpx.Client() as http:
            client = CityClient(self._url, self._signer, http)
            while not self._over.wait(self._pass(client)):
                pass

    def _pass(self, client: CityClient) -> float:
        """Relay what there is; returns how long to wait."""
        try:
            trouble = push(self._db, client, self._over.is_set).trouble if self._sends_entries else None
            if time.monotonic() >= self._next_ask_s:
                self._next_ask_s = time.monotonic() + ASK_S
                self._asked = self._ask(client)
            trouble = trouble or self._asked
        except (CityAwayError, BusyError, AwayError, DiskFullError, BodyKeysError, ApiError) as error:
            self._say(phrase_of(error))
            self._failures += 1
            longest_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(self._failures - 1, 10))
            return longest_s * random.uniform(0.5, 1.0)  # noqa: S311  spreads the servers of a city, keeps nothing secret
        self._failures = 0
        self._say(trouble)
        return self._rest_s

    def _say(self, trouble: Phrase | None) -> None:
        if trouble is not None and trouble != self._said:
            LOGGER.warning("%s", spoken(trouble))
        self._said = trouble

"""Requests counted for Prometheus, by route and status: never by person, address, room or anything a path names.

Input are requests as they pass; output are counters in a registry of its own, and one structured line each for whoever
has logs as JSON.  A path that no route knows counts as `unmatched`, a method that nobody uses as `other`, so that
strangers cannot make up new series.
"""

from __future__ import annotations

import logging
import time

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
BUCKETS_S = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # guessed: a page's first paint in the middle
log = logging.getLogger("server.requests")


class RequestMetrics:
    """The counters of this process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("ansim_requests", "Answers by route and status", labels, registry=self.registry)
        self._seconds = Histogram(
            "ansim_request_seconds", "Time to the end of the answer", ("route",), buckets=BUCKETS_S,
            registry=self.registry,
        )  # fmt: skip

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        fields = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000)}
        log.info("request", extra={"fields": fields})


class RequestMetricsMiddleware:
    """ASGI middleware: count what the application answers."""

    def __init__(self, app: ASGIApp, measures: RequestMetrics) -> None:
        self._app, self._measures = app, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and count its answer when it has ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began_s = 500, time.monotonic()

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            route = getattr(scope.get("route"), "path", "unmatched")
            self._measures.answered(method, route, status, time.monotonic() - began_s)

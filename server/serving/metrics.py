"""Metrics for Prometheus on a listener of their own: loopback only, off unless a port is set.

Input are the services of the running application; output is the text of `/metrics`.  It is no route of the application,
so that no role and no rule of a proxy can open it; a scraper runs on the machine or comes through a tunnel.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import GC_COLLECTOR, PROCESS_COLLECTOR, start_http_server

from server.api.service.server_metrics import ServerMetrics
from server.api.service.services import Services
from server.config.settings import SettingsError
from sweep.phrases import Phrase

LOOPBACK = "127.0.0.1"


@contextmanager
def metrics_listener(services: Services) -> Iterator[int | None]:
    """Serve `/metrics` while the block runs; the port, or None when none is set. SettingsError when it is taken."""
    port = services.settings.metrics_port
    if port is None:
        yield None
        return
    registry = services.measures.registry
    for collector in (ServerMetrics(services), PROCESS_COLLECTOR, GC_COLLECTOR):
        registry.register(collector)
    try:
        server, thread = start_http_server(port, addr=LOOPBACK, registry=registry)
    except OSError as error:
        raise SettingsError(Phrase("metrics_port_unusable", port=port, why=error)) from None
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

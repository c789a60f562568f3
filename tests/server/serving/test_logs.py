"""The log as JSON lines: one object a line, no address, no text of a fault."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from server.api.service.request_metrics import RequestMetrics
from server.serving.logs import log_as_json


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root, requests = logging.getLogger(), logging.getLogger("server.requests")
    before = (root.handlers[:], root.level, requests.level)
    out = io.StringIO()
    log_as_json(out)
    yield out
    root.handlers[:], level, own = before
    root.setLevel(level)
    requests.setLevel(own)


def _lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def _places(line: dict[str, object]) -> list[str]:
    places = line["places"]
    assert isinstance(places, list)
    return places


def test_a_request_is_a_line_of_fields(stream: io.StringIO) -> None:
    RequestMetrics().answered("GET", "/api/rooms/{room_id}", 200, 0.0123)
    (line,) = _lines(stream)
    assert {name: line[name] for name in ("level", "logger", "method", "route", "status", "ms")} == {
        "level": "info",
        "logger": "server.requests",
        "method": "GET",
        "route": "/api/rooms/{room_id}",
        "status": 200,
        "ms": 12,
    }


def test_a_fault_tells_its_kind_and_place_and_never_its_text(stream: io.StringIO) -> None:
    try:
        raise ValueError("김점검 02:00:5e:10:ff:01")
    except ValueError:
        logging.getLogger("server.projections").exception("sweep %s cannot be projected", "019a")
    (line,) = _lines(stream)
    assert line["fault"] == "ValueError"
    (place,) = _places(line)
    assert place.startswith("test_logs.py:")
    assert place.endswith(" test_a_fault_tells_its_kind_and_place_and_never_its_text")
    assert "김점검" not in stream.getvalue()


@pytest.mark.parametrize("address", ["02:00:5e:10:ff:01", "0200.5e10.ff01", "192.168.0.12", "fe80::1:2", "a.b@c.kr"])
def test_addresses_are_blanked_and_a_line_stays_one(stream: io.StringIO, address: str) -> None:
    logging.getLogger("server.relay").warning("from %s\nsecond", address)
    (line,) = _lines(stream)
    assert address not in str(line["message"])
    assert "[address]" in str(line["message"])


def test_times_and_hashes_are_no_addresses(stream: io.StringIO) -> None:
    logging.getLogger("server").warning("at 12:34:56 entry %s", "0a" * 32)
    (line,) = _lines(stream)
    assert line["message"] == f"at 12:34:56 entry {'0a' * 32}"

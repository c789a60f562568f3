"""The JSON log: one document, one object a sweep, codes that stay."""

from __future__ import annotations

import json

from server.exports.columns import COLUMNS
from server.exports.logs.json_log import JSON_FORMAT, json_parts

from . import sample_sweeps as s


def test_each_sweep_is_an_object_with_codes_and_words() -> None:
    pages = (s.simulated_page(), s.live_page(), s.unfinished_page(), s.found_page(), s.hostile_page())
    data = b"".join(json_parts((page.row for page in pages), s.PERIOD, s.GENERATED, "기록 원장 5건"))
    read = json.loads(data)
    assert (read["format"], read["seal"]) == (JSON_FORMAT, "기록 원장 5건")
    assert read["period"] == {"first": "2026-03-01", "last": "2026-03-31"}
    assert [one["equipment"]["result"] for one in read["sweeps"]] == [
        "to_inspect", "partly", "no_report", "to_inspect", "to_inspect",
    ]  # fmt: skip
    assert [one["persons"]["result"] for one in read["sweeps"]] == ["not_recorded"] * 3 + ["found", "not_recorded"]
    live = read["sweeps"][1]
    assert (live["sex"], live["floor"], live["stalls"], live["occasion"]) == ("남", "1층", 3, "regular")
    assert (live["started"], live["source"]) == ("2026-03-12T01:20:00+00:00", "live")
    assert set(live["columns"]) == {column.ko for column in COLUMNS}
    assert s.DEVICE_ADDRESS not in data.decode()


def test_an_empty_period_is_an_empty_list() -> None:
    assert json.loads(b"".join(json_parts([], s.PERIOD, s.GENERATED, "")))["sweeps"] == []

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep import report as r
from sweep.report import schema
from tests.cases import CAPTURES
from tests.report_factory import make_plan, make_report, make_report_v2


def test_a_report_round_trips_through_json_unchanged() -> None:
    report = make_report()
    assert r.parse_json(r.SweepReport, r.to_json(report)) == report


def test_reports_of_both_formats_stay_readable() -> None:
    first = r.parse_json(r.SweepReport, (CAPTURES / "reports" / "v1.json").read_bytes())
    second = make_report_v2()
    assert (first.v, first.targets, first.findings[0].stage) == (1, (), None)
    assert r.parse_json(r.SweepReport, r.to_json(second)) == second
    assert {v.verdict for v in second.verdicts} == {"clear", "candidate", "nothing_detected", "not_assessable"}
    assert {t.target: t.low for t in second.targets}["lens_2mm"] == 0.92


def test_a_candidate_of_a_first_look_is_no_finding_yet() -> None:
    report = make_report()
    candidate = report.findings[0].model_copy(update={"stage": "first_look"})
    assert report.counted_findings == report.findings
    assert report.model_copy(update={"findings": (candidate,)}).counted_findings == ()


def test_records_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        make_report().outcome = "aborted"  # type: ignore[misc]  # that it is refused is the point


def _changed(path: tuple[str | int, ...], value: Any) -> bytes:
    document = json.loads(r.to_json(make_report()))
    target = document
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return json.dumps(document).encode()


REFUSED: dict[str, tuple[tuple[str | int, ...], Any, str]] = {
    "unknown field": (("surprise",), 1, "surprise"),
    "NaN": (("observations", 0, "score"), float("nan"), "NaN"),
    "infinity": (("observations", 0, "score"), float("inf"), "Infinity"),
    "NUL": (("probe_id",), "a\x00b", "probe_id"),
    "escape": (("inspectors", 0), "a\x1b[31m", "control"),
    "right-to-left override": (("inspectors", 0), "a\u202eb", "control"),
    "lone surrogate": (("inspectors", 0), "a\ud800b", "hex escape"),
    "naive time": (("started", "utc"), "2026-03-02T06:00:00", "started.utc"),
    "time in Seoul": (("started", "utc"), "2026-03-02T15:00:00+09:00", "UTC"),
    "negative count": (("coverage", 0, "samples"), -1, "samples"),
    "huge count": (("coverage", 0, "samples"), 2**60, "samples"),
    "text for a number": (("coverage", 0, "quality"), "0.5", "quality"),
    "share above one": (("coverage", 0, "quality"), 1.01, "quality"),
    "zone off the plan": (("findings", 0, "zone_id"), "stall-9", "not on the plan"),
    "evidence from nowhere": (
        ("findings", 0, "evidence_for", 0, "observation_id"),
        "018f0000-0000-7000-8000-00000000dead",
        "cites an observation",
    ),
    "clear without a target": (("verdicts", 0, "verdict"), "clear", "names its target"),
    "clear of something, yet not clear": (("verdicts", 0, "clear_of"), ["pinhole_1mm"], "only a clear verdict"),
    "one inspector": (("inspectors",), ["점검자-01"], "inspectors"),
    "no limits": (("limits",), [], "limits"),
    "other version": (("v",), 3, "v:"),
    "yes for true": (("plan", "is_verified"), "yes", "is_verified"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_breaks_the_contract_is_refused_with_the_name_of_the_field(case: str) -> None:
    path, value, message = REFUSED[case]
    with pytest.raises(r.ContractError, match=message) as caught:
        r.parse_json(r.SweepReport, _changed(path, value))
    assert "\n" not in str(caught.value)
    assert str(caught.value).isascii() or not r.has_unsafe_character(str(caught.value))


def test_duplicate_keys_and_oversize_are_refused() -> None:
    with pytest.raises(r.ContractError, match="stands twice"):
        r.parse_json(r.LocalText, b'{"ko": "a", "en": "b", "en": "c"}')
    with pytest.raises(r.ContractError, match="more than the 10 allowed"):
        r.parse_json(r.LocalText, b'{"ko": "a", "en": "b"}', max_bytes=10)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_one_clear_line(data: bytes) -> None:
    with pytest.raises(r.ContractError):
        r.parse_json(r.SweepReport, data)


@given(st.binary(max_size=80) | st.text(max_size=80))
def test_display_text_is_always_safe_and_bounded(raw: bytes | str) -> None:
    shown = r.display_text(raw)
    assert not r.has_unsafe_character(shown)
    assert len(shown) <= 64


def test_display_text_shows_what_it_escaped() -> None:
    assert r.display_text(b"cam\x1b[2J\xff\xe2\x80\xae") == "cam\\x1b[2J\\xff\\u202e"
    assert r.display_text("화장실 5G") == "화장실 5G"


def test_ids_are_version_7_and_ordered_by_time() -> None:
    ids = [r.new_id(ms) for ms in range(1_700_000_000_000, 1_700_000_000_050)]
    assert ids == sorted(ids)
    assert {(i.version, i.variant) for i in ids} == {(7, "specified in RFC 4122")}


def test_a_plan_knows_which_zone_holds_a_point() -> None:
    plan = make_plan()
    for x, y, expected in ((0.5, 0.5, "stall-1"), (2.0, 0.5, "stall-2"), (1.0, 1.9, "entrance")):
        zone = plan.zone_at(x, y)
        assert zone is not None
        assert zone.zone_id == expected
    assert plan.zone_at(5.0, 5.0) is None


def test_the_schema_follows_the_code() -> None:
    remedy = "run python -m sweep.report.schema"
    assert schema.SCHEMA_FILE.read_text(encoding="utf-8") == schema.schema_text(), remedy


def test_the_printed_tables_tell_every_record_field_and_meaning(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["schema", "tables"])
    schema.main()
    printed = capsys.readouterr().out
    signed, _, others = printed.partition("\n### Recordings\n")
    sections = dict(re.findall(r"^### (.+)\n\n((?:(?!### ).*\n)*)", signed, flags=re.MULTILINE))
    told = 0
    for name, spec in schema.contract_schema()["$defs"].items():
        if spec.get("type") != "object":
            continue
        assert spec.get("description"), f"{name} says nothing of itself"
        assert name in sections or f"**{name}**" in others or f"`{name}`" in others
        for field, of in spec.get("properties", {}).items() if name in sections else ():
            assert f"`{field}`" in sections[name], f"{name}.{field}"
            meaning = " ".join(of.get("description", "").split())
            assert (
                meaning in sections[name]
                or f": {meaning}" in sections["Fields that records share"]
                or (meaning == "nanoseconds of CLOCK_BOOTTIME")
            ), f"{name}.{field}"
            told += 1
    assert told > 400


def test_the_document_names_every_signed_record_and_its_entry() -> None:
    document = (schema.HERE / "REPORT.md").read_text(encoding="utf-8")
    rows = [line for line in document.split("\n## Bodies of entries\n")[1].splitlines() if line.startswith("- `")]
    named = {word for line in rows for word in re.findall(r"`(\w+)`", line)}
    records = [one for one in schema.TOP_RECORDS if one not in schema.RECORDED + schema.SENT]
    assert [one.__name__ for one in records if one.__name__ not in named] == []
    kinds = {kind for line in rows for kind in re.findall(r"`([a-z]+\.[a-z]+)`", line.split(":")[0])}
    assert kinds >= {"sweep.opened", "sweep.report", "reference.checked", "case.step", "photo.taken", "proof.given"}


def test_every_quantity_names_its_unit() -> None:
    """STYLE: numbers in records end in a unit, or are counts, shares and scores by name."""
    units = (
        "_us",
        "_s",
        "_ns",
        "_ms",
        "_hz",
        "_mhz",
        "_dbm",
        "_db",
        "_px",
        "_deg",
        "_m",
        "_mm",
        "_counts",
        "_v",
        "_c",
        "_bytes",
        "_log10",
        "_bits",
        "_wh",
        "_mah",
        "_share",
    )
    pure = {
        "v", "holes",
        "quality", "samples", "dropped", "bursts", "gaps", "score", "snr", "persistence", "off_axis_ratio",
        "frame", "frames", "bytes_up", "bytes_down", "adverts", "windows", "duty_cycle", "p_value", "version", "seq",
        "position_index", "positions", "count", "fraction", "prior_log10_odds", "posterior_log10_odds", "median", "max",
        "plan_version", "head_absences", "hangs", "trial_index", "trials", "flow_count", "probability", "low", "high",
        "posterior_low_log10_odds", "posterior_high_log10_odds", "value", "expected", "cusum", "seconds", "corner",
        "posterior_pointed_log10_odds", "strong_from_log10_odds",
        "columns", "done", "persons", "repeats", "cusum_k", "cusum_h", "quiet", "untold", "left_out", "stands",
    }  # fmt: skip
    for name, definition in schema.contract_schema()["$defs"].items():
        for field, spec in definition.get("properties", {}).items():
            kinds = {spec.get("type"), *(part.get("type") for part in spec.get("anyOf", []))}
            if kinds & {"number", "integer"}:
                assert field.endswith(units) or field in pure, f"{name}.{field}"


def test_a_manifest_path_stays_inside_its_folder() -> None:
    base = {"id": "p1", "zone": "stall-1", "x_m": 1.0, "y_m": 1.0, "facing_deg": 0.0}
    times = {"start": "2026-03-02T06:00:00Z", "end": "2026-03-02T06:01:00Z"}
    good = json.dumps({**base, **times, "wifi": "p1/wifi.pcap"}).encode()
    assert r.parse_json(r.RecordedPosition, good).wifi == "p1/wifi.pcap"
    for path in ("/etc/passwd", "../x", "a/../../x", "a//b", "a\\b", "./a"):
        with pytest.raises(r.ContractError, match="wifi"):
            r.parse_json(r.RecordedPosition, json.dumps({**base, **times, "wifi": path}).encode())

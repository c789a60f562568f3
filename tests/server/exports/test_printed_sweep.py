"""What the template gets: how zones are shaded, numbered notes, and the words for odds."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from server.exports.columns import limits_words, undetected_words
from server.exports.printed.form import printed_form
from server.exports.printed.map import printed_map
from server.exports.printed.sweep import printed_sweep
from server.exports.printed.targets import target_table
from server.exports.results import not_judged
from server.interface.fields import FindingState
from server.interface.views.sweeps import KnownBefore
from server.interface.words import ZONES
from server.projections.log_records import Printing, SweepPage
from server.projections.log_rows import build_page
from sweep.report.words import TARGET_WORDS
from tests.report_factory import text

from . import sample_sweeps as s

TEMPLATES = Path(__file__).parents[3] / "server" / "exports" / "templates"


def test_zones_are_shaded_by_what_stands_of_them_and_said_in_the_same_words() -> None:
    report = s.make_report("live", sweep_id=s.numbered(0xC1))
    zones = printed_map(report)["zones"]
    assert [(zone["state"], zone["word"]) for zone in zones] == [
        ("nothing_detected", "감지된 것 없음(4가지 중 3가지 판정 불가)"),
        ("to_inspect", "확인할 곳"),
        ("not_assessable", "판정 불가"),
        ("not_looked", "미점검"),
        ("not_assessable", "판정 불가"),
        ("not_assessable", "판정 불가"),
    ]
    moved = report.model_copy(
        update={"verdicts": (), "findings": (report.findings[0].model_copy(update={"zone_id": "basins"}),)}
    )
    told = {zone["name"]: zone["state"] for zone in printed_map(moved)["zones"]}
    assert (told["세면대"], told["2번 칸"]) == ("to_inspect", "not_assessable")


def test_a_marker_stands_where_the_finding_is() -> None:
    drawn = printed_sweep(s.simulated_page(), 1)["map"]
    (place,) = drawn["findings"]
    assert (place["name"], place["x"], place["y"], place["is_place"]) == ("F1", 1.39, 0.0, True)
    assert all(1.0 <= x <= 2.0 and 0.0 <= y <= 0.36 for x, y in place["area"]), "nothing is drawn behind a wall"
    assert drawn["strip"] == "시뮬레이션 기록 · 실제 점검 아님", "a picture that leaves the sheet says so too"
    assert len(drawn["positions"]) == 5
    assert drawn["alternative"].startswith(
        "점검 도면. 1 1번 칸: 감지된 것 없음(4가지 중 3가지 판정 불가); 2 2번 칸: 확인할 곳; 3 3번 칸: 판정 불가;"
    )
    strokes = {zone["name"]: [stroke["kind"] for stroke in zone["strokes"]] for zone in drawn["zones"]}
    assert strokes["1번 칸"] == ["fixture", "fixture", "gap", "door"]
    assert set(strokes["세면대"]) == {"fixture"}


def test_the_end_of_a_simulated_sweep_says_that_its_time_ran_faster() -> None:
    page = s.simulated_page()
    assert printed_form(page, Printing())["when"].endswith("(모의: 실제보다 빠르게 진행) (한국시간)")
    live = replace(page, row=replace(page.row, header=replace(page.row.header, source="live")))
    assert "모의" not in printed_form(live, Printing())["when"]


def _measured(page: SweepPage, **changes: float) -> SweepPage:
    """The same as if every weight had been measured in the field."""
    assert page.report is not None
    first = page.report.findings[0]
    finding = first.model_copy(
        update={
            "evidence_for": tuple(one.model_copy(update={"weight_source": "field"}) for one in first.evidence_for),
            "evidence_against": tuple(
                one.model_copy(update={"weight_source": "field"}) for one in first.evidence_against
            ),
            **changes,
        }
    )
    report = page.report.model_copy(update={"findings": (finding, *page.report.findings[1:])})
    return build_page(page.row.header, page.row.place, report, report_state="present")


def test_no_odds_are_printed_while_a_weight_was_not_measured() -> None:
    (finding,) = printed_sweep(s.simulated_page(), 1)["findings"]
    assert (finding["odds"], finding["sum"]) == (None, "+3.1")
    (measured,) = printed_sweep(_measured(s.simulated_page()), 1)["findings"]
    assert measured["odds"]["posterior_ratio"] == "1 : 79"
    assert finding["walk"]["steps"] == measured["walk"]["steps"], "a score is shown on its scale, too"


def test_each_piece_of_evidence_is_a_bar_between_prior_and_posterior() -> None:
    (finding,) = printed_sweep(_measured(s.simulated_page()), 1)["findings"]
    walk = finding["walk"]
    assert [bar["is_for"] for bar in walk["steps"]] == [True, True, False]
    assert walk["steps"][0]["from"] == walk["prior"]
    first, second, last = walk["steps"]
    assert second["from"] == pytest.approx(first["at"] + first["width"], abs=0.02)
    assert last["at"] == pytest.approx(walk["posterior"], abs=0.02), "what speaks against leads back"
    assert 0.0 <= walk["prior"] < walk["posterior"] < walk["even"] <= 100.0
    assert (walk["low"], walk["high"]) == (walk["posterior"],) * 2, "format 1 knows no interval"


def test_what_an_earlier_visit_explained_is_marked_and_comes_last_under_its_own_name() -> None:
    page = s.simulated_page()
    assert page.report is not None
    (first,) = page.report.findings
    second = first.model_copy(update={"finding_id": s.numbered(0xF9)})
    report = page.report.model_copy(update={"findings": (first, second)})
    known = KnownBefore(
        finding_id=first.finding_id, sweep_id=s.numbered(0xC9), by="place", note=text("소켓 나사", "A screw"),
        decided=s.STARTED,
    )  # fmt: skip
    new, old = printed_sweep(replace(page, report=report, known=(known,)), 1)["findings"]
    assert (new["name"], new["known"]) == ("F2", "")
    assert old["name"] == "F1"
    assert old["known"].startswith("같은 자리를 이전 점검에서 카메라가 아닌 것으로 확인함 ‘소켓 나사’ (2026-03-12")
    assert (old["sum"], old["strength"]) == (new["sum"], new["strength"]), "as grave as ever"


def test_a_reason_that_many_cells_share_is_printed_once() -> None:
    zones = printed_sweep(s.simulated_page(), 1)["zones"]
    assert len(zones["notes"]) == len(set(zones["notes"])) == 6
    cells = [cell for row in zones["rows"] for cell in row["cells"]]
    assert all(1 <= cell["note"] <= 6 for cell in cells)
    assert zones["rows"][3]["cells"][0] == {"state": "not_looked", "word": "미점검", "looked": "", "note": 6}


def test_what_was_not_detected_without_proof_has_a_word_of_its_own() -> None:
    page = s.page_of_format_2()
    printed = printed_sweep(page, 1)
    assert [zone["state"] for zone in printed["map"]["zones"]] == [
        "nothing_detected", "nothing_detected", "nothing_detected", "not_looked", "nothing_detected",
        "nothing_detected",
    ]  # fmt: skip
    assert printed["zones"]["rows"][0]["cells"][1]["state"] == "nothing_detected", "clear of one target only"
    assert page.row.zones_not_assessable == ()
    assert page.row.zones_nothing_detected == ("1번 칸", "2번 칸", "3번 칸", "세면대", "출입구")
    assert page.row.equipment_result == "partly"
    fields = {name: value for name, _, value in printed["fields"]}
    assert fields["판정 불가·미점검"] == limits_words(page.row) == "미점검 1곳: 청소도구함"
    assert not_judged(page.row) == 1, "the list counts the zones that the sheet names"
    assert undetected_words(page.row).startswith("5곳: 1번 칸")
    assert any(
        "이상 없음으로 판정하지 않음 · 제외: 움직일 때만 보내는 와이파이 카메라" in note
        for note in printed["zones"]["notes"]
    )


def test_each_target_has_its_probability_with_an_interval_or_a_reason() -> None:
    table = printed_sweep(s.page_of_format_2(), 1)["targets"]
    assert len(table["heads"]) == 10
    first = table["rows"][0]["cells"]
    assert first[0] == {"share": "41%", "span": "(33–50%)", "note": 0}
    assert (first[6]["share"], table["notes"][first[6]["note"] - 1]) == (
        "–", "찾았을 확률을 알 수 없음(이 대역에서는 와이파이에 묻힘)",
    )  # fmt: skip
    assert len(table["notes"]) == 2
    assert {cell["share"] for cell in table["rows"][3]["cells"]} == {"–"}
    assert printed_sweep(s.simulated_page(), 1)["targets"] is None


def test_a_place_that_waits_for_its_second_look_is_drawn_listed_and_counted_like_any_other() -> None:
    page = s.simulated_page()
    assert page.report is not None
    waiting = page.report.findings[0].model_copy(update={"stage": "first_look"})
    report = page.report.model_copy(update={"findings": (waiting,), "outcome": "aborted"})
    built = build_page(page.row.header, page.row.place, report, report_state="present", states=s.states_of(report))
    printed = printed_sweep(built, 1)
    assert [finding["name"] for finding in printed["findings"]] == ["F1"]
    assert [finding["name"] for finding in printed["map"]["findings"]] == ["F1"]
    assert built.row.places_to_inspect == ("2번 칸 뒷벽, 높이 모름, 왼쪽 모서리 옆",)
    assert built.row.equipment_result == "to_inspect"
    assert built.row.findings == (("to_inspect", 1),)


def test_a_finding_says_what_stands_of_it_and_not_what_somebody_said_last() -> None:
    page = s.simulated_page()
    assert page.report is not None
    told: tuple[tuple[FindingState, str, bool], ...] = (
        ("to_inspect", "확인할 곳", True),
        ("suspected", "의심", True),
        ("no_camera", "카메라 아님", False),
        ("confirmed", "카메라(경찰 확인)", False),
    )
    for state, words, is_open in told:
        states = {page.report.findings[0].finding_id: state}
        said = [s.make_disposition(page.report.sweep_id, "no_camera")]
        built = build_page(
            page.row.header, page.row.place, page.report, report_state="present", states=states, dispositions=said
        )
        (finding,) = printed_sweep(built, 1)["findings"]
        assert (finding["disposition"], finding["is_open"]) == (words, is_open)


@pytest.mark.parametrize(
    ("log10_odds", "words"), [(-5.0, "1 : 100,000"), (-1.9, "1 : 79"), (0.0, "1 : 1"), (30.0, "10억 넘음 : 1")]
)
def test_odds_in_words(log10_odds: float, words: str) -> None:
    (finding,) = printed_sweep(_measured(s.simulated_page(), posterior_log10_odds=log10_odds), 1)["findings"]
    assert finding["odds"]["posterior_ratio"] == words


def test_a_chance_from_a_guessed_curve_says_so_beside_its_number_and_a_recorders_of_which_lens_it_is() -> None:
    report = s.page_of_format_2().report
    assert report is not None
    table = target_table(report)
    guessed = [one for one in report.targets if one.source == "guessed" and one.probability is not None]
    shares = [cell["share"] for row in table["rows"] for cell in row["cells"]]
    assert sum(share.endswith("% 추정") for share in shares) == len(guessed) > 0
    lens_of = {head["ko"]: head["source"] for head in table["heads"]}
    assert lens_of[TARGET_WORDS["recorder"].ko].startswith("1 mm 핀홀 렌즈일 때만 · ")


def test_no_two_states_of_a_zone_look_alike_on_the_printed_map() -> None:
    drawn = (TEMPLATES / "sweep_map.typ").read_text(encoding="utf-8")
    fills = re.search(r"#let zone-fill = \((.*)\)", drawn)
    assert fills is not None
    looks = dict(pair.split(": ") for pair in fills[1].split(", "))
    assert len(set(looks.values())) == len(looks), "two hatchings"
    assert set(ZONES) - set(looks) == {"clear", "to_inspect", "not_looked"}, "white, a marker, a dashed line"
    legend = drawn.split("#let legend")[1]
    assert set(re.findall(r'swatch\("(\w+)"', legend)) == set(ZONES) - {"to_inspect"}

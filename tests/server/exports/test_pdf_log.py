"""The printed log: what stands on the sheets, that no glyph is missing, and that hostile text stays text."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from server.exports.gathering import submission
from server.exports.logs.pdf_log import MAX_SWEEPS, record_digest, render_pdf
from server.exports.sheets.fonts import FontsMissingError, find_typeface
from server.projections.log_records import ExportError, Printing, SweepPage
from server.projections.log_rows import build_page
from sweep.report import Plan, Zone

from . import sample_sweeps as s

TEMPLATES = Path(__file__).parents[3] / "server" / "exports" / "templates"


def _print(pages: Sequence[SweepPage]) -> bytes:
    return render_pdf(pages, s.PERIOD, s.GENERATED, printing=Printing("시범구청", "점검자-01", "월간 보고"))


def _sheets(pages: Sequence[SweepPage], folder: Path) -> list[str]:
    """The text of each sheet, white space folded and the breaks of long words taken out."""
    file = folder / "log.pdf"
    file.write_bytes(_print(pages))
    done = subprocess.run(["pdftotext", "-raw", str(file), "-"], check=True, capture_output=True, timeout=60)
    sheets = done.stdout.decode().removesuffix("\f").split("\f")
    return [" ".join(sheet.replace("\u200b", "").split()) for sheet in sheets]


def test_the_cover_counts_measurements_apart_from_demonstrations(tmp_path: Path) -> None:
    cover = _sheets([s.simulated_page(), s.live_page(), s.unfinished_page(), s.found_page()], tmp_path)[0]
    assert "불법촬영기기 점검일지" in cover
    assert "2026-03-01 ~ 2026-03-31" in cover
    assert "시범구청" in cover
    assert "출력 사유 Reason 월간 보고" in cover
    assert "카메라 (경찰 확인)" in cover, "no word is broken within"
    assert "실측 점검 0 1 0 0 0 0 1 2 1" in cover, "by persons: one found, one not recorded, one place named"
    assert "실측 점검 1 0 1 0 0 0 2 9 / 12" in cover, "by the equipment: a place to inspect, one partly"
    assert "시뮬레이션 기록 · 실제 점검 아님 1 0 0 0 0 0 1 4 / 6" in cover
    assert "[시뮬레이션 기록 · 실제 점검 아님]" in cover
    assert "[재생 기록 · 실제 점검 아님]" in cover
    assert "점검 실적에 넣지 않으며" in cover
    assert record_digest([page.row for page in (s.simulated_page(), s.live_page())]) not in cover


def test_paper_says_where_its_check_is_described_and_names_no_program(tmp_path: Path) -> None:
    said = "".join("".join(_sheets([s.simulated_page()], tmp_path)).split())
    assert said.count("확인방법은제출묶음의안내(README.txt)에있습니다") == 3, "cover, form and record"
    assert "sweep-server" not in said
    assert "sweep-server verify 이-파일.zip" in submission.WORDS
    assert "--entry 'QR 글'" in submission.WORDS


def test_a_candidate_is_printed_with_its_evidence_for_and_against(tmp_path: Path) -> None:
    text = " ".join(_sheets([s.simulated_page()], tmp_path))
    for expected in (
        "확인할 곳 1곳: 2번 칸 뒷벽, 높이 모름, 왼쪽 모서리 옆",
        "점검자-01, 점검자-02",
        "2026-03-12 10:20:00 – 10:27:24 (모의: 실제보다 빠르게 진행) (한국시간)",
        "점검자가 퇴실과 폐쇄를 확인했다고 기록됨",
        "F1 2번 칸 뒷벽, 높이 모름, 왼쪽 모서리 옆",
        "오른쪽 1.39 m, 아래 0.00 m",
        "근거 강함",
        "조명을 축에서 벗어나게 하면 사라지는 밝은 점",
        "+2.0",
        "추정, 상한 적용",
        "문 밖에서 잰 세기보다 높지 않습니다.",
        "–0.4",
        "가중치의 합 +3.1",
        "확률이나 배수가 아닙니다",
        "만지거나 분해하지 마십시오",
        "지금 상태: 확인할 곳",
        "기록된 현장 판정이 없습니다. 지금 상태: 확인할 곳 1건.",
        "메모리 카드에만 저장하는 카메라는",
        "감지된 것 없음2)",
        "감지된 것 없음(4가 지 중 3가지 판정 불가)",
        "모든 대상을 현장 측정으로 확인하지 않아 이상 없음으로 판정하지 않음",
        "필요 시야량 86% · 34초",
        s.make_entries()[1].entry_hash,
        "전자 기록이 우선합니다",
    ):
        assert expected in text, expected


def test_only_sheets_of_a_demonstration_carry_its_watermark(tmp_path: Path) -> None:
    sheets = _sheets([s.simulated_page(), s.live_page(), s.unfinished_page()], tmp_path)
    cover, *rest = sheets
    assert cover.startswith("실제 점검 아님 포함 실제 점검 아님 포함")
    for sheet in rest:
        if "점검 1 / 3" in sheet:
            assert sheet.startswith("시뮬레이션 기록 시뮬레이션 기록")
        elif "점검 2 / 3" in sheet:
            assert "시뮬레이션" not in sheet
            assert "재생 기록" not in sheet
        else:
            assert "점검 3 / 3" in sheet
            assert sheet.startswith("재생 기록 재생 기록")
    assert any("시뮬레이션 기록 · 실제 점검 아님: 서명하지 않습니다." in sheet for sheet in rest)
    assert any("위와 같이 점검하였음을 확인합니다." in sheet for sheet in rest)


def test_a_sweep_without_report_says_so_and_shows_its_holes(tmp_path: Path) -> None:
    text = " ".join(_sheets([s.unfinished_page()], tmp_path)[1:])
    assert "점검 시작 기록만 있고 보고서가 접수되지 않음" in text
    assert "누락: 키 a1b2c3d4e5f60718: 순번 62–63 없음" in text
    assert "경보: 같은 순번에 다른 기록이 도착함" in text
    assert "점검 도면" not in text


def test_a_find_prints_what_to_do_and_every_decision(tmp_path: Path) -> None:
    text = " ".join(_sheets([s.found_page()], tmp_path)[1:])
    assert "두 사람이 함께 112에 신고한 뒤 접수번호를" in text
    assert text.index("배제할 수 없음") < text.index("환풍구 날개 뒤에 렌즈가 있음")
    assert "인수한 경찰관" in text
    assert "의심기기 발견(경찰 확인 중) Suspected device found" in text
    assert "지금 상태: 의심기기 발견" in text


def test_an_empty_period_says_that_there_is_nothing(tmp_path: Path) -> None:
    sheets = _sheets([], tmp_path)
    assert len(sheets) == 1
    assert "이 기간에 접수된 점검 기록이 없습니다." in sheets[0]


def test_a_record_that_does_not_verify_is_printed_as_such(tmp_path: Path) -> None:
    page = s.live_page()
    entries = (replace(page.entries[0], signature_ok=False), replace(page.entries[1], bodies_erased=2))
    broken = build_page(page.row.header, page.row.place, page.report, report_state="present", entries=entries)
    bare = build_page(page.row.header, page.row.place, page.report, report_state="present")
    text = " ".join(_sheets([broken, bare], tmp_path))
    assert "서명 무효 있음(2건)" in text
    assert "본문 1 · 삭제 2" in text
    assert "이 점검에 대한 서명 기록이 없습니다." in text


def test_hostile_text_is_printed_as_it_is_and_never_run(tmp_path: Path) -> None:
    text = " ".join(_sheets([s.hostile_page()], tmp_path))
    assert s.HOSTILE_SSID.decode() in text
    assert s.HOSTILE_FORMULA in text
    assert " ".join(s.HOSTILE_MARKUP.split()) in text
    assert "\\x1b[31mcam\\u202egnp\\x07\\xff" in text
    assert "\\U0001f47e" in text
    assert "확인\\u202e자" in text
    assert "W" * 200 in text.replace(" ", "")
    assert s.DEVICE_ADDRESS not in text
    assert "[기기 주소 생략]" in text


def test_every_character_is_drawn_by_the_embedded_nanum_fonts(tmp_path: Path) -> None:
    pages = [s.simulated_page(), s.live_page(), s.unfinished_page(), s.found_page(), s.hostile_page()]
    characters = set("".join(_sheets(pages, tmp_path)))
    assert characters - find_typeface().characters == set()
    done = subprocess.run(["pdffonts", str(tmp_path / "log.pdf")], check=True, capture_output=True, timeout=60)
    fonts = done.stdout.decode().splitlines()[2:]
    assert sorted(line.split()[0].split("+")[1] for line in fonts) == ["NanumGothic", "NanumGothicBold"]
    assert all(re.search(r"Identity-H\s+yes yes yes", line) for line in fonts)


def test_plans_of_any_shape_fit_on_the_sheets(tmp_path: Path) -> None:
    base = s.simulated_page()
    assert base.report is not None

    def plan(width_m: float, depth_m: float) -> Plan:
        zones = tuple(zone.model_copy(update={"polygon": ((0.0, 0.0),) * 3}) for zone in base_zones)
        return Plan(version=1, is_verified=False, width_m=width_m, depth_m=depth_m, zones=zones)

    base_zones: tuple[Zone, ...] = base.report.plan.zones
    for width_m, depth_m in ((0.0, 0.0), (200.0, 1.0), (1.0, 200.0)):
        finding = base.report.findings[0].model_copy(update={"x_m": -900.0, "radius_m": 100.0})
        report = base.report.model_copy(update={"plan": plan(width_m, depth_m), "findings": (finding,)})
        page = build_page(base.row.header, base.row.place, report, report_state="present", entries=base.entries)
        sheets = _sheets([page], tmp_path)
        assert 4 <= len(sheets) <= 5
        assert "현장과 대조하지 않은 도면입니다." in sheets[2]


def test_the_same_input_gives_the_same_bytes() -> None:
    pages = [s.simulated_page(), s.live_page()]
    assert _print(pages) == _print(pages)
    assert _print(pages).startswith(b"%PDF-1.7")


def test_too_many_sweeps_and_missing_fonts_are_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="choose a shorter period"):
        _print([s.live_page()] * (MAX_SWEEPS + 1))
    hint = (TEMPLATES.parents[1] / "web" / "src" / "i18n" / "words" / "exports.ts").read_text(encoding="utf-8")
    assert f"한 문서에 {MAX_SWEEPS}건까지" in hint, "the page says how many before they are asked for"
    with pytest.raises(FontsMissingError, match="apt install fonts-nanum"):
        render_pdf([], s.PERIOD, s.GENERATED, font_folders=[tmp_path])


def test_the_templates_never_evaluate_text_nor_promise_safety() -> None:
    for path in TEMPLATES.glob("*.typ"):
        source = path.read_text()
        assert "eval(" not in source
        assert "안전" not in source
        assert "http" not in source

"""The HWPX log, read back by another library: the fields of the form, the approval boxes, and hostile text as text."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import hwp_hwpx_parser
from hwpx import HwpxDocument

from server.exports.logs.hwpx_log import render_hwpx
from server.exports.logs.pdf_log import printed_log
from server.exports.printed.map import Tree
from server.exports.printed.sweep import printed_sweep
from server.projections.by_eye import hand_entries
from server.projections.log_records import Printing, SweepPage
from server.projections.log_rows import build_page
from sweep.report.visit_records import VisitNote

from . import sample_sweeps as s

PRINTING = Printing("시범구청", "점검자-01", "월간 보고", "기록 원장 5건", "log 5 AAAA")


def _sheet(page: SweepPage) -> Tree:
    log = printed_log([page.row], s.PERIOD, s.GENERATED, PRINTING)
    return log | {"sweeps": [printed_sweep(page, 1, PRINTING)], "has_cover": False}


def _tables(data: bytes, folder: Path) -> list[list[list[str]]]:
    """The rows of each table."""
    file = folder / "log.hwpx"
    file.write_bytes(data)
    with hwp_hwpx_parser.HWPXReader(file) as reader:
        assert reader.is_valid()
        return [table.rows for table in reader.get_tables()]


def test_the_form_of_a_sweep_has_approval_boxes_and_both_results(tmp_path: Path) -> None:
    page = s.live_page()
    note = VisitNote(
        v=1, sweep_id=page.row.header.sweep_id, noted=s.clock(9), by_eye="nothing_unusual", spots=("vent",), marks=None,
        occasion="joint", companions="마포경찰서 경위", emergency_bell="works", measures=("sticker",),
        confirmed_by="시설관리 담당",
    )  # fmt: skip
    hand = hand_entries(("점검자-01", note), [])
    data = render_hwpx(
        _sheet(build_page(page.row.header, page.row.place, page.report, report_state="present", hand=hand))
    )
    approval, form, signing, *_ = _tables(data, tmp_path)
    assert approval[0] == ["결 재", "담당", "검토", "확인"]
    fields = {row[0]: [cell for cell in row[1:] if cell] for row in form}
    assert fields["점검 결과"] == ["특이사항 없음(육안·탐지기) (점검자-01 확인 · 1/8개 부위: 환풍구)"]
    assert fields["장비 점검 결과"] == ["일부 판정 불가 (구역 6곳 중 5곳 판정 불가(방식 4가지 중 3가지 판정 불가))"]
    assert fields["성별"] == ["남", "층", "1층", "칸", "3칸"]
    assert fields["점검구분"] == ["□ 정기  □ 수시  ■ 합동   (정밀 점검)"]
    assert (fields["비상벨"], fields["조치"], fields["의심흔적"]) == (["정상"], ["점검 스티커 부착"], ["없음"])
    assert [row[:3] for row in signing[1:]] == [
        ["점검자", "점검자-01", ""],
        ["점검자", "점검자-02", ""],
        ["동행·입회", "", "마포경찰서 경위"],
        ["확인자", "", "시설관리 담당"],
    ]


def test_a_list_runs_over_sheets_under_one_heading(tmp_path: Path) -> None:
    pages = [s.live_page(), s.simulated_page(), s.found_page()]
    data = render_hwpx(printed_log([page.row for page in pages] * 20, s.PERIOD, s.GENERATED, PRINTING))
    listed = _tables(data, tmp_path)[-1]
    assert [len(row) for row in listed] == [9] * 61
    assert listed[2][:2] == ["2", "2026-03-12 10:20"]
    assert listed[2][2].startswith("[시뮬레이션 기록 · 실제 점검 아님] 시범 공중화장실 (DEMO-0001)")
    assert [row[5:7] for row in listed[1:4]] == [
        ["미기재", "일부 판정 불가"], ["미기재", "확인할 곳"], ["의심기기 발견(경찰 확인 중)", "확인할 곳"],
    ]  # fmt: skip
    section = zipfile.ZipFile(io.BytesIO(data)).read("Contents/section0.xml").decode()
    assert 'repeatHeader="1" rowCnt="61"' in section


def test_hostile_text_stays_text_and_the_library_finds_nothing_to_complain_of(tmp_path: Path) -> None:
    data = render_hwpx(_sheet(s.hostile_page()))
    assert HwpxDocument.open(data).validate().issues == ()
    words = " ".join(cell for table in _tables(data, tmp_path) for row in table for cell in row)
    assert s.HOSTILE_FORMULA in words
    assert s.HOSTILE_MARKUP in words
    assert s.DEVICE_ADDRESS not in words
    assert "안전" not in words


def _part(data: bytes, name: str) -> ET.Element:
    return ET.fromstring(zipfile.ZipFile(io.BytesIO(data)).read(name))  # noqa: S314  made here, a moment ago


def test_the_package_is_as_the_standard_has_it_and_is_of_whoever_made_the_document() -> None:
    data = render_hwpx(_sheet(s.live_page()))
    package = zipfile.ZipFile(io.BytesIO(data))
    first = package.infolist()[0]
    assert (first.filename, first.compress_type, package.read(first)) == (
        "mimetype", zipfile.ZIP_STORED, b"application/hwp+zip",
    )  # fmt: skip
    about = _part(data, "Contents/content.hpf")
    listed = [item.get("href") for item in about.iterfind(".//{*}item")]
    assert listed
    assert set(listed) <= set(package.namelist())
    told = {meta.get("name"): meta.text for meta in about.iterfind(".//{*}meta")}
    assert about.findtext(".//{*}title") == "불법촬영기기 점검일지"
    assert (told["creator"], told["lastsaveby"], told["CreatedDate"]) == (
        "시범구청", "점검자-01", "2026-04-01T00:30:00Z",
    )  # fmt: skip
    assert package.read("Preview/PrvText.txt").decode().splitlines() == ["시범구청", "불법촬영기기 점검일지"]


def test_each_style_that_the_text_names_is_defined_and_the_footer_stands_once() -> None:
    data = render_hwpx(_sheet(s.live_page()))
    header, section = _part(data, "Contents/header.xml"), _part(data, "Contents/section0.xml")
    defined = {
        name: {element.get("id") for element in header.iterfind(f".//{{*}}{name}")}
        for name in ("charPr", "paraPr", "borderFill", "style")
    }
    for name, ids in defined.items():
        assert {element.get(f"{name}IDRef") for element in section.iter()} - {None} <= ids, name
    assert len(section.findall(".//{*}ctrl/{*}footer")) == 1
    assert section.findall(".//{*}secPr/{*}footer") + section.findall(".//{*}footerApply") == []


def test_rows_are_as_high_as_their_texts_and_what_may_be_long_runs_over_sheets() -> None:
    section = _part(render_hwpx(_sheet(s.live_page())), "Contents/section0.xml")
    tables = section.findall(".//{*}tbl")
    for table in tables:
        heights = [int(size.get("height", "0")) for size in table.findall(".//{*}tc/{*}cellSz")]
        assert min(heights) >= 900 + 282, "9 pt and the margins of a cell"
        size = table.find("{*}sz")
        assert size is not None
        assert int(size.get("height", "0")) >= len(table.findall("{*}tr")) * min(heights)
    is_letter = [place.get("treatAsChar") for place in section.findall(".//{*}tbl/{*}pos")]
    assert is_letter == ["1", "1", "1", "0"], "approval, form and signatures; the limits"


def test_the_same_input_gives_the_same_bytes() -> None:
    assert render_hwpx(_sheet(s.found_page())) == render_hwpx(_sheet(s.found_page()))

"""What each rendering says of sweeps and rooms, read back from what was rendered.

Input is a document's bytes or a page; output is what it says, by sweep or room, in its own words.  Nothing here knows
what ought to stand there.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import hwp_hwpx_parser
from playwright.sync_api import Page, expect

from sweep.report.words import words_of

Told = dict[str, Any]
"""By what is said: `persons`, `equipment`, `findings`, `zones` and the like."""
_CELLS: Final = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
ROOM: Final = re.compile(r"\d{3}호실")


def squeezed(text: str) -> str:
    """Without the white space at which a page broke it."""
    return re.sub(r"[\s\u200b]+", "", text)


def _words(*tables: str) -> str:
    """One of the words of these tables, as an expression for squeezed text; the longest that fits."""
    words = {squeezed(word.ko) for table in tables for word in words_of(table).values()}
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


PERSONS, EQUIPMENT, FINDING, ZONE = (_words(table) for table in ("persons", "equipment", "finding", "zone"))
UNABLE: Final = r"(?:\(\d가지중\d가지판정불가\))?"


def csv_lines(data: bytes) -> dict[str, Told]:
    """By sweep."""
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig")))
    return {row["점검 식별자"]: _row(row) for row in rows}


def json_lines(data: bytes) -> dict[str, Told]:
    """By sweep; its codes beside the words of its columns."""
    found = {}
    for one in json.loads(data)["sweeps"]:
        codes = {"persons code": one["persons"]["result"], "equipment code": one["equipment"]["result"]}
        found[one["sweep_id"]] = _row(one["columns"]) | codes
    return found


def xlsx_lines(data: bytes) -> dict[str, Told]:
    """By sweep; its sheet to be filed has no ids, and says its results once more in the same order."""
    book = zipfile.ZipFile(io.BytesIO(data))
    heads, *rows = _sheet(book, 1)
    filed_heads, *filed = _sheet(book, 2)
    found = {}
    for cells, printed in zip(rows, filed, strict=True):
        row, of_filed = dict(zip(heads, cells, strict=False)), dict(zip(filed_heads, printed, strict=False))
        told = {"filed persons": of_filed["점검 결과"], "filed equipment": of_filed["장비 결과"]}
        found[row["점검 식별자"]] = _row(row) | told
    return found


def _row(row: dict[str, Any]) -> Told:
    return {
        "persons": row["점검 결과(사람)"],
        "equipment": row["장비 점검 결과"],
        "findings": row["현장 판정"],
        "zones": row["미점검·판정 불가"],
        "open": row["이 방에 남은 것"],
    }


def _sheet(book: zipfile.ZipFile, number: int) -> Iterator[list[str]]:
    """The heading and the rows below it."""
    root = ET.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))  # noqa: S314 - our own server made it
    for row in list(root.iterfind(".//m:row", _CELLS)):
        if int(row.attrib["r"]) >= 4:
            yield [
                "".join(part.text or "" for part in cell.iterfind("m:is/m:t", _CELLS))
                or cell.findtext("m:v", "", _CELLS)
                for cell in row.iterfind("m:c", _CELLS)
            ]


def hwpx_list(data: bytes, folder: Path) -> dict[tuple[str, str], Told]:
    """By room and time, the list of a period."""
    listed = next(rows for rows in _tables(data, folder) if rows[0][:2] == ["번호", "점검일시"])
    return {(_room_in(row[2]), squeezed(row[1])): {"persons": row[5], "equipment": row[6]} for row in listed[1:]}


def hwpx_forms(data: bytes, folder: Path) -> dict[tuple[str, str], Told]:
    """By room and time, the form of each sweep."""
    found = {}
    for rows in _tables(data, folder):
        fields = {row[0]: [cell for cell in row[1:] if cell] for row in rows}
        if "장비 점검 결과" not in fields or "방" not in fields.get("시설명", ()):
            continue
        (persons,), (equipment,) = fields["점검 결과"], fields["장비 점검 결과"]
        open_here = fields["사진"][fields["사진"].index("이 방에 남은 것") + 1]
        when = squeezed(fields["점검일시"][0])[: len("2026-03-0210:00")]
        found[_room_in(fields["시설명"][-1]), when] = {
            "persons": _before_why(persons), "equipment": _before_why(equipment), "open": squeezed(open_here),
        }  # fmt: skip
    return found


def _before_why(said: str) -> str:
    """A word before its reason, which stands in brackets like a part of some words."""
    found = re.match(f"({PERSONS}|{EQUIPMENT})\\(", squeezed(said))
    assert found is not None, said
    return found[1]


def _tables(data: bytes, folder: Path) -> Sequence[list[list[str]]]:
    file = folder / "log.hwpx"
    file.write_bytes(data)
    with hwp_hwpx_parser.HWPXReader(file) as reader:
        assert reader.is_valid()
        return [table.rows for table in reader.get_tables()]


def _room_in(text: str) -> str:
    found = ROOM.search(text)
    assert found is not None, text
    return found[0]


def pdf_text(data: bytes, folder: Path) -> list[str]:
    """The text of each sheet, squeezed."""
    file = folder / "log.pdf"
    file.write_bytes(data)
    done = subprocess.run(["pdftotext", "-raw", str(file), "-"], check=True, capture_output=True, timeout=120)
    return [squeezed(sheet) for sheet in done.stdout.decode().removesuffix("\f").split("\f")]


LINE: Final = re.compile(
    rf"(?P<when>2026-03-\d\d\d\d:\d\d)새울공원\(미기재\)(?P<room>{ROOM.pattern})[^가-힣]*[^◆●]*?점검자-02"
    rf"[◆●]?(?P<persons>{PERSONS})[◆●]?(?P<equipment>{EQUIPMENT})\d+/\d+"
)


def pdf_list(sheets: Sequence[str]) -> dict[tuple[str, str], Told]:
    """By room and time, the list of a period."""
    return {
        (one["room"], one["when"]): {"persons": one["persons"], "equipment": one["equipment"]}
        for one in LINE.finditer("".join(sheets))
    }


FORM: Final = re.compile(
    rf"점검일시When(?P<when>2026-03-\d\d\d\d:\d\d).*?방Room(?P<room>{ROOM.pattern}).*?"
    rf"ResultoftheequipmentA?(?P<persons>{PERSONS})[A-Z].*?(?P<equipment>{EQUIPMENT})[A-Z]"
)


def pdf_forms(sheets: Sequence[str]) -> dict[tuple[str, str], Told]:
    """By room and time, the form of each sweep and what stands on the sheets behind it."""
    texts: dict[tuple[str, str], str] = {}
    found: dict[tuple[str, str], Told] = {}
    key = None
    for sheet in sheets:
        form = FORM.search(sheet)
        if form is not None:
            key = (form["room"], form["when"])
            found[key], texts[key] = {"persons": form["persons"], "equipment": form["equipment"]}, ""
        if key is not None:
            texts[key] += sheet
    for key, text in texts.items():
        drawn = re.search("점검도면Sweepmap(.*?)범례Legend", text)
        found[key]["zones"] = [] if drawn is None else re.findall(rf"\d번칸[○◆□△－]((?:{ZONE}){UNABLE})", drawn[1])
        found[key]["findings"] = re.findall(f"근거의세기:.*?지금상태:({FINDING})", text)
        open_here = re.search("이방에남은것Open(.*?)다음조치Next", text)
        found[key]["open"] = None if open_here is None else open_here[1]
    return found


ROOM_CARDS: Final = """all => all.map(one => {
    const said = of => {
        const found = one.querySelector(of)?.cloneNode(true);
        found?.querySelectorAll('.visually-hidden').forEach(hidden => hidden.remove());
        return found?.textContent.trim() ?? null;
    };
    return {room: said('strong'), persons: said('[data-persons]'), equipment: said('[data-equipment]'),
            about: said('.small.muted')};
})"""
BY_PERSONS, BY_EQUIPMENT = "점검 결과\u00a0", "장비: "


def _badges(card: dict[str, str | None]) -> Told:
    """The two results of a card without what they are called, and what stands open where it says so."""
    persons, equipment = card["persons"], card["equipment"]
    counts = [part for part in (card["about"] or "").split(" · ") if re.fullmatch(r".+ \d+건", part)]
    return {
        "persons": None if persons is None else persons.removeprefix(BY_PERSONS),
        "equipment": None if equipment is None else equipment.removeprefix(BY_EQUIPMENT),
        "open": " · ".join(counts) or None,
    }


def phone_rooms(page: Page) -> dict[str, Told]:
    """By room, the cards of the list that is open, all of them."""
    cards = page.locator("a.room")
    expect(cards.first).to_be_visible()
    more = page.get_by_role("button", name="더 보기")
    while more.count() > 0:
        before = cards.count()
        more.click()
        expect(cards).not_to_have_count(before)
    return room_cards(page)


def room_cards(page: Page) -> dict[str, Told]:
    """By room, the cards that are there."""
    cards = page.locator("a.room")
    expect(cards.first).to_be_visible()
    return {card["room"]: _badges(card) for card in cards.evaluate_all(ROOM_CARDS)}


def desk_rooms(page: Page, count: int) -> dict[str, Told]:
    """By room, the rows of the desk's list, which keeps only those in sight."""
    found: dict[str, Told] = {}
    region = page.get_by_role("region", name="점검 기록")
    rows = region.locator("a.room")
    expect(rows.first).to_be_visible()
    for top in range(0, 100_000, 400):
        region.evaluate("(one, top) => one.scrollTo(0, top)", top)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        for card in rows.evaluate_all(ROOM_CARDS):
            told = _badges(card)
            del told["open"]
            found[_room_in(card["room"])] = told
        if len(found) >= count:
            break
    return found


SWEEP: Final = """() => {
    const all = of => [...document.querySelectorAll(of)].map(one => one.textContent.replace(/\\s+/g, ' ').trim());
    return {panel: [...all('dl [data-persons]'), ...all('dl [data-equipment]')],
            findings: all('.finding .words').map((_, index) => {
                const card = document.querySelectorAll('.finding .words')[index];
                return card.querySelector('.said')?.textContent ?? null;
            }),
            zones: all('.zones .words .small:not(.number)'), pins: all('.map-pin, .map-area-number')};
}"""
MARKS: Final = ".map-pin, .map-area-number"


def phone_sweep(page: Page, sweep_id: object, zones: int, findings: int) -> Told:
    """The page of this sweep, that is open, with so many zones and findings; its map is drawn last."""
    expect(page.locator(f'a[href*="{sweep_id}/checklist"]')).to_be_visible()
    if zones > 0:
        page.locator("details:not([open]) > summary", has_text="구역별 판정").click()
    expect(page.locator(".zones .words .small:not(.number)")).to_have_count(zones)
    expect(page.locator(MARKS)).to_have_count(findings)
    shown = page.locator("section.result")
    (card,) = shown.evaluate_all(ROOM_CARDS)
    told = _badges(card)
    del told["open"]
    said: dict[str, list[str]] = page.evaluate(SWEEP)
    return told | said


def desk_comparison(page: Page, room: str) -> Told:
    """The desk's page of this room, that is open: its two results and the newer side of its comparison."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(room)
    table = page.get_by_role("table", name="구역별 판정과 찾았을 확률")
    expect(table).to_be_visible()
    (card,) = page.locator("section[aria-labelledby=state-title]").evaluate_all(ROOM_CARDS)
    told = _badges(card)
    del told["open"]
    cells = table.locator("tbody tr").evaluate_all(
        "all => all.map(one => one.querySelector('td:last-child .side > span:nth-of-type(2)').textContent.trim())"
    )
    return told | {"zones": cells, "spots": page.locator(".noted .said").all_inner_texts()}

"""One sheet of a workbook as rows of text, read in a process of its own with little memory and time.

Input are the octets of a workbook on standard input and perhaps a sheet's name as argument; output is one line of JSON.
Nothing of the server is imported: a workbook that lies about its size ends this process and nothing else.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from typing import IO, Any
from xml.etree import ElementTree as ET

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
MOST_MEMORY = 1024 * 1024 * 1024
MOST_SECONDS = 30
MOST_LINES = 100_100
MOST_COLUMNS = 100
MOST_LETTERS = 2_001
MOST_ALL_LETTERS = 32 * 1024 * 1024


def main() -> int:
    """Write what was read; 3 with a password, 4 for what cannot be read, 5 for one too large, 6 without calamine."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    try:
        from python_calamine import CalamineError, PasswordError, load_workbook
    except ModuleNotFoundError:
        return 6
    data = sys.stdin.buffer.read()
    wanted = sys.argv[1] if len(sys.argv) > 1 else None
    try:
        workbook = load_workbook(io.BytesIO(data))
        names = [one.name for one in workbook.sheets_metadata if str(one.visible) == "SheetVisibleEnum.Visible"]
        sheets = {name: workbook.get_sheet_by_name(name) for name in names if wanted in {None, name}}
    except PasswordError:
        return 3
    except (CalamineError, OSError, ValueError):
        return 4
    filled = [name for name, sheet in sheets.items() if sheet.height > 0]
    if not filled:
        return 4
    name = wanted if wanted in filled else filled[0]
    sheet = sheets[name]
    if sheet.total_height > MOST_LINES or sheet.total_width > MOST_COLUMNS:
        return 5
    rows, letters = [], 0
    for row in sheet.to_python(skip_empty_area=False):
        rows.append([_text(cell) for cell in row])
        letters += sum(map(len, rows[-1]))
        if letters > MOST_ALL_LETTERS:
            return 5
    _fill_numbers(data, name, rows)
    told = {
        "sheets": names if wanted is not None else filled,
        "sheet": name,
        "epoch": 1904 if _is_1904(data) else 1900,
        "rows": rows,
        "merged": sheet.merged_cell_ranges or [],
        "struck": _struck(data, name, rows),
    }
    sys.stdout.write(json.dumps(told, ensure_ascii=True))
    return 0


def _text(cell: Any) -> str:
    match cell:
        case bool():
            return "Y" if cell else "N"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case dt.datetime():
            is_day = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
            return cell.strftime("%Y-%m-%d") if is_day else cell.strftime("%Y-%m-%d %H:%M")
        case dt.date():
            return cell.isoformat()
        case _:
            return str(cell)[:MOST_LETTERS]


def _fill_numbers(data: bytes, name: str, rows: list[list[str]]) -> None:
    """Numbers with the leading noughts that their format shows (`000417`); of XLSX alone."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            styles = parts.read("xl/styles.xml")
            if re.search(rb'formatCode="0{2,20}"', styles) is None:
                return
            widths = _filled_styles(ET.fromstring(styles))  # noqa: S314  bounded by this process
            with parts.open(_part_of(parts, name)) as sheet:
                found = [(row, column, widths[style]) for row, column, style in _styled(sheet) if style in widths]
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, StopIteration, ValueError, ET.ParseError):
        return
    for row, column, width in found:
        if row < len(rows) and column < len(rows[row]) and rows[row][column].isdigit():
            rows[row][column] = rows[row][column].zfill(width)


def _filled_styles(styles: ET.Element) -> dict[int, int]:
    """How many digits a style shows at least."""
    codes = {one.get("numFmtId"): one.get("formatCode", "") for one in styles.iter(f"{_MAIN}numFmt")}
    formats = styles.findall(f"{_MAIN}cellXfs/{_MAIN}xf")
    told = {index: codes.get(one.get("numFmtId"), "") for index, one in enumerate(formats)}
    return {index: len(code) for index, code in told.items() if re.fullmatch(r"0{2,20}", code)}


def _struck(data: bytes, name: str, rows: list[list[str]]) -> list[tuple[int, list[int] | None]]:
    """(row, its columns that are crossed out, or None where all that it says is), counted from 0; of XLSX alone."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            styles = parts.read("xl/styles.xml")
            if b"strike" not in styles:
                return []
            crossed = _crossed_styles(ET.fromstring(styles))  # noqa: S314  bounded by this process
            with parts.open(_part_of(parts, name)) as sheet:
                found = _crossed_cells(sheet, crossed)
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, StopIteration, ValueError, ET.ParseError):
        return []
    told: list[tuple[int, list[int] | None]] = []
    for row, columns in sorted(found.items()):
        filled = {index for index, cell in enumerate(rows[row]) if cell.strip()} if row < len(rows) else set()
        if columns & filled:
            told.append((row, None if filled <= columns else sorted(columns & filled)))
    return told


def _crossed_styles(styles: ET.Element) -> set[int]:
    fonts = styles.findall(f"{_MAIN}fonts/{_MAIN}font")
    crossed = {
        index
        for index, font in enumerate(fonts)
        if (strike := font.find(f"{_MAIN}strike")) is not None and strike.get("val", "1") not in {"0", "false"}
    }
    formats = styles.findall(f"{_MAIN}cellXfs/{_MAIN}xf")
    return {index for index, one in enumerate(formats) if int(one.get("fontId", "0")) in crossed}


def _part_of(parts: zipfile.ZipFile, name: str) -> str:
    book = ET.fromstring(parts.read("xl/workbook.xml"))  # noqa: S314  likewise
    links = ET.fromstring(parts.read("xl/_rels/workbook.xml.rels"))  # noqa: S314  likewise
    wanted = next(one for one in book.iter(f"{_MAIN}sheet") if one.get("name") == name).get(_LINK)
    target = next(one for one in links if one.get("Id") == wanted).get("Target", "")
    return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _crossed_cells(sheet: IO[bytes], crossed: set[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for row, column, style in _styled(sheet):
        if style in crossed:
            found.setdefault(row, set()).add(column)
    return found


def _styled(sheet: IO[bytes]) -> Iterator[tuple[int, int, int]]:
    """Row and column of each cell, counted from 0, and its style."""
    for _, one in ET.iterparse(sheet):  # noqa: S314  likewise
        if one.tag == f"{_MAIN}c":
            place = re.fullmatch(r"([A-Z]{1,3})(\d{1,7})", one.get("r", ""))
            if place is not None:
                yield int(place[2]) - 1, _column(place[1]), int(one.get("s", "0"))
        elif one.tag == f"{_MAIN}row":
            one.clear()


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _is_1904(data: bytes) -> bool:
    """Does the workbook count its days from 1904? Said for days that are written as numbers."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts, parts.open("xl/workbook.xml") as book:
            head = book.read(1024 * 1024)
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError):
        return False
    return re.search(rb'date1904\s*=\s*["\'](?:1|true)["\']', head) is not None


if __name__ == "__main__":
    sys.exit(main())

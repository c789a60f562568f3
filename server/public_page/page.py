"""The public page of a room as HTML: when it was last checked and by whom, whom to call, and a form for a report.

It says nothing of what was seen, how a visit ended, or when the next one comes, and it changes after every visit alike:
the last live visit counts, completed or not, with or without a report.  Input are plain values; everything is escaped.
"""

from __future__ import annotations

from datetime import date
from html import escape
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select

from server.config.public_page import Agency, PublicPage
from server.interface.words import KST
from server.public_page.reports import MAX_LETTERS
from server.store.clock import from_ms
from server.store.counting import IS_MADE_HERE, REAL
from server.store.schema import sweeps

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
CHOICES = (
    ("hole", "수상한 구멍이나 틈", "a strange hole or gap"),
    ("device", "수상한 물건이나 기기", "a strange object or device"),
    ("other", "그 밖의 것", "something else"),
)


def last_visit(connection: Connection, room_id: UUID) -> date | None:
    """The Korean day of the last live visit, whatever came of it, as last_checks.py tells it; None without any."""
    of_room = (sweeps.c.room_id == room_id, sweeps.c.source == REAL, IS_MADE_HERE)
    last_ms = connection.scalar(select(func.max(sweeps.c.started_ms)).where(*of_room))
    return None if last_ms is None else from_ms(last_ms).astimezone(KST).date()


def agency_of(words: PublicPage, room: Row[Any]) -> Agency:
    """Who inspects: as the operator says, else the district."""
    is_named = room.district_ko is not None and room.district_ko != room.district_id
    return words.agency or Agency(
        ko=room.district_ko if is_named else "점검 기관", en=room.district_en if is_named else "the agency"
    )


def room_page(room: Row[Any], last: date | None, words: PublicPage, code: str, notice: tuple[str, str] | None) -> str:
    """The whole page."""
    agency = agency_of(words, room)
    if last is None:
        day = _both("아직 점검 기록이 없습니다", "no check is on record yet")
    else:
        ko = f"마지막 점검일 <strong>{last:%Y-%m-%d}</strong>, {escape(agency.ko)}"
        day = f'{ko}<br><span class="en" lang="en">last checked on {last:%Y-%m-%d}, by {escape(agency.en)}</span>'
    contacts = "".join(
        f'<dt><a href="tel:{one.number}">{one.number}</a></dt><dd>{_both(one.ko, one.en)}</dd>' for one in words.contact
    )
    choices = "".join(f'<option value="{name}">{ko} · {en}</option>' for name, ko, en in CHOICES)
    told = "" if notice is None else f'<p class="day" role="status">{_both(*notice)}</p>'
    return _document(
        f"""<h1>{escape(room.facility_ko)} {escape(room.name_ko)}</h1>
<p class="en" lang="en">{escape(room.facility_en)}, {escape(room.name_en)}</p>{told}
<p class="day">{day}</p>
<h2>{_both("도움 받을 곳", "where to get help")}</h2>
<dl>{contacts}</dl>
<p class="en">{words.as_of:%Y-%m-%d} 기준 · <span lang="en">as of {words.as_of:%Y-%m-%d}</span></p>
<h2>{_both("이 방에서 본 것을 알리기", "tell us what you saw in this room")}</h2>
<p>{
            _both(
                "만지거나 떼지 마십시오. 사진이나 링크는 보내지 마십시오. 이름은 묻지 않습니다.",
                "Do not touch or remove it. Send no pictures or links. We do not ask who you are.",
            )
        }</p>
<form method="post" action="/r/{escape(code)}" accept-charset="utf-8">
<label for="what">{_both("무엇입니까", "what is it")}</label><select id="what" name="what">{choices}</select>
<label for="text">{_both("어디에 있습니까", "where is it")}</label>
<textarea id="text" name="text" rows="4" maxlength="{MAX_LETTERS}" required></textarea>
<button>{"보내기 · send"}</button></form>"""
    )


def refusal_page(ko: str, en: str, back: str = "") -> str:
    """A page that says why there is none, or why a report was not taken; `back`: where its link leads."""
    link = f'<p><a href="{escape(back)}">{_both("돌아가기", "go back")}</a></p>' if back else ""
    return _document(f"<h1>{_both(ko, en)}</h1>{link}")


def _both(ko: str, en: str) -> str:
    return f'{escape(ko)}<br><span class="en" lang="en">{escape(en)}</span>'


def _document(body: str) -> str:
    return f"""<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>점검 안내</title><link rel="stylesheet" href="/r/style.css"></head>
<body><main>{body}</main></body></html>
"""

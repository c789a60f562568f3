"""Bringing lists of instruments and people in for tests: what they say, and the requests of an officer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from server.imports.reading.columns import Own
from server.imports.reading.values import doubts_of_row
from server.store.clock import today
from tests.server.conftest import Client

HANBIT, DALBIT = "hanbit-gu", "dalbit-gu"
FINDERS = (
    "장비종류,제조사,모델명,일련번호,보관자,작동확인일,유효기간,확인기관\n"
    "렌즈 탐지기,가상광학,K18,A-0017,점검자-01,{day},{until},한빛구청\n"
    "전파 탐지기,가상전자,R7,0042,,,,\n"
    "손전등,가상조명,T1,,,,,\n"
)
TEAM = (
    "아이디,성명,표시이름,역할,소속\n"
    "doyun.kim,김도윤,점검자-31,점검자,한빛구청 여성가족과\n"
    "seoyeon.park,박서연,,감독자,한빛구\n"
    "haejun.lee,이해준,,점검자,\n"
)


def finders() -> str:
    """Three instruments, one of them checked today."""
    return FINDERS.format(day=today().isoformat(), until=(today() + timedelta(days=30)).isoformat())


def bring(client: Client, text: str, *, look: bool = False, **parameters: str) -> Any:
    """The answer to a list."""
    path = "/api/imports/look" if look else "/api/imports"
    headers = {"X-CSRF-Token": client.csrf}
    told = {"file_name": "목록.csv"} | parameters
    return client.http.post(path, content=text.encode("cp949"), headers=headers, params=told)


def rows_of(client: Client, found: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of an import."""
    return list(client.get(f"/api/imports/{found['import_id']}/rows").json()["rows"])


def told(client: Client, found: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Outcome and reasons of each row."""
    return [(row["outcome"], row["reasons"]) for row in rows_of(client, found)]


def act(client: Client, found: dict[str, Any], what: str) -> dict[str, Any]:
    """An import after this."""
    answer = client.post(f"/api/imports/{found['import_id']}/{what}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


CELLS = st.text(max_size=30) | st.sampled_from(
    [
        *("렌즈", "전파", "손전등", "점검자", "감사", "없음", "미상", "A-1", "2026-03-01", "26.9.1", "한빛구청", "■"),
        "가" * 400,
    ]
)


def own_row(cells: dict[str, str]) -> Own:
    """A row of these cells by field."""
    kept = {name: cell for name, cell in cells.items() if cell}
    return Own(2, cells, kept, "", tuple(doubts_of_row([*cells.values()])))

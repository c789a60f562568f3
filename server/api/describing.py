"""What the OpenAPI document says beyond what FastAPI finds by itself: request records, and how one proves who one is.

All of it is read off the routes: a record from `requests.REQUESTS`, the security of a route and its roles and scope
(`x-access`, `x-fresh-login`) from the dependencies of access.py that it has.  So a route cannot ask for a session and
not say so.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

import server.interface
from server.api.access import (
    SESSION_COOKIE,
    Access,
    access_of,
    asks_fresh_login,
    needed_session,
    signed_request,
    signed_server,
)
from server.interface.requests import request_schemas

SECURITY_SCHEMES: dict[str, dict[str, str]] = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "set by POST /api/login",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRF-Token",
        "description": "of the session, from POST /api/login or GET /api/me; beside the cookie, for all but GET",
    },
    "probe": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "Ansim key=…,time=…,sig=…: a signature of method, target, body and time, see sweep/ENTRY.md",
    },
}

EXAMPLES = Path(server.interface.__file__).with_name("examples.json")
"""A request of each kind by the name of its record, with the ids of the demonstration."""
HEAD = """안심 스윕 서버의 인터페이스입니다. 이 화면은 읽기만 하며 아무것도 보내지 않습니다.

What a city's office, a probe or a program of yours asks of this server. A session comes from `POST /api/login`: its
cookie goes with every request, and `X-CSRF-Token` with each but GET. Small programs that do so: `server/examples/`.
"""
TAGS = {
    "people": "로그인과 계정 · sessions, accounts, passkeys, PINs, badges",
    "rooms": "시설과 화장실 · facilities, rooms and their plans",
    "registers": "시설·화장실 대장 · the office's lists of facilities and rooms, with history",
    "schedule": "점검 일정 · what is due, rounds of pairs, ordered visits",
    "sweeps": "점검 · sweeps, inspections with other instruments, notes, signatures",
    "cases": "의심·발견 처리 · cases step by step, and the file for the police",
    "photographs": "증거 사진 · sealed photographs and the keys that open them",
    "exports": "점검대장과 통계 · the log and statistics as documents",
    "desk": "업무 현황 · what the office begins with",
    "instruments": "점검 장비 · other instruments and their checks",
    "imports": "명단 가져오기 · lists that come in, previewed, answered and undone",
    "offices": "부서와 문서 · documents, provisions, handovers",
    "notifications": "알림 · what one is told of, and who is on duty",
    "facility": "시설 관리인 · pages of people of a facility",
    "public page": "시민 화면 · stickers and what the public reports",
    "practice": "연습 · hidden things found or not",
    "rules": "규칙 · how often, how long kept, who looked",
    "probes": "점검기 · probes, live events, commands",
    "keys": "서명 키 · keys of probes and what strangers sent",
    "log": "기록과 증명 · entries, receipts, the tree and its proofs",
    "relay": "서버 연계 · between a Pi's, a district's and the city's server",
    "page": "서버 상태 · health",
}
"""Of the document, in this order."""


def describe_application(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Make the document of `app`, which has these routers, whole."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        document = generate()
        components = document["components"]
        for name, schema in request_schemas().items():
            components["schemas"].setdefault(name, schema)
        for name, example in json.loads(EXAMPLES.read_text(encoding="utf-8")).items():
            components["schemas"][name]["example"] = example
        document["info"]["description"] = HEAD
        document["tags"] = [{"name": name, "description": told} for name, told in TAGS.items()]
        components["securitySchemes"] = SECURITY_SCHEMES
        for route in api_routes(routers):
            for method in route.methods or ():
                operation = document["paths"].get(route.path_format, {}).get(method.lower())
                if operation is not None:
                    first, *more = operation.pop("description").split("\n\n", 1)
                    operation["summary"] = first.replace("\n", " ")
                    if more:
                        operation["description"] = more[0]
                    operation["security"] = _security(route, method)
                    access = declared_access(route)
                    if access is not None:
                        operation["x-access"] = access.described()
                    if asks_fresh_login(set(_calls(route.dependant))):
                        operation["x-fresh-login"] = True
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the documented way to extend the document


def api_routes(routers: Sequence[APIRouter]) -> Iterator[APIRoute]:
    """The routes that the document describes."""
    for router in routers:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                yield route


def declared_access(route: APIRoute) -> Access | None:
    """Who may call a route and how far it reaches; None when it declares nothing, or more than once."""
    return access_of(set(_calls(route.dependant)))


def _security(route: APIRoute, method: str) -> list[dict[str, list[str]]]:
    calls = set(_calls(route.dependant))
    if signed_request in calls or signed_server in calls:
        return [{"probe": []}]
    if needed_session in calls:
        return [{"session": []} if method in {"GET", "HEAD"} else {"session": [], "csrf": []}]
    return []


def _calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from _calls(inner)

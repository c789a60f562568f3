"""What the OpenAPI document says beyond what FastAPI finds by itself: request records, and how one proves who one is.

All of it is read off the routes: a record from `requests.REQUESTS`, the security of a route and its roles and scope
(`x-access`, `x-fresh-login`) from the dependencies of access.py that it has.  So a route cannot ask for a session and
not say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

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


def describe_application(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Make the document of `app`, which has these routers, whole."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        components = document["components"]
        for name, schema in request_schemas().items():
            components["schemas"].setdefault(name, schema)
        components["securitySchemes"] = SECURITY_SCHEMES
        for route in api_routes(routers):
            for method in route.methods or ():
                operation = document["paths"].get(route.path_format, {}).get(method.lower())
                if operation is not None:
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

"""Whatever a client sends, an answer is never a server error and a refusal always has the one shape."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from server.interface.fields import Role
from server.interface.views.answer import ErrorView
from tests.server.conftest import SECOND_IN_SOAK, Site
from tests.server.sweep_kit import Probe

STREAMS = "/api/live"
ODD_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


ROLES: tuple[Role | None, ...] = (None, *get_args(Role))
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
CASES_IN_ALL = 10_000  # of the long run, as all roles together


_STRATEGIES: dict[GenerationMode, list[st.SearchStrategy[schemathesis.Case[Any]]]] = {}
"""Worked out once: the description is the same at every site."""


def _cases(url: str, mode: GenerationMode) -> list[st.SearchStrategy[schemathesis.Case[Any]]]:
    """For each route that takes any input what to send to it, by the description that a site gives."""
    if mode not in _STRATEGIES:
        schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json")
        operations = []
        for result in schema.get_all_operations():
            assert isinstance(result, Ok)
            operation = result.ok()
            has_input = bool(operation.body or operation.path_parameters or operation.query)
            if operation.path not in {STREAMS, "/api/logout"} and has_input:
                operations.append(operation)
        _STRATEGIES[mode] = [operation.as_strategy(generation_mode=mode) for operation in operations]
    return _STRATEGIES[mode]


def _answer_every_route(site: Site, role: Role | None, mode: GenerationMode, cases: int) -> int:
    """Send so many cases to each route by its own description as this role; returns how many were sent."""
    headers: dict[str, str] = {}
    if role is not None:
        client = site.login(role)
        cookie = f"ansim_session={client.http.cookies['ansim_session']}"
        headers = {"Cookie": cookie, "X-CSRF-Token": client.csrf}
    sent = 0
    for strategy in _cases(site.url, mode):

        @given(case=strategy)
        @settings(
            max_examples=cases,
            phases=[Phase.generate],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def answer(case: schemathesis.Case[Any]) -> None:
            nonlocal sent
            answered = case.call(base_url=site.url, headers=headers, timeout=30)
            assert answered.status_code < 500, answered.text
            if answered.status_code >= 400:
                ErrorView.model_validate_json(answered.content)
            sent += 1

        answer()
    return sent


@SECOND_IN_SOAK
@pytest.mark.parametrize("mode", MODES)
def test_every_route_by_its_own_description(site: Site, mode: GenerationMode) -> None:
    assert _answer_every_route(site, "admin", mode, cases=3) >= 15 * 3


@SECOND_IN_SOAK
def test_every_route_without_a_login(site: Site) -> None:
    assert sum(_answer_every_route(site, None, mode, cases=1) for mode in MODES) >= 15 * 2


@pytest.mark.soak
@pytest.mark.parametrize("role", ROLES)
def test_every_route_as_each_role_at_length(site: Site, role: Role | None) -> None:
    """On each of the two databases; together with the other roles `CASES_IN_ALL` cases."""
    sent = 0
    while sent < CASES_IN_ALL // len(ROLES):
        for mode in MODES:
            sent += _answer_every_route(site, role, mode, cases=5)
    print(f"{role}: {sent} cases, none answered 5xx")


@SECOND_IN_SOAK
def test_odd_json_at_every_door(site: Site) -> None:
    client = site.login("admin")
    doors = {
        "POST": ("/api/entries", "/api/login", "/api/facilities", "/api/probes/p/commands", "/api/probes/p/live"),
        "PUT": ("/api/rooms/01920000-0000-7000-8000-00000000a001/plan",),
    }
    wire = json.loads(Probe().entry("sweep.note")[1])

    @given(odd=ODD_JSON, place=st.sampled_from(["all", "dsse", "bodies", "payload", "keyid"]))
    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def send(odd: object, place: str) -> None:
        changed = json.loads(json.dumps(wire))
        match place:
            case "dsse" | "bodies":
                changed[place] = odd
            case "payload":
                changed["dsse"]["payload"] = odd
            case "keyid":
                changed["dsse"]["signatures"][0]["keyid"] = odd
            case _:
                changed = odd
        for method, paths in doors.items():
            for path in paths:
                answer = client.http.request(
                    method,
                    path,
                    content=json.dumps(changed).encode(),
                    headers={"X-CSRF-Token": client.csrf, "Content-Type": "application/json"},
                )
                assert 400 <= answer.status_code < 500, (path, answer.text)
                ErrorView.model_validate_json(answer.content)

    send()

"""Probes of the next release: what they add is kept as signed, shown as far as known, and said; what changed is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from server.interface.live_requests import NEWER_PROBE, read_batch
from server.projections import projecting
from server.store.schema import alarms, entries
from server.store.stored_bodies import bodies_of
from sweep.entry import kinds
from sweep.report import ContractError, SweepReport, new_id, parse_json, to_json
from sweep.report.newer import NewerFormatError, parse_newer
from tests.entry_factory import salted, signer
from tests.report_factory import make_report_v2
from tests.server.conftest import SECOND_IN_SOAK, Site
from tests.server.live_kit import PROBE, Page, guidance, signed, state
from tests.server.log_kit import verified
from tests.server.sweep_kit import Probe

SAID = "Made by a newer probe: {} of its fields not shown"
LATER: dict[str, Any] = json.loads(to_json(make_report_v2())) | {"v": 3, "air_quality": {"co2_ppm": 700}}
FIRST = LATER["observations"][0]


def _bytes(document: object) -> bytes:
    return json.dumps(document).encode()


def _added() -> dict[str, Any]:
    """A report with a new field, one in every observation, and an observation of a kind that nobody knows here."""
    known = [one | {"polarised": 0.5} for one in LATER["observations"]]
    heat = {"modality": "heat", "observation_id": str(new_id()), "position_id": FIRST["position_id"]}
    return LATER | {"observations": [heat, *known, heat]}


def test_what_a_later_format_adds_is_left_out_and_counted() -> None:
    known, left_out = parse_newer(SweepReport, _bytes(_added()))
    assert known == make_report_v2()
    assert left_out == 3, "the field of the report, that of observations, and observations of another kind"
    assert parse_newer(SweepReport, to_json(known)) == (known, 0)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"v": 2}, ContractError),
        ({"v": 1}, ContractError),
        ({"v": 1_001}, ContractError),
        ({"v": True}, ContractError),
        ({"v": "3"}, ContractError),
        ({"outcome": "moved"}, NewerFormatError),
        ({"plan": None}, NewerFormatError),
        ({"findings": [{"modality": "heat"}]}, NewerFormatError),
        ({"observations": []}, NewerFormatError),
    ],
)
def test_a_known_format_with_unknown_fields_and_a_changed_one_are_refused(
    changes: dict[str, Any], refusal: type[ContractError]
) -> None:
    with pytest.raises(ContractError) as refused:
        parse_newer(SweepReport, _bytes(LATER | changes))
    assert type(refused.value) is refusal
    assert ("update the server first" in str(refused.value)) == (refusal is NewerFormatError)


@pytest.mark.parametrize("wrong", ['"a": 1, "a": 2', '"a": NaN', '"a": ' + "[" * 100 + "]" * 100])
def test_a_later_format_is_held_to_the_same_bounds(wrong: str) -> None:
    with pytest.raises(ContractError):
        parse_newer(SweepReport, b"{" + wrong.encode() + b"," + _bytes(LATER)[1:])


def _send(site: Site, probe: Probe, changes: dict[str, Any], media_type: str = kinds.REPORT_TYPE) -> tuple[Any, bytes]:
    """A sweep with a report that is changed so: what its page shows, and the bytes of the report."""
    sweep_id = new_id()
    body = _bytes(json.loads(to_json(probe.made_up(sweep_id))) | changes)
    for wire in (probe.opened(sweep_id), probe.entry(kinds.REPORT, (salted(media_type, body),), sweep_id=sweep_id)[1]):
        assert site.send(wire).status_code == 200, "an outbox never wedges"
    return site.login("inspector").get(f"/api/sweeps/{sweep_id}").json(), body


@SECOND_IN_SOAK
def test_a_report_of_a_newer_probe_is_kept_shown_and_marked(site: Site) -> None:
    probe = Probe()
    site.admit(probe.signer)
    page, body = _send(site, probe, {"v": 3, "air_quality": 7})
    limit = page["report"]["limits"][0]
    assert (limit["code"], limit["text"]["en"]) == (NEWER_PROBE, SAID.format(1))
    assert limit["text"]["ko"] == "더 새로운 버전의 점검기가 만들었습니다: 항목 1개는 표시하지 않음"
    assert [row["is_readable"] for row in page["entries"]] == [True, True]
    for changes, media_type, code in (
        ({"v": 2, "air_quality": 7}, kinds.REPORT_TYPE, "unreadable_body"),
        ({"v": 3, "findings": None}, kinds.REPORT_TYPE, "newer_body"),
        ({}, kinds.REPORT_TYPE.replace(".v1+", ".v2+"), "newer_body"),
    ):
        refused, _ = _send(site, probe, changes, media_type)
        assert (refused["report"], refused["entries"][1]["reason"]) == (None, code)
    with site.db.write() as connection:
        index = page["entries"][1]["log_index"]
        assert [one.data for one in bodies_of(connection, index)] == [body]
        assert verified(connection).problems == []
        codes = connection.scalars(select(alarms.c.code).order_by(alarms.c.log_index)).all()
        sweep_id = page["summary"]["sweep_id"]
        mark = {"is_readable": False, "reason": "newer_body"}  # as an older release left it
        connection.execute(update(entries).where(entries.c.log_index == index).values(mark))
    assert codes == ["unreadable_body", "newer_body", "newer_body"]
    projecting.rebuild(site.db)
    again = site.login("inspector").get(f"/api/sweeps/{sweep_id}").json()
    assert [row["is_readable"] for row in again["entries"]] == [True, True]


def _later(*messages: Any, **changes: object) -> list[dict[str, Any]]:
    return [json.loads(to_json(message)) | {"v": 2} | changes for message in messages]


def test_live_messages_of_a_newer_probe_are_shown_and_said(site: Site) -> None:
    site.admit(signer("probe"))
    page, sweep_id = Page(site.login("viewer")), new_id()

    def post(messages: list[dict[str, Any]]) -> Any:
        return signed(site, "POST", f"/api/probes/{PROBE}/live", _bytes(messages)).json()

    first = _later(state(0, "running", sweep_id), guidance(1, "slower", sweep_id), mood="calm", colour=3)
    assert post(first) == {"accepted": 3}
    assert post(first) == {"accepted": 0}, "sent again"
    second = _later(guidance(2, "closer", sweep_id), mood="calm")
    assert post(second) == {"accepted": 1}, "pages know of more than that"
    unknown = _later(guidance(3, "x", sweep_id), event={"type": "smell", "strength": 3})
    assert post([*unknown, *_later(guidance(4, "still", sweep_id))]) == {"accepted": 1}
    page.wait_for("guidance", lambda data: data["seq"] == 4)
    assert [data["seq"] for data in page.of("guidance")] == [1, 2, 4]
    (notice,) = page.of("notice")
    assert (notice["event"]["text"]["en"], notice["event"]["code"]) == (SAID.format(2), NEWER_PROBE)
    assert site.services.hub.channel(PROBE).missed == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mood": "calm"}, "mood"),
        ({"v": 2, "sent": "yesterday"}, "update the server first"),
        ({"v": 2, "event": None}, "update the server first"),
        ({"event": {"type": "smell"}}, "must be one of"),
    ],
)
def test_a_live_message_of_this_format_with_more_and_a_changed_one_are_refused(
    changes: dict[str, Any], said: str
) -> None:
    message = json.loads(to_json(guidance(1, "x"))) | changes
    for body in (_bytes(message), _bytes([message])):
        with pytest.raises(ContractError) as refused:
            read_batch(body)
        assert said in str(refused.value) or body.startswith(b"[") or "LiveMessage" in str(refused.value)


def test_the_strict_reading_of_a_report_is_as_it_was() -> None:
    with pytest.raises(ContractError):
        parse_json(SweepReport, _bytes(LATER))

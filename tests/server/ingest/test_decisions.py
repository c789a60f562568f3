"""A person's decision: once for each id, in the person's own name, with the time by the phone's clock beside ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from sweep.report import Disposition, new_id, parse_json, utc_now
from tests.report_factory import make_report
from tests.server.conftest import Client, Site
from tests.server.log_kit import sent_indices
from tests.server.sweep_kit import Probe

FINDING_ID = make_report().findings[0].finding_id
PATH = f"/api/findings/{FINDING_ID}/disposition"


@pytest.fixture
def sweep_id(site: Site) -> UUID:
    """A sweep with one finding."""
    probe = Probe()
    site.admit(probe.signer)
    sweep_id, opened, report = probe.whole_sweep()
    for wire in (opened, report):
        site.send(wire)
    return sweep_id


def _wanted(sweep_id: UUID, *, waited: timedelta = timedelta(hours=3), **changes: object) -> dict[str, Any]:
    sent = utc_now()
    claimed = {"decided": (sent - waited).isoformat(), "sent": sent.isoformat()}
    return {
        "sweep_id": str(sweep_id),
        "verdict": "cannot_exclude",
        "note": None,
        "decision_id": str(new_id()),
        "claimed": claimed,
    } | changes


def _dispositions(client: Client, sweep_id: UUID) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/sweeps/{sweep_id}").json()["dispositions"]
    return found


def test_a_decision_sent_again_is_one_decision_whoever_sends_it(site: Site, sweep_id: UUID) -> None:
    author, other = site.login("inspector", "점검자-01"), site.login("admin", "감독자-01")
    wanted = _wanted(sweep_id)
    first = author.post(PATH, wanted)
    assert (first.status_code, first.json()["entry_id"]) == (201, wanted["decision_id"])
    again = wanted | {"claimed": wanted["claimed"] | {"sent": (utc_now() + timedelta(minutes=9)).isoformat()}}
    for client in (author, other):
        answer = client.post(PATH, again)
        assert (answer.status_code, answer.json()) == (201, first.json())
    (made,) = _dispositions(author, sweep_id)
    assert made["subject"] == "점검자-01"


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "no_camera"},
        {"note": {"ko": "나사", "en": "A screw"}},
        {"claimed": None},
        {"claimed": {"decided": "2026-11-25T01:00:00Z", "sent": "2026-11-25T01:00:01Z"}},
    ],
)
def test_other_content_under_a_known_id_is_refused(site: Site, sweep_id: UUID, changes: dict[str, Any]) -> None:
    author = site.login("inspector")
    wanted = _wanted(sweep_id)
    assert author.post(PATH, wanted).status_code == 201
    answer = author.post(PATH, wanted | changes)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "decision_known")
    assert len(_dispositions(author, sweep_id)) == 1


@pytest.mark.parametrize(("text", "code"), [("ｃｌｉｐｓ。tv", "no_links"), ("몰카", "hurtful_word")])
def test_words_that_lead_elsewhere_or_hurt_are_refused(site: Site, sweep_id: UUID, text: str, code: str) -> None:
    author = site.login("inspector")
    answer = author.post(PATH, _wanted(sweep_id, note={"ko": text, "en": text}))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert _dispositions(author, sweep_id) == []


def test_the_id_of_another_kind_of_entry_is_refused(site: Site, sweep_id: UUID) -> None:
    author = site.login("inspector")
    opened = author.get("/api/entries", after=sent_indices(site.db)[0] - 1).json()["entries"][0]
    assert opened["kind"] == "sweep.opened"
    answer = author.post(PATH, _wanted(sweep_id, decision_id=opened["entry_id"]))
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "decision_known")
    assert _dispositions(author, sweep_id) == []


def test_the_entry_holds_both_times(site: Site, sweep_id: UUID) -> None:
    author = site.login("inspector")
    phone_now = utc_now() - timedelta(minutes=5)  # a phone that is five minutes slow
    claimed = {"decided": (phone_now - timedelta(hours=2)).isoformat(), "sent": phone_now.isoformat()}
    assert author.post(PATH, _wanted(sweep_id, claimed=claimed)).status_code == 201
    (made,) = _dispositions(author, sweep_id)
    assert datetime.fromisoformat(made["claimed"]["utc"]) == phone_now - timedelta(hours=2)
    assert 300_000 <= made["claimed"]["behind_ms"] < 330_000
    assert abs(datetime.fromisoformat(made["decided"]) - utc_now()) < timedelta(seconds=30)


def test_another_persons_doubt_stands_whoever_decided_first_or_sent_last(site: Site, sweep_id: UUID) -> None:
    online, offline = site.login("inspector", "점검자-01"), site.login("inspector", "점검자-02")
    assert online.post(PATH, _wanted(sweep_id, waited=timedelta(0), verdict="cannot_exclude")).status_code == 201
    assert offline.post(PATH, _wanted(sweep_id, verdict="no_camera")).status_code == 201
    assert online.get(f"/api/sweeps/{sweep_id}").json()["summary"]["persons"] == "suspected"


def test_of_one_person_the_word_that_was_decided_last_counts_however_late_the_other_was_sent(
    site: Site, sweep_id: UUID
) -> None:
    one = site.login("inspector")
    assert one.post(PATH, _wanted(sweep_id, waited=timedelta(0), verdict="no_camera")).status_code == 201
    assert one.post(PATH, _wanted(sweep_id, verdict="cannot_exclude")).status_code == 201
    assert [one["state"] for one in one.get(f"/api/sweeps/{sweep_id}").json()["findings"]] == ["no_camera"]


@pytest.mark.parametrize(
    ("waited", "code"),
    [(timedelta(seconds=-1), "decided_in_the_future"), (timedelta(days=31), "decided_too_long_ago")],
)
def test_times_that_cannot_be_are_refused(site: Site, sweep_id: UUID, waited: timedelta, code: str) -> None:
    answer = site.login("inspector").post(PATH, _wanted(sweep_id, waited=waited))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


@pytest.mark.parametrize("year", [1, 1970, 2099, 9999])
def test_a_phone_in_another_year_is_recorded_and_moves_nothing(site: Site, sweep_id: UUID, year: int) -> None:
    author = site.login("inspector")
    there = datetime(year, 6, 1, tzinfo=UTC).isoformat()
    assert author.post(PATH, _wanted(sweep_id, claimed={"decided": there, "sent": there})).status_code == 201
    assert author.post(PATH, _wanted(sweep_id, waited=timedelta(0), verdict="no_camera")).status_code == 201
    assert [one["state"] for one in author.get(f"/api/sweeps/{sweep_id}").json()["findings"]] == ["no_camera"]
    assert _dispositions(author, sweep_id)[0]["claimed"]["utc"].startswith(f"{year:04d}-06-01")


@pytest.mark.parametrize("decision_id", [str(uuid4()), "no id", 7], ids=["v4", "words", "number"])
def test_ids_that_a_page_does_not_make_are_refused(site: Site, sweep_id: UUID, decision_id: object) -> None:
    assert site.login("inspector").post(PATH, _wanted(sweep_id, decision_id=decision_id)).status_code == 400


def test_a_request_that_names_its_person_is_refused_in_anothers_session(site: Site, sweep_id: UUID) -> None:
    site.add_user("who-decided", "inspector", "점검자-01")
    supervisor, reader = site.login("admin", "감독자-01"), site.login("viewer")
    own = supervisor.get("/api/me").json()["user"]["username"]

    def send(person: str) -> httpx.Response:  # a refusal may close its connection, so each request has its own
        headers = {"X-CSRF-Token": supervisor.csrf, "X-Ansim-Person": person}
        cookies = dict(supervisor.http.cookies)
        return httpx.post(site.url + PATH, json=_wanted(sweep_id), headers=headers, cookies=cookies, timeout=30)

    answer = send("who-decided")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "another_person")
    assert _dispositions(reader, sweep_id) == []
    assert send(own).status_code == 201


def test_dispositions_written_before_stay_readable() -> None:
    old = (
        b'{"v":1,"finding_id":"018f0000-0000-7000-8000-0000000002f2","sweep_id":"018f0000-0000-7000-8000-0000000000c1",'
        b'"verdict":"no_camera","note":null,'
        b'"decided":{"utc":"2026-03-02T06:20:00Z","synchronised":true,"max_error_ms":50}}'
    )
    assert parse_json(Disposition, old).claimed is None

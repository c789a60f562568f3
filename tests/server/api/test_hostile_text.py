"""Names from the air that want to be markup, terminal codes or formulas: harmless wherever the server shows them."""

from __future__ import annotations

import csv
import io

import httpx

from server.interface.views.sweeps import SweepDetail
from sweep.report import FindingDetails, has_unsafe_character
from tests.report_factory import make_report
from tests.server.conftest import Site
from tests.server.live_kit import PROBE, guidance, signed
from tests.server.sweep_kit import Probe

SSID = b"<img src=x onerror=alert(1)>"
BLE_NAME = "cam\u202egnp.exe\x1b[31m\x07\u2066x".encode()
DEVICE = b'=HYPERLINK("x")'
DETAILS = FindingDetails(
    finding_id=make_report().findings[0].finding_id,
    addresses=("02:00:00:00:00:01",),
    ssids=(SSID.hex(), b"\xff\xfe\x00line\r\nevent: entry".hex()),
    names=(BLE_NAME.hex(), DEVICE.hex()),
)


def _sent(site: Site) -> str:
    probe = Probe()
    site.admit(probe.signer)
    sweep_id, opened, report = probe.whole_sweep(DETAILS)
    for wire in (opened, report):
        assert site.send(wire).status_code == 200
    return str(sweep_id)


def test_inspectors_see_one_harmless_line_each(site: Site) -> None:
    sweep_id = _sent(site)
    answer = site.login("inspector").get(f"/api/sweeps/{sweep_id}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    (details,) = SweepDetail.model_validate_json(answer.content).details
    assert details.ssids == ("<img src=x onerror=alert(1)>", "\\xff\\xfe\\x00line\\x0d\\x0aevent: entry")
    assert details.names == ("cam\\u202egnp.exe\\x1b[31m\\x07\\u2066x", '=HYPERLINK("x")')
    assert details.addresses == ("02:00:00:00:00:01",)
    assert not any(has_unsafe_character(text) for text in (*details.ssids, *details.names))


def test_viewers_and_exports_get_no_names_and_no_addresses(site: Site) -> None:
    sweep_id = _sent(site)
    viewer, inspector = site.login("viewer"), site.login("inspector")
    shown = viewer.get(f"/api/sweeps/{sweep_id}").text
    table = inspector.get("/api/exports/inspection-log", format="csv", reason="check", **{"from": "2026-03-01"})
    assert table.status_code == 200, table.text
    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert len(rows) == 2
    log = viewer.get("/api/entries").text
    for text in (shown, table.text, log):
        for secret in ("onerror", "HYPERLINK", "02:00:00:00:00:01", "gnp.exe"):
            assert secret not in text
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_the_event_stream_cannot_be_split(site: Site) -> None:
    site.admit(Probe().signer)
    path = f"/api/probes/{PROBE}/live"
    markup = guidance(0, "<img src=x onerror=alert(1)>").model_dump_json()
    assert signed(site, "POST", path, markup.encode()).status_code == 200
    for control in ("\\n\\nevent: entry\\ndata: {}", "\\u001b[31m", "\\u202e", "\\u2028", "\\u0000"):
        body = markup.replace("<img", control + "<img").encode()
        answer = signed(site, "POST", path, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")
    with site.login("viewer").http.stream("GET", "/api/live", params={"probe_id": PROBE}) as stream:
        lines = stream.iter_lines()
        first = [next(lines) for _ in range(5)]
    assert first[2] == "event: guidance"
    assert first[3].startswith('data: {"v":1,')
    assert first[4] == ""


def test_refusals_repeat_hostile_input_on_one_line_only(site: Site) -> None:
    client = site.login("inspector")
    for path in ("/api/rooms/%1b%5b31m%0a", "/api/exports/inspection-log?reason=%e2%80%ae&format=%0d%0aX", "/api/%0a"):
        answer = client.get(path)
        assert answer.status_code in {400, 404, 422}
        message = answer.json()["error"]["message"]
        assert not any(has_unsafe_character(text) for text in message.values())
    answer = httpx.get(f"{site.url}/api/live", headers={"Cookie": "ansim_session=\x7f"})
    assert answer.status_code == 401

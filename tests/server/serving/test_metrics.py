"""Metrics on a listener of their own: what they tell, and that they tell of nobody and of no place."""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from server.config.settings import Settings, SettingsError
from server.serving.metrics import metrics_listener
from server.store.schema import due_sweeps
from sweep.report import new_id
from tests.server.conftest import PASSWORD, Site, running
from tests.server.sweep_kit import Probe


def _values(text: str) -> dict[str, float]:
    lines = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_metrics_count_answers_and_what_waits_without_naming_anything(tmp_path: Path) -> None:
    port = _free_port()
    with running(Settings(data_dir=tmp_path, port=0, metrics_port=port)) as site:
        probe, sweep_id = Probe(), new_id()
        site.admit(probe.signer)
        assert site.send(probe.opened(sweep_id)).status_code == 200
        person = site.login("inspector", "점검자-01")
        assert person.get(f"/api/sweeps/{sweep_id}").status_code == 200
        with site.db.write() as connection:
            connection.execute(due_sweeps.insert().values(sweep_id=new_id(), log_index=10**9))
        stranger = site.anonymous().http
        for path in ("/api/nowhere", f"/api/sweeps/{new_id()}/x"):
            assert stranger.get(path).status_code == 404
        stranger.request("BREW", "/api/health")
        assert "ansim_" not in stranger.get("/metrics").text, "the listener alone has them"
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        second = replace(site.services, settings=site.services.settings.model_copy(update={"metrics_port": port}))
        with pytest.raises(SettingsError, match="cannot serve metrics"), metrics_listener(second):
            pass
    values = _values(text)
    assert values['ansim_requests_total{method="GET",route="/api/sweeps/{sweep_id}",status="200"}'] == 1
    assert values["ansim_database_up"] == 1
    assert values["ansim_due_sweeps"] >= 1
    assert values["ansim_log_entries"] >= 1
    assert values["ansim_unwitnessed_entries"] == values["ansim_log_entries"]
    assert values['ansim_overdue_bodies{sort="crops"}'] == 0
    assert values["ansim_disk_free_bytes"] > 0
    assert values['ansim_upkeep_removed_total{job="quarantine"}'] == 0
    assert 'method="other"' in text
    assert "BREW" not in text
    assert not re.search(
        rf"{sweep_id}|[0-9a-f]{{8}}-[0-9a-f]{{4}}-7|점검자|probe-demo|127\.0\.0|nowhere|{PASSWORD}", text
    )


def test_no_listener_without_a_port(site: Site) -> None:
    with metrics_listener(site.services) as port:
        assert port is None

"""Alert rules and board: each rule comes and stays away when it has to, and both name only what the server tells."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from ipaddress import IPv4Network
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert, select

from server.config.settings import Settings
from server.interface.views.answer import HealthParts
from server.serving.certificates import make_authority, make_page
from server.store.clock import now_ms
from server.store.db import Database
from server.store.schema import entries, relayed, sendings, users
from sweep.report import new_id
from tests.server.conftest import running
from tests.server.killed_server import free_port
from tests.server.sweep_kit import Probe

WATCHING = Path(__file__).parents[3] / "server" / "serving" / "watching"
ALERTS, BOARD = WATCHING / "alerts.yml", WATCHING / "board.json"
TESTS = Path(__file__).parent / "alerts_test.yml"
OF_PROMETHEUS = {"up"}


def _promtool(folder: Path, *arguments: str) -> None:
    if shutil.which("promtool") is None:
        pytest.fail("no promtool: make setup-test")
    done = subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _alerts() -> dict[str, dict[str, str]]:
    """What each rule says, by its name."""
    rules = ALERTS.read_text(encoding="utf-8").split("- alert: ")[1:]
    return {rule.split()[0]: dict(re.findall(r"^ +(\w+): (.+)$", rule, re.MULTILINE)) for rule in rules}


def test_every_alert_comes_and_stays_away(tmp_path: Path) -> None:
    for file in (ALERTS, TESTS):
        shutil.copy(file, tmp_path)
    _promtool(tmp_path, "check", "rules", "--lint=all", "--lint-fatal", ALERTS.name)
    _promtool(tmp_path, "test", "rules", TESTS.name)
    tests = TESTS.read_text(encoding="utf-8").split("  - name: ")[1:]
    tried = {(one.split()[0], "exp_labels" in one) for one in tests}
    assert tried == {(name, comes) for name in _alerts() for comes in (True, False)}
    for name, rule in _alerts().items():
        assert re.fullmatch(r"\{severity: (page|mail)\}", rule["labels"]), name
        assert re.fullmatch(r'\{ko: "[^"]*[가-힣][^"]*", en: "[^"]+"\}', rule["annotations"]), name


def _queries() -> dict[str, str]:
    """What is asked of Prometheus, by where."""
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    asked = {f"board: {panel['title']}": one["expr"] for panel in board["panels"] for one in panel["targets"]}
    return {name: rule["expr"] for name, rule in _alerts().items()} | asked


def _series(expression: str) -> list[tuple[str, dict[str, str]]]:
    """(metric, what its labels have to be) that an expression names."""
    found = []
    for name, _, labels in re.findall(r"\b(ansim_\w+|process_\w+|up)\b(\{([^}]*)\})?", expression):
        found.append((name, dict(re.findall(r'(\w+)="([^"]*)"', labels))))
    return found


def test_every_metric_that_is_named_is_told_by_a_server(tmp_path: Path) -> None:
    """By one that has something to tell of: a relay that waits, a message, a certificate, a put-off list, a fault."""
    authority = make_authority("한빛구", "ansim.internal", IPv4Network("10.77.0.0/16"), datetime.now(UTC))
    certificate, key = tmp_path / "page.crt", tmp_path / "page.key"
    make_page(authority, ["probe-07.ansim.internal"], datetime.now(UTC)).write(certificate, key)
    tls = {"tls_port": free_port(), "tls_certificate": certificate, "tls_key": key}
    settings = Settings.model_validate({"data_dir": tmp_path, "port": 0, "metrics_port": free_port()} | tls)
    with running(settings) as site:
        probe = Probe()
        site.admit(probe.signer)
        assert site.send(probe.opened(new_id())).status_code == 200
        site.add_user("kim", "inspector", "점검자-01")
        _something_waits(site.db)
        text = httpx.get(f"http://127.0.0.1:{settings.metrics_port}/metrics", timeout=30).text
    told = [(name, dict(re.findall(r'(\w+)="([^"]*)"', labels))) for name, _, labels in _LINE.findall(text)]
    told += [(name, {}) for name in re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE)]  # also of none so far
    queries = _queries()
    assert len(queries) > 20
    for where, expression in queries.items():
        named = _series(expression)
        assert named, where
        for name, labels in named:
            wanted = {label: value for label, value in labels.items() if label not in {"job", "status"}}
            if (name, wanted.get("of")) in WITH_A_WITNESS:
                continue
            assert name in OF_PROMETHEUS or any(
                name == metric and wanted.items() <= values.items() for metric, values in told
            ), f"{where}: {name} {wanted}"


def test_rules_name_parts_of_health_and_leave_out_load_alone() -> None:
    """Every rank that is put off has a rule of its own."""
    left_out, refused = (set(names.split("|")) for names in re.findall(r'part[!=]~"([^"]+)"', ALERTS.read_text()))
    assert left_out | refused <= set(HealthParts.model_fields)
    assert left_out - refused == {"load"}


def _something_waits(db: Database) -> None:
    """An entry on its way to a city, and a message to somebody."""
    with db.write() as connection:
        log_index = connection.scalars(select(entries.c.log_index)).first()
        connection.execute(insert(relayed).values(log_index=log_index, state="due"))
        later = {"due_ms": now_ms() + 60_000, "expires_ms": now_ms() + 120_000, "attempts": 0, "lease_ms": 0}
        user_id = connection.scalars(select(users.c.user_id)).first()
        connection.execute(insert(sendings).values(sending_id=new_id(), user_id=user_id, way="mail", **later))


_LINE = re.compile(r"^(\w+)(\{(.*)\})? \S+$", re.MULTILINE)
WITH_A_WITNESS = {("ansim_age_seconds", "log_witnessed"), ("ansim_age_seconds", "log_stamped")}
"""Told where there is one: tests/server/witness."""

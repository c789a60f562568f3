"""The bench kit films laboratories only: nothing cuts its camera's power, and no light shows it."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from sweep.cli import build_app
from sweep.cli.config import Config
from sweep.cli.live import refuse_kit

KIT = Config(carrier="kit", camera="pi")


def test_a_real_room_is_refused_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        refuse_kit(KIT, is_laboratory=False)
    assert ended.value.exit_code == 2
    said = capsys.readouterr().err
    assert "laboratories only" in said
    assert said.count("\n") == 1


def test_a_laboratory_and_a_kit_without_a_camera_are_not() -> None:
    refuse_kit(KIT, is_laboratory=True)
    refuse_kit(KIT.model_copy(update={"camera": None}), is_laboratory=False)
    refuse_kit(Config(carrier="B", camera="pi"), is_laboratory=False)


def test_an_agent_does_not_start_with_it(tmp_path: Path) -> None:
    """A phone starts sweeps of real rooms."""
    text = f'carrier = "kit"\ncamera = "pi"\nserver = "http://127.0.0.1:1"\nstate = "{tmp_path}"\n'
    (tmp_path / "kit.toml").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(build_app(("agent",)), ["agent", "--config", str(tmp_path / "kit.toml")])
    assert result.exit_code == 2
    assert "laboratories only" in result.stderr

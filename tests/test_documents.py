"""Documents tell the truth: every command, option and setting stands in its table, and the README's commands exist."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from sweep.cli import COMMANDS, build_app
from sweep.config import Config

ROOT = Path(__file__).parent.parent
PROBE = (ROOT / "sweep" / "README.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def rows() -> dict[str, str]:
    """Row of the command table by command."""
    found: dict[str, str] = {}
    for line in PROBE.splitlines():
        if line.startswith("| `"):
            for name in re.findall(r"`([a-z-]+)`", line.split("|")[1]):
                found.setdefault(name, line)  # a setting further down may have the name of a command
    return found


def test_every_command_and_option_of_the_probe_is_documented() -> None:
    group = typer.main.get_command(build_app())
    commands = getattr(group, "commands")  # noqa: B009  # typer's group type is not public
    table = rows()
    assert set(commands) == set(COMMANDS)
    for name, command in commands.items():
        assert name in table, f"{name} is missing in sweep/README.md"
        options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        documented = set(re.findall(r"`(--[a-z-]+)`", table[name]))
        assert documented == options - {"--help"}, name


def test_every_setting_is_documented() -> None:
    table = rows()
    for key in Config.model_fields:
        assert key in PROBE
        assert key in table or f"| `{key}` |" in PROBE


def test_the_readme_names_only_what_exists() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
    for picture in re.findall(r'src="([^"]+)"', README):
        assert (ROOT / picture).exists(), picture
    blocks = "\n".join(README.split("```")[1::2])
    named = re.findall(r"(?:^| {3})sweep ([a-z-]+)", blocks, flags=re.MULTILINE)
    assert set(named) >= {"replay", "simulate", "wifi", "ble"}
    assert set(named) <= set(COMMANDS)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"make ([a-z][a-z-]*)", README):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target

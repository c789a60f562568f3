"""One constant at a time moved in a copy of the sources, and what the copy then says of a city and of recorded sweeps.

Job: write a moved value where the source has the constant, so that defaults, derived constants and whoever imports it
follow; ask the copy in a process of its own. Input: a `Guess` and a factor; output: what `judged` answers. Refuses to
touch the checkout.
"""

from __future__ import annotations

import ast
import compileall
import contextlib
import json
import math
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np

from sweep.lab.guesses.found import CHECKOUT, UNIT, Guess

WEIGHTS: Final = "sweep/judge/weights.json"
THRESHOLDS: Final = "sweep/judge/thresholds.json"
LONGEST_S: Final = 300
"""After which a copy that does not answer is ended: a moved constant may loop."""


def moved(value: Any, factor: float, name: str) -> Any:
    """A value moved by a factor: dBm and log10 as a ratio, a share in its odds, a count to the nearest count."""
    match value:
        case int() if not isinstance(value, bool):
            return int(math.copysign(max(1, round(abs(value) * factor)), value)) if value else 0
        case float() if name.lower().endswith(("dbm", "log10")):
            return value + (10.0 if name.lower().endswith("dbm") else 1.0) * math.log10(factor)
        case float() if 0.0 < value < 1.0 and not UNIT.search(name.lower()):
            return value * factor / (1.0 - value + value * factor)
        case float() | timedelta():
            return value * factor
        case tuple() | list():
            return type(value)(moved(one, factor, name) for one in value)
        case Mapping():
            return {key: moved(one, factor, name) for key, one in value.items()}
        case np.ndarray():
            return np.array([moved(one, factor, name) for one in value.tolist()])
        case _:
            return value


def rewritten(text: str, guess: Guess, factor: float) -> str | None:
    """A source with one value moved; None where the declaration has none."""
    lines = text.splitlines(keepends=True)
    if guess.file.endswith(".toml"):
        value = repr(moved(float(guess.value), factor, guess.name))
        lines[guess.line - 1] = lines[guess.line - 1].replace(guess.value, value, 1)
        return "".join(lines)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.lineno == guess.line and node.value is not None:
            value = ast.get_source_segment(text, node.value) or ""
            call = f"__import__('{__name__}', fromlist=['moved']).moved(({value}), {factor}, {guess.name!r})"
            rest = "".join(lines[node.value.lineno - 1 :]).encode()
            start = node.value.col_offset
            after = rest[start + len(value.encode()) :]
            return "".join(lines[: node.value.lineno - 1]) + (rest[:start] + call.encode() + after).decode()
    return None


class Copy:
    """The sources in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(CHECKOUT / "sweep", folder / "sweep")
        if (CHECKOUT / "build").is_dir():  # what is compiled (`sweep.host.compiled`)
            (folder / "build").symlink_to(CHECKOUT / "build")
        compileall.compile_dir(folder / "sweep", quiet=1)  # the same for every process but for the one file
        self._folder = folder

    @contextlib.contextmanager
    def changed(self, changes: Mapping[str, str]) -> Iterator[None]:
        """These files with these texts; afterwards they, WEIGHTS and THRESHOLDS are as the checkout has them."""
        for file, text in changes.items():
            (self._folder / file).write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            for file in (*changes, WEIGHTS, THRESHOLDS):
                shutil.copy2(CHECKOUT / file, self._folder / file)

    def ask(self, **asked: Any) -> dict[str, Any]:
        """What `judged.judge_all` of the copy says; `error` where it cannot."""
        answer = self._folder / "answer.json"
        answer.unlink(missing_ok=True)
        child = os.fork()  # what is loaded of other projects need not be loaded again
        if child == 0:
            try:
                self._answer(answer, asked)
            finally:
                os._exit(1)
        os.waitpid(child, 0)
        told: dict[str, Any] = json.loads(answer.read_text("utf-8")) if answer.exists() else {"error": "no answer"}
        return told

    def _answer(self, answer: Path, asked: dict[str, Any]) -> None:
        signal.alarm(LONGEST_S)
        sys.dont_write_bytecode = True
        sys.path.insert(0, str(self._folder))
        for name in [name for name in sys.modules if name.partition(".")[0] == "sweep"]:
            del sys.modules[name]
        os.chdir(self._folder)
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        try:
            told = import_module("sweep.lab.guesses.judged").judge_all(**asked)
        except (
            ArithmeticError,
            AssertionError,
            AttributeError,
            LookupError,
            RuntimeError,
            TypeError,
            ValueError,
        ) as error:
            told = {"error": f"{type(error).__name__}: {error}"}
        answer.write_text(json.dumps(told), encoding="utf-8")

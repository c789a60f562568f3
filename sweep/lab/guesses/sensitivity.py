"""Which guess moves a verdict most: each constant of judgement doubled and halved, everything else as it is.

Job: for every guess that the city or a recorded sweep reads, and for what weights are counted by, count the rooms and
zones whose verdict becomes another. What is read is told by the functions that ran. What weights are counted by moves
the weights and no room; where `locate` is moved, the city's transmitters are placed anew by it. Input: counts, folders
of recorded sweeps; output: a line of JSON a constant and factor, appended, so that a run may end at any time.

    nice -n 19 python -m sweep.lab.guesses.sensitivity OUT.jsonl [--rooms 2000] [--per-kind 100] [--recorded DIR...]
    python -m sweep.lab.guesses.sensitivity OUT.jsonl --table
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sweep.lab.city.figures import share
from sweep.lab.guesses.found import CHECKOUT, Guess, find_guesses
from sweep.lab.guesses.judged import PRIOR
from sweep.lab.guesses.moving import Copy, rewritten

JUDGEMENT: Final = ("sweep/judge", "sweep/modality", "sweep/lens", "sweep/wifi", "sweep/ble", "sweep/rf", "sweep/run")
RUNNING: Final = "sweep/run"
"""Moves how long a sweep takes; a recording has its times."""
WEIGHING: Final = "sweep/lab/weights/"
PLACING: Final = "sweep/judge/locate.py"
PLACED: Final = 100
"""Transmitters inside each kind of room that a moved `locate` places."""
FACTORS: Final = (2.0, 0.5)
ASSUMED: Final = (
    PRIOR,
    "wifi_streaming", "analog_5800", "neighbour_uplinks", "phone_uplinks", "other_uploads", "sees_light", "carrier",
    "video_senders", "exponent", "shadowing_db", "wall_db", "views", "clutter.screw", "clutter.chrome_cyl",
    "clutter.chrome_sphere", "clutter.bright_dot", "clutter.dark_hole", "clutter.button",
)  # fmt: skip
"""The prior, shares of two kinds of hidden cameras, and what of the first world weights are counted by."""
LOADED: Final = (
    "sweep.run.runner",
    "sweep.cli.sweeps",
    "sweep.lab.commands.city",
    "sweep.lab.city.light",
    "sweep.run.modalities",
)
"""What loads everything of other projects."""
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to move."""

    name: str
    where: str
    guess: Guess | None
    """None: `name` is of ASSUMED."""
    in_city: bool
    in_recorded: bool


def cases_of(copy: Copy, recorded: Sequence[str]) -> Iterator[Case]:
    """What is moved: first what the city reads."""
    read = {}
    for what, rooms, folders in (("city", 200, ()), ("recorded", 0, recorded)):
        with tempfile.NamedTemporaryFile("r", suffix=".trace") as trace:
            ask(copy, rooms=rooms, per_kind=20, recorded=folders, trace=trace.name)
            read[what] = names_read({tuple(line.rstrip("\n").split("\t")) for line in trace})
    made = []
    for guess in find_guesses():
        if not any(letter.isdigit() for letter in guess.value):
            continue
        names = {name.strip(" *") for name in guess.name.replace(".", ",").split(",")}
        weighs = guess.file.startswith(WEIGHING)
        if weighs or guess.room.startswith(JUDGEMENT):
            in_city = weighs or guess.file == PLACING or (guess.file.endswith(".py") and bool(names & read["city"]))
            in_recorded = (weighs or bool(names & read["recorded"])) and guess.room != RUNNING
            if in_city or in_recorded:
                made.append(Case(guess.name, f"{guess.file}:{guess.line}", guess, in_city, in_recorded))
    for name in ASSUMED:
        where = "sweep/judge/thresholds.json" if name == PRIOR else "sweep/lab/city/rooms.py"
        yield Case(name, where, None, in_city=True, in_recorded=True)
    yield from sorted(made, key=lambda case: (not case.in_city, case.where == PLACING, case.where))


def names_read(ran: set[tuple[str, ...]]) -> set[str]:
    """Names in functions that ran, and those that constants of such names follow from."""
    functions: dict[str, set[str]] = {}
    for file, function in ran:
        functions.setdefault(file, set()).add(function)
    names: set[str] = set()
    follow: list[tuple[set[str], set[str]]] = []
    for file, called in functions.items():
        waiting: list[ast.AST] = [ast.parse((CHECKOUT / "sweep" / file).read_text("utf-8"))]
        while waiting:
            for node in ast.iter_child_nodes(waiting.pop()):
                match node:
                    case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                        names |= _loaded(node) if name in called else set()
                    case ast.Assign(targets=targets, value=value):
                        follow.append((set().union(*map(_named, targets)), _loaded(value)))
                    case ast.AnnAssign(target=target, value=ast.AST() as value):
                        follow.append((_named(target), _loaded(value)))
                    case ast.ClassDef():
                        waiting.append(node)
                    case _:
                        pass
    count = -1
    while count < len(names):
        count = len(names)
        for targets_of, rests_on in follow:
            names |= rests_on if targets_of & names else set()
    return names


def _named(target: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def _loaded(tree: ast.AST) -> set[str]:
    nodes = list(ast.walk(tree))
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def ask(copy: Copy, **asked: Any) -> Answer:
    """What the copy says; nothing is asked that is not named."""
    usual: dict[str, Any] = {"rooms": 0, "per_kind": 0, "recorded": (), "makes_weights": False, "places_anew": 0,
                             "assumed": "", "factor": 1.0, "trace": ""}  # fmt: skip
    return copy.ask(**usual | asked)


def judged(copy: Copy, case: Case, factor: float, rooms: int, per_kind: int, recorded: Sequence[str]) -> Answer:
    """What the sources with one constant moved say."""
    changes: dict[str, str] = {}
    if case.guess is not None:
        text = rewritten((CHECKOUT / case.guess.file).read_text("utf-8"), case.guess, factor)
        if text is None:
            return {"error": "no value of its own"}
        changes[case.guess.file] = text
    with copy.changed(changes):
        return ask(
            copy, rooms=rooms if case.in_city else 0, per_kind=per_kind, factor=factor,
            recorded=recorded if case.in_recorded else (), assumed="" if case.guess else case.name,
            makes_weights=case.where.startswith(WEIGHING), places_anew=PLACED if case.where.startswith(PLACING) else 0,
        )  # fmt: skip


def compared(base: Answer, now: Answer) -> Answer:
    """How many rooms and zones are judged otherwise, and which way."""
    if "error" in now:
        return now
    told: Answer = {}
    if now["city"]:
        none: list[tuple[Any, Any]] = []
        cameras: list[tuple[Any, Any]] = []
        for kind, rooms in now["city"].items():
            (none if kind == "none" else cameras).extend(zip(base["city"][kind], rooms, strict=True))
        told["rooms"] = _moved(none)
        told["cameras"] = _moved(cameras)
        told["candidates"] = [sum(any(one[side]) for one in none) for side in (0, 1)]
        told["found"] = [sum(one[side][-1] > 1 for one in cameras) for side in (0, 1)]
    pairs: list[tuple[Any, Any]] = []
    chances: list[tuple[Any, Any]] = []
    shifts = [0.0]
    sensed = [0, 0]
    for folder, sweep in now["recorded"].items():
        then = base["recorded"][folder]
        pairs += [(said, sweep["verdicts"].get(key)) for key, said in then["verdicts"].items()]
        zones = {key.split()[0] for key in then["verdicts"]}
        pairs += [(then["findings"].get(zone), sweep["findings"].get(zone)) for zone in sorted(zones)]
        shifts += [abs(odds - then["posterior"].get(zone, odds)) for zone, odds in sweep["posterior"].items()]
        sensed[0] += (Counter(then["observed"]) - Counter(sweep["observed"])).total()
        sensed[1] += len(then["observed"])
        chances += [(then["chances"].get(key), chance) for key, chance in sweep["chances"].items()]
    if pairs:
        told["recorded"] = _moved(pairs)
        told["sensed"] = sensed
        told["decades"] = round(max(shifts), 3)
        told["chances"] = [sum(abs((b or 0.0) - (a or 0.0)) >= 0.05 for a, b in chances), len(chances)]
    return told


def _moved(pairs: Sequence[tuple[Any, Any]]) -> list[int]:
    return [sum(a != b for a, b in pairs), len(pairs)]


def run(out: Path, rooms: int, per_kind: int, recorded: Sequence[str], until: str | None, only: str) -> None:
    """Move what the file lacks, up to a time of day in UTC."""
    for name in LOADED:
        import_module(name)
    there = {(line["name"], line["where"], line["factor"]) for line in lines_of(out)}
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder))
        base = ask(copy, rooms=rooms, per_kind=per_kind, recorded=recorded)
        placed = ask(copy, rooms=rooms, per_kind=per_kind, recorded=recorded, places_anew=PLACED)
        for case in cases_of(copy, recorded):
            if only not in case.where:
                continue
            for factor in FACTORS:
                if (case.name, case.where, factor) in there:
                    continue
                if until is not None and datetime.now(UTC).strftime("%H:%M") >= until:
                    return
                began = time.monotonic()
                line = {"name": case.name, "where": case.where, "factor": factor}
                unmoved = placed if case.where.startswith(PLACING) else base
                line |= compared(unmoved, judged(copy, case, factor, rooms, per_kind, recorded))
                with out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line | {"seconds": round(time.monotonic() - began, 1)}) + "\n")


def lines_of(out: Path) -> list[Answer]:
    """What was moved already."""
    return [json.loads(line) for line in out.read_text("utf-8").splitlines()] if out.exists() else []


def table(lines: Sequence[Answer]) -> Iterator[str]:
    """A row a constant, what moves most rooms first."""
    by_case: dict[tuple[str, str], dict[float, Answer]] = {}
    for line in lines:
        by_case.setdefault((line["name"], line["where"]), {})[line["factor"]] = line
    ranked = sorted(by_case.items(), key=lambda item: max(map(_weight, item[1].values())), reverse=True)
    for (name, where), by_factor in ranked:
        cells = [_cell(by_factor.get(factor)) for factor in FACTORS]
        yield f"| `{name}` | {where} | {' | '.join(cells)} |"


def _weight(line: Answer) -> tuple[float, ...]:
    rooms, cameras, recorded = (line.get(what, (0, 0))[0] for what in ("rooms", "cameras", "recorded"))
    return rooms + cameras, recorded, line.get("decades", 0.0)


def _cell(line: Answer | None) -> str:
    """Per cent of rooms without and with a camera, with their intervals; recorded verdicts and how far odds moved."""
    if line is None or "error" in line:
        return "" if line is None else line["error"]
    parts = []
    for what in ("rooms", "cameras"):
        if what in line:
            one = share(*line[what])
            parts.append(f"{100 * one['share']:.1f} ({100 * one['low']:.1f}-{100 * one['high']:.1f})")
    if "recorded" in line:
        parts.append(f"{line['recorded'][0]} of {line['recorded'][1]}, {line['decades']} decades")
    return "; ".join(parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rooms", type=int, default=2000, help="without a camera")
    parser.add_argument("--per-kind", type=int, default=100, help="with a camera of each kind")
    parser.add_argument("--recorded", type=Path, nargs="*", default=[CHECKOUT / "sweep" / "sim" / "recorded"])
    parser.add_argument("--until", help="HH:MM in UTC, when no other constant is begun")
    parser.add_argument("--only", default="", help="constants of files whose path holds this")
    parser.add_argument("--table", action="store_true", help="print what the file holds")
    args = parser.parse_args(arguments)
    if not args.table:
        run(args.out, args.rooms, args.per_kind, [str(one.resolve()) for one in args.recorded], args.until, args.only)
    for row in table(lines_of(args.out)):
        print(row)
    return 0


if __name__ == "__main__":
    sys.exit(main())

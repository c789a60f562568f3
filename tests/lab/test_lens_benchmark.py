"""The fixed rendered set: the same for everybody, truths kept back, and one line for a command that fails."""

import shlex
import sys
from pathlib import Path

import pytest

from sweep.lab.lens.benchmark import FIRST_SEED, BenchmarkError, run_benchmark
from sweep.lab.lens.rows import render
from sweep.phrases import Phrase
from tests.lens.rendered import FRESH_SEED

SMALL = (364, 272)
ANSWER = """
import json, pathlib, sys
import numpy as np
clips, rows = [], []
for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    assert sorted(p.name for p in folder.iterdir()) == ["frames.npy", "meta.json"], "no truth"
    meta = json.loads((folder / "meta.json").read_text())
    frames = np.load(folder / "frames.npy").astype(float)
    last = max(i for i, phase in enumerate(meta["phases"]) if phase == "A")
    dark = np.median(frames[[i for i, phase in enumerate(meta["phases"]) if phase == "C"]], axis=0)
    y, x = np.unravel_index(np.argmax(frames[last] - dark), dark.shape)
    clips.append(meta["clip"])
    rows.append({"clip": meta["clip"], "x": int(x), "y": int(y), "score": 1.0, "frame": last})
json.dump({"clips": clips, "detections": rows}, open(sys.argv[2], "w"))
"""


def command(tmp_path: Path, text: str) -> str:
    script = tmp_path / "detector.py"
    script.write_text(text, encoding="utf-8")
    return f"{shlex.quote(sys.executable)} {shlex.quote(str(script))} {{clips}} {{json}}"


def test_a_command_is_scored_on_clips_that_anybody_gets(tmp_path: Path) -> None:
    told: list[Phrase] = []
    line = command(tmp_path, ANSWER)
    one, two = (
        run_benchmark(line, worlds=["unseen"], clips=3, triples=3, size=SMALL, tell=told.append) for _ in range(2)
    )
    assert one == two
    assert (one[0].score.clips, one[0].score.clips_unprocessed) == (3, 0)
    assert str(told[0]) == "unseen: 3 of 3 clips"
    counted = sum(
        len(render("unseen", FIRST_SEED["unseen"] + k, triples=3, size=SMALL).truth["lenses"]) for k in range(3)
    )
    assert one[0].score.lenses + one[0].score.lenses_too_weak == counted


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("raise SystemExit('no licence')", "exit code 1: no licence"),
        ("", "cannot be read"),
        ("import sys; open(sys.argv[2], 'w').write('{\"clips\": 3}')", "cannot be read"),
    ],
    ids=["fails", "writes nothing", "writes nonsense"],
)
def test_a_command_that_fails_is_told_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BenchmarkError, match=says) as told:
        run_benchmark(command(tmp_path, text), worlds=["unseen"], clips=1, triples=3, size=(182, 136))
    assert "\n" not in str(told.value)


def test_what_cannot_be_run_is_refused_before_anything_is_rendered() -> None:
    with pytest.raises(BenchmarkError, match=r"has no \{json\}"):
        run_benchmark("detector {clips}")
    with pytest.raises(BenchmarkError, match="cannot be run"):
        run_benchmark(
            "a-detector-that-is-not-there {clips} {json}", worlds=["unseen"], clips=1, triples=3, size=(182, 136)
        )


def test_its_seeds_are_nobody_elses() -> None:
    assert all(seed > FRESH_SEED for seed in FIRST_SEED.values())
    assert len(set(FIRST_SEED.values())) == len(FIRST_SEED)

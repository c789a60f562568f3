"""A fixed rendered set of lens clips, and the score of any command that reads the clip format.

Job: render the clips of each world by seed, hand them to a command in batches, score what it writes. Input: a command
with `{clips}` and `{json}` in it; output: one `Result` a world. Refuses to let the command see a truth: truths stay in
memory, and a clip that it does not name counts with all its lenses missed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sweep.lab.lens.rows import World, render
from sweep.lab.scoring.report import ScanDocument, read_scan
from sweep.lab.scoring.score import Claim, ClipOutcome, Score, match_clip, score_clips
from sweep.lab.scoring.truth import TruthError, parse_truth
from sweep.phrases import Phrase
from sweep.sim.scene.rendered import RenderedClip

VERSION = 1
"""Of the set: it counts up when a renderer changes what a seed gives; figures of two versions do not compare."""
FIRST_SEED: dict[World, int] = {"tuning": 6_100_000, "held_out": 6_200_000, "unseen": 6_300_000}
"""Seeds that neither training nor tests take."""
CLIPS = 320
BATCH = 16
"""Clips that lie on disk at a time: 300 MB."""
PER_CLIP_S = 120.0
"""Guessed: a command that needs longer for a clip hangs."""
HALF_WIDTH_PX, HALF_HEIGHT_PX = 728, 544


class BenchmarkError(ValueError):
    """The command cannot be scored; one line."""


@dataclass(frozen=True)
class Result:
    """One world."""

    world: World
    score: Score
    digest: str
    """Of all frames: the same on two machines when both rendered the same clips."""
    ms_per_triple: float
    """Mean of what the command says of itself."""


def run_benchmark(
    command: str,
    *,
    worlds: Sequence[World] = tuple(FIRST_SEED),
    clips: int = CLIPS,
    triples: int = 8,
    size: tuple[int, int] = (HALF_WIDTH_PX, HALF_HEIGHT_PX),
    tell: Callable[[Phrase], None] = lambda _: None,
) -> list[Result]:
    """Score a command on `clips` clips of each world. Raises `BenchmarkError`.

    command: `{clips}` stands for the folder of clips, `{json}` for the file of detections it is to write, both as the
    clip document has them; it is no shell line. tell: hears how far it is.
    """
    words = shlex.split(command)
    for place in ("{clips}", "{json}"):
        if not any(place in word for word in words):
            raise BenchmarkError(Phrase("command_without_placeholder", placeholder=place))
    if shutil.which(words[0]) is None:  # said before anything is rendered
        raise BenchmarkError(Phrase("command_cannot_run", program=words[0], why=os.strerror(errno.ENOENT)))
    return [_world(words, world, clips, triples, size, tell) for world in worlds]


def _world(
    words: Sequence[str], world: World, clips: int, triples: int, size: tuple[int, int], tell: Callable[[Phrase], None]
) -> Result:
    outcomes: list[ClipOutcome] = []
    digest, times = hashlib.sha256(), []
    for first in range(0, clips, BATCH):
        seeds = range(FIRST_SEED[world] + first, FIRST_SEED[world] + min(first + BATCH, clips))
        with tempfile.TemporaryDirectory(prefix="lens-benchmark-") as name:
            rendered = [render(world, seed, triples=triples, size=size) for seed in seeds]
            for clip in rendered:
                clip.write(Path(name) / "clips")
                for frame in clip.frames:
                    digest.update(frame.tobytes())
            document = _ask(words, Path(name), len(rendered))
        outcomes += _outcomes(rendered, document)
        times.append(document.ms_per_triple)
        tell(Phrase("clips_scored", world=world, done=len(outcomes), of=clips))
    return Result(world, score_clips(outcomes), digest.hexdigest()[:16], sum(times) / len(times))


def _ask(words: Sequence[str], folder: Path, count: int) -> ScanDocument:
    """Run the command on a batch and read what it wrote."""
    out = folder / "detections.json"
    line = [word.replace("{clips}", str(folder / "clips")).replace("{json}", str(out)) for word in words]
    try:
        done = subprocess.run(line, capture_output=True, text=True, timeout=PER_CLIP_S * count, check=False)
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(Phrase("command_too_slow", seconds=PER_CLIP_S)) from error
    except OSError as error:
        raise BenchmarkError(Phrase("command_cannot_run", program=line[0], why=error)) from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["and said nothing"])[-1]
        raise BenchmarkError(Phrase("command_failed", number=done.returncode, last=last))
    try:
        return read_scan(out)
    except (OSError, TruthError) as error:
        raise BenchmarkError(Phrase("command_output_unreadable", why=error)) from error


def _outcomes(rendered: Sequence[RenderedClip], document: ScanDocument) -> list[ClipOutcome]:
    processed = set(document.clips)
    result = []
    for clip in rendered:
        name = clip.meta.clip
        claims = [Claim(row.x, row.y, row.score, row.frame) for row in document.detections if row.clip == name]
        result.append(match_clip(parse_truth(clip.truth), claims, was_processed=name in processed))
    return result

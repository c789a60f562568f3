"""A field test of which a few clips were recorded, from frames whose glint is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from sweep.lab.bench.recording import record_with
from sweep.lab.campaign.folder import Campaign, new_campaign, write_look
from sweep.lab.campaign.session import record_all
from sweep.modality.strobe import VARIED_ORDER
from sweep.phrases import Phrase
from tests.lab.test_bench_recording import PERIOD_NS, BenchCamera, BenchHead, permit
from tests.lens.clip_factory import strobed_frames
from tests.lens.live_triples import walk

SEED = 20261201
PHASES = VARIED_ORDER * 12
DRIFT_PX = (1.2, 0.7)
LAST = max(index for index, phase in enumerate(PHASES) if phase == "A")


def glint_in(frame: int) -> tuple[float, float]:
    """Where the glint is in a frame of a clip, pixels: the camera moves."""
    return 260.0 - DRIFT_PX[0] * (LAST - frame), 170.0 - DRIFT_PX[1] * (LAST - frame)


def recorder(folder: Path) -> Callable[[str], Path]:
    """Records with the probe's own code from a camera that gives its frames as they were triggered."""

    def record(name: str) -> Path:
        frames = strobed_frames(3, phases=PHASES, glint=glint_in(LAST), drift_px=DRIFT_PX)
        camera = BenchCamera(frames, period_ns=PERIOD_NS)
        clip = record_with(folder / name, BenchHead(camera), lambda: camera, walk(1)[1], 8, permit())
        write_look(clip)
        return clip

    return record


def answering(answers: list[str], asked: list[str]) -> Callable[[Phrase], str]:
    """Somebody who answers in this order, and ends the day then."""
    given: Iterator[str] = iter(answers)

    def ask(question: Phrase) -> str:
        asked.append(str(question))
        return next(given, "q")

    return ask


def recorded(folder: Path, count: int) -> Campaign:
    """A field test with its first clips."""
    campaign = new_campaign(folder, SEED)
    answers = [answer for number in range(1, count + 1) for answer in (str(number), "2", "n")]
    return record_all(campaign, recorder(campaign.clips), answering(answers, []), lambda _: None)

"""A thermometer as the fifth modality, in one folder: what is warm behind a panel may be electronics at work."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, cast

from sweep.modality.evidence import Weigher, ZoneView, evidence
from sweep.modality.measurement import Measurement
from sweep.modality.messages import Line
from sweep.modality.protocol import Measure
from sweep.modality.task import Task, blind
from sweep.modality.weights import guess
from sweep.modality.words import Words
from sweep.report import Evidence, Modality, Observation
from sweep.report.sentences import Sentence

if TYPE_CHECKING:
    from tests.modality.thermometer.record import ThermometerObservation
else:
    from sweep.report.observations import ThermometerObservation

NAME: Final = cast("Modality", "thermometer")
WARMER_K: Final = 3.0  # guessed, as everything here
WORDS: Final = Words(
    evidence={"warm_spot": Sentence("다른 구역보다 {kelvin} K 따뜻함", "{kelvin} K warmer than other zones")},
    limits={"cold_camera": Sentence("방금 켜진 카메라는 따뜻하지 않습니다.", "What was just switched on is not warm.")},
)


@dataclass(frozen=True)
class Sensor:
    path: Path  # a Linux hwmon input, in thousandths of a degree

    def __call__(self) -> list[float]:
        return [int(self.path.read_text()) / 1000.0 for _ in range(5)]


@dataclass(frozen=True)
class SimulatedSensor:
    celsius: float

    def __call__(self) -> list[float]:
        return [self.celsius + random.gauss(0.0, 0.1) for _ in range(5)]


def weigh(view: ZoneView) -> Sequence[Evidence]:
    seen = cast("Sequence[ThermometerObservation]", view.observations)
    here = [o for o in seen if o.zone_id == view.zone.zone_id]
    others = [o.celsius for o in seen if o.zone_id != view.zone.zone_id]
    if not here or not others or (warmer_k := here[0].celsius - median(others)) < WARMER_K:
        return []
    return [evidence(NAME, WORDS, cast("Observation", here[0]), "warm_spot", guess(1.0), kelvin=round(warmer_k))]


class ThermometerModality:
    name, calibration, weigher, words, parts = NAME, None, Weigher(weigh), WORDS, ()

    def open(self) -> Measure:
        return self.measure

    def measure(self, task: Task[Path | Callable[[], list[float]]], line: Line) -> Measurement:
        if task.source is None:
            return blind(task, NAME, task.nothing_because)
        try:
            celsius = [*map(float, task.source.read_text().split())] if isinstance(task.source, Path) else task.source()
        except (OSError, ValueError):
            return blind(task, NAME, "input_unreadable")
        if task.keep is not None:
            (task.keep / NAME).write_text(" ".join(map(str, celsius)))
        zone, at, number = task.position.zone_id, task.position.position_id, task.observation_id(NAME, 0)
        made = ThermometerObservation(
            observation_id=number, zone_id=zone, position_id=at, t_ns=task.middle_ns, modality="thermometer",
            celsius=round(median(celsius), 2),
        )  # fmt: skip
        return Measurement(zone, at, NAME, task.dwell_s, len(celsius), 0, 1.0, None, (cast("Observation", made),))

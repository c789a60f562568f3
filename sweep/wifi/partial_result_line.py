"""A line that offers what a position has come to so far, whenever somebody listens to it.

Input is the listener and the tests as they go; output is a `PositionResult` as if everything ended here, for whoever
asks. It touches no air, so that nothing is heard differently because somebody asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sweep.modality.messages import Line, ToRunner, ToWorker
from sweep.modality.partial_results import CUT_OFF
from sweep.report import StimulusJudgement
from sweep.wifi.listen import Listener
from sweep.wifi.position import PositionResult, light_time
from sweep.wifi.stimulus.response_test import ResponseTest, ResponseTestResult

OnSofar = Callable[[Callable[[], PositionResult]], None]
"""Hears, several times a second, how to tell what a position has come to."""


class PartialResultLine:
    """One for a position."""

    def __init__(self, line: Line, on_partial_result: OnSofar, listener: Listener) -> None:
        self._line = line
        self._on_sofar = on_partial_result
        self._listener = listener
        self.results: list[ResponseTestResult] = []
        """Of the tests that are over."""
        self._test: ResponseTest | None = None
        self._begun_ns = 0
        """When that test began."""

    @contextmanager
    def of(self, test: ResponseTest) -> Iterator[ResponseTest]:
        """The line of a test that goes on; its result says in the end how long it took."""
        self._test, self._begun_ns = test, self._listener.now_ns()
        try:
            yield test
        finally:
            test.result.took_s = self._took_s()
            self._test = None

    def _took_s(self) -> float:
        return (self._listener.now_ns() - self._begun_ns) / 1e9

    def say(self, message: ToRunner) -> None:
        """Tell the runner."""
        self._line.say(message)

    def hear(self, wait_s: float = 0.0) -> list[ToWorker]:
        """What the runner said."""
        self._on_sofar(self._so_far)
        return self._line.hear(wait_s)

    def _so_far(self) -> PositionResult:
        follows: dict[int, StimulusJudgement] = {}
        for result in self.results:
            follows |= result.judgements
        if self._test is not None:
            follows |= self._test.judgements_if_cut(CUT_OFF)
        left = Counter({f"left_{CUT_OFF}": 1})
        light_s, open_s = light_time(self.results)
        if self._test is not None and self._test.result.kind == "light":
            light_s += self._took_s()
        return PositionResult(self._listener.so_far(), follows, left, self._test is None, light_s, open_s)

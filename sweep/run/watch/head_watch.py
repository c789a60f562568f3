"""What the sensor head does at a position besides the light: RF windows, when it was away, whether its supply lasts.

Input is the messages of the head's process; output is windows, gaps, notices for persons, and whether the sweep has to
be closed.  A head that comes back is asked for what is left of the measurement.  It plays nothing and judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sweep.link.head_messages import FromHead, HeadState, HeadTurn, RfCut, RfMeasured, SupplyTold
from sweep.link.head_process import HeadProcess
from sweep.modality.messages import MeasureRf
from sweep.report import Gap, LiveEvent, RfWindow
from sweep.run.watch.supply_watch import SupplyWatch
from sweep.run.words import guidance_event, notice_event

LATE_S: Final = 5.0
"""How much longer than asked the windows may take: the head's process has to find the head first (guessed)."""
WINDOW_SLACK_S: Final = 0.05


class HeadWatch:
    """One for a sweep; `begin` comes before each position."""

    def __init__(
        self,
        head: HeadProcess | None,
        on_event: Callable[[LiveEvent], None],
        *,
        clock_s: Callable[[], float],
        now_ns: Callable[[], int],
        supply: SupplyWatch,
    ) -> None:
        self._head = head
        self._on_event = on_event
        self._clock_s = clock_s
        self._now_ns = now_ns
        self._supply = supply
        self.windows: list[RfWindow] = []
        """RF windows of this position."""
        self._away: list[Gap] = []
        self._away_since_ns: int | None = None
        self._tuner_mhz: tuple[int, ...] = ()
        self._wanted_s = 0.0
        self._rf_until_s: float | None = None
        self._is_waiting = False
        """Somebody else has the head."""

    def begin(self) -> None:
        """A position begins: where the head is away, it is away from now on."""
        self.windows, self._away, self._rf_until_s, self._is_waiting = [], [], None, False
        if self._away_since_ns is not None:
            self._away_since_ns = self._now_ns()

    def measure_rf(self, seconds: float, tuner_mhz: tuple[int, ...]) -> None:
        """Let the head measure for so long; the light ends it."""
        self.windows = []
        if self._head is not None:
            self._tuner_mhz, self._wanted_s, self._rf_until_s = tuner_mhz, seconds, self._clock_s() + seconds
            self._head.say(MeasureRf(seconds, tuner_mhz))

    def end_rf(self) -> None:
        """Somebody else has the head, or everybody leaves: no more windows come."""
        self._rf_until_s, self._is_waiting = None, False

    @property
    def is_measuring(self) -> bool:
        """Whether windows of this position may still come; a head that is away may be back in time."""
        if self._rf_until_s is None or self._left_s <= WINDOW_SLACK_S:
            return False
        return self._is_waiting or self._clock_s() < self._rf_until_s + (LATE_S if self._away_since_ns is None else 0.0)

    @property
    def _left_s(self) -> float:
        """How much of what was asked for has not been measured yet."""
        return self._wanted_s - sum(w.duration_s for w in self.windows if w.receiver == "log_detector")

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """When the head was away at this position."""
        open_gap = () if self._away_since_ns is None else (self._gap(self._away_since_ns),)
        return (*self._away, *open_gap)

    def _gap(self, since_ns: int) -> Gap:
        return Gap(start_ns=since_ns, end_ns=max(since_ns, self._now_ns()), reason="head_away")

    def take(self, message: FromHead) -> None:
        """What the head's process says."""
        match message:
            case RfMeasured(windows=windows):
                self.windows += windows
            case RfCut():
                self.end_rf()
            case HeadTurn(holder=holder, waiting=waiting):
                if self._is_waiting and holder == "rf" and self._rf_until_s is not None:
                    self._rf_until_s = self._clock_s() + self._left_s
                self._is_waiting = "rf" in waiting
            case SupplyTold(battery_v=volts):
                self._supply.take_battery(volts)
            case HeadState(is_there=False) if self._away_since_ns is None:
                self._away_since_ns, self._is_waiting = self._now_ns(), False
                self._on_event(notice_event("head_away"))
            case HeadState(is_there=True) if self._away_since_ns is not None:
                self._away.append(self._gap(self._away_since_ns))
                self._away_since_ns = None
                self._on_event(notice_event("head_away", is_over=True))
                self._on_event(guidance_event("head_back"))
                self._go_on()
            case _:
                pass

    def _go_on(self) -> None:
        is_wanted = self._rf_until_s is not None and self._clock_s() < self._rf_until_s
        if is_wanted and self._left_s > WINDOW_SLACK_S and self._head is not None:
            self._rf_until_s = self._clock_s() + self._left_s
            self._head.say(MeasureRf(self._left_s, self._tuner_mhz))

    def must_close(self) -> str | None:
        """Code that says why the sweep has to be closed now; tells persons when the supply runs low."""
        for event in self._supply.look():
            self._on_event(event)
        return self._supply.must_close

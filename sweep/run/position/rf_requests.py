"""The head's RF at one position after another: asked for by a modality, measured, recorded or remembered, and answered.

Input is what the modality asks and the windows that the head's watch gathers; output is what was heard, so far and in
the end, with the times of the probe's own transmissions beside it.  It turns nothing on: `HeadWatch` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sweep.modality.messages import MeasureRf, RfHeard, ToWorker
from sweep.modality.own_transmissions import OwnTransmissions, intervals_ns
from sweep.modality.partial_results import TELL_EVERY_S
from sweep.report import Modality, RfWindow
from sweep.rf.judge import blank
from sweep.run.hotspot_pause import HotspotPause
from sweep.run.outside_baseline import without_own_windows
from sweep.run.watch.head_watch import HeadWatch

RecordedRf = Callable[[MeasureRf], RfHeard]
"""Answers instead of the head where RF was recorded or is simulated."""
KeepRf = Callable[[MeasureRf, RfHeard], None]
"""Keeps each answer."""


class RfRequests:
    """One for a sweep; `begin` comes before each position."""

    def __init__(
        self,
        watch: HeadWatch,
        say: Callable[[Modality, ToWorker], None],
        *,
        clock_s: Callable[[], float],
        own: OwnTransmissions | None,
        quiet: HotspotPause | None,
    ) -> None:
        """`own`: when the probe's own radios sent; `quiet`: silences its access point while RF is measured."""
        self._watch = watch
        self._say = say
        self._clock_s = clock_s
        self._own, self._quiet = own, quiet
        self._asked: MeasureRf | None = None
        self._told_s = 0.0
        self._taken = 0
        """Windows of this measurement that `fresh` has handed out."""
        self._recorded: RecordedRf | None = None
        self._keep: KeepRf | None = None
        self._is_outside = False
        self._outside = RfHeard(because="not_recorded")
        """What the head measured outside the door."""

    def begin(self, recorded: RecordedRf | None, keep: KeepRf | None, *, is_outside: bool) -> None:
        """A position begins; what is measured outside the door answers for it later."""
        self._asked, self._recorded, self._keep, self._is_outside = None, recorded, keep, is_outside
        self._taken = 0

    def measure(self, ask: MeasureRf, why_not: str | None) -> None:
        """Let the head measure while the air is listened to; `why_not`: why nobody can."""
        if self._recorded is not None:
            self._tell(ask, self._recorded(ask))
        elif ask.is_outside and not self._is_outside:
            self._tell(ask, self._outside)
        elif why_not is not None:
            self._tell(ask, RfHeard(because=why_not))
        else:
            self._asked, self._taken = ask, 0
            self._watch.measure_rf(ask.seconds, ask.tuner_mhz)
            if self._quiet is not None:
                self._quiet.begin()

    def answer(self) -> None:
        """Hand the windows over once no more of them come; what there is so far, now and then."""
        if self._quiet is not None:
            self._quiet.tick()
        if self._asked is None:
            return
        if self._watch.is_measuring:
            self._tell_so_far()
            return
        ask, self._asked = self._asked, None
        if self._quiet is not None:
            self._quiet.end()
        heard = self._heard()
        if ask.is_outside:
            heard = self._outside = without_own_windows(heard)
        self._tell(ask, heard)

    def fresh(self) -> list[RfWindow]:
        """Windows of the head since this was last asked, without those in which the probe itself sent."""
        windows = self._watch.windows[self._taken :]
        self._taken = len(self._watch.windows)
        return [] if not windows else blank(windows, self._own_during(windows) or ())

    @property
    def outside_windows(self) -> tuple[RfWindow, ...]:
        """What the head measured outside the door."""
        return self._outside.windows

    def _tell_so_far(self) -> None:
        """A kill must not cost more than the last windows."""
        if self._watch.windows and self._clock_s() - self._told_s >= TELL_EVERY_S:
            self._told_s = self._clock_s()
            self._say("rf", replace(self._heard(), is_over=False))

    def _heard(self) -> RfHeard:
        windows, gaps = tuple(self._watch.windows), self._watch.gaps
        own = self._own_during(windows)
        because = "" if windows else gaps[0].reason if gaps else "no_windows"
        spent_s = sum(window.duration_s for window in windows)
        return RfHeard(windows, because, gaps=gaps, own=own, spent_s=spent_s)

    def _own_during(self, windows: Sequence[RfWindow]) -> tuple[tuple[int, int], ...] | None:
        """When the probe's own radios sent meanwhile; None where nobody kept a log."""
        if not windows or self._own is None:
            return None
        start_ns = min(window.t_ns for window in windows)
        end_ns = max(window.t_ns + round(window.duration_s * 1e9) for window in windows)
        return intervals_ns(self._own.during(start_ns, end_ns), start_ns)

    def _tell(self, ask: MeasureRf, heard: RfHeard) -> None:
        if self._keep is not None:
            self._keep(ask, heard)
        self._say("rf", heard)

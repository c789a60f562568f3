"""The Wi-Fi modality at one stand: a capture or the air in, a measurement out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from sweep.captures.packets import CaptureFileError
from sweep.plug.evidence import Weigher
from sweep.plug.measurement import Measurement
from sweep.plug.talk import NOBODY, Line
from sweep.plug.task import Task, blind, unreadable
from sweep.report import Modality, StimulusJudgement
from sweep.wifi.air import Air, CaptureOpenError
from sweep.wifi.weigh import weigh_wifi
from sweep.wifi.words import WORDS

if TYPE_CHECKING:
    from sweep.wifi.session import HeardStand, WifiWish

KEPT_NAME = "wifi.pcapng"
Stimulus = Literal["auto", "always", "never"]
FOLLOWS = "follows_light"


class AirDoor(Protocol):
    """A door to an air: an adapter, a kept stand or a simulation."""

    @property
    def why_no_light(self) -> str | None:
        """Code that says why no lamp can play here; None when it can be asked to."""

    def open(self, line: Line) -> AbstractContextManager[tuple[Air, Line]]:
        """The air of one stand and who answers there, which may be `line`.  Raises CaptureOpenError."""


@dataclass(frozen=True, slots=True)
class RecordedWifi:
    """A capture that somebody recorded, with the chips of light that were played then, or a kept stand's frames."""

    path: Path
    sequence: Path | None = None


@dataclass(frozen=True, slots=True)
class LiveWifi:
    """The adapter of this probe, in monitor mode."""

    interface: str
    why_no_light: str | None = None

    @contextmanager
    def open(self, line: Line) -> Iterator[tuple[Air, Line]]:
        """The air from now on."""
        from sweep.wifi.adapter import open_adapter

        with open_adapter(self.interface) as air:
            yield air, line


class WifiPlug:
    """Wi-Fi; remembers in its process which transmitters answered in which zone, so that none is asked twice there."""

    name: Modality = "wifi"
    calibration = None
    weigher = Weigher(weigh_wifi)
    words = WORDS

    def __init__(
        self,
        *,
        stimulus: Stimulus = "never",
        stimulus_longest_s: float = 114.0,
        own_addresses: frozenset[int] = frozenset(),
    ) -> None:
        """`stimulus`: where the light plays, and at most for how long.  `own_addresses`: of the probe's own radios."""
        self._stimulus = stimulus
        self._longest_s = stimulus_longest_s
        self._own = own_addresses
        self._answers: dict[str, dict[int, str]] = {}
        """By zone: the answer of each address to light or a walk."""

    def measure(self, task: Task[RecordedWifi | AirDoor], line: Line) -> Measurement:
        """Transmitters of a capture, or of an air and how they answer to what is played."""
        if task.door is None:
            return blind(task, "wifi", task.nothing_because)
        if isinstance(task.door, RecordedWifi):
            if is_kept(task.door.path):
                return measure_kept(task, task.door.path, line)
            return measure_capture(task, task.door, self._own)
        wish = self.wish(task.position.zone_id, task.dwell_s, why_no_light=task.door.why_no_light, is_walk=task.is_walk)
        try:
            with task.door.open(line) as (air, answers):
                heard = hear(wish, air, answers, kept_in(task.keep))
        except CaptureOpenError:  # a gap, and a sentence for the inspector
            nothing = blind(task, "wifi", "adapter_away", {"adapter_away": 1})
            return replace(nothing, guidance=(WORDS.guidance["adapter_away"].text(),))
        self.remember(task.position.zone_id, heard.follows)
        return judged(task, wish, heard)

    def wish(self, zone_id: str, dwell_s: float, *, why_no_light: str | None, is_walk: bool) -> WifiWish:
        """Light where the settings want it; a walk whenever a person asked for one, also of what denied the light."""
        from sweep.wifi.session import WifiWish

        known = self._answers.get(zone_id, {})
        if is_walk:
            follows = {address for address, verdict in known.items() if verdict == FOLLOWS}
            return WifiWish(dwell_s, "motion", is_any_uplink=True, decided=frozenset(follows), own_addresses=self._own)
        return WifiWish(
            dwell_s,
            None if self._stimulus == "never" else "light",
            trial_longest_s=self._longest_s,
            is_any_uplink=self._stimulus == "always",
            no_trial_because=why_no_light,
            decided=frozenset(known),
            own_addresses=self._own,
        )

    def remember(self, zone_id: str, answers: Mapping[int, StimulusJudgement]) -> None:
        """Answers that a later stand in the same zone need not ask for again."""
        known = self._answers.setdefault(zone_id, {})
        for address, one in answers.items():
            if one.verdict != "not_assessable" and known.get(address) != FOLLOWS:
                known[address] = one.verdict


def kept_in(folder: Path | None) -> Path | None:
    """The capture of a stand that is kept in `folder`."""
    return None if folder is None else folder / KEPT_NAME


def hear(wish: WifiWish, air: Air, line: Line, keep: Path | None) -> HeardStand:
    """What an air came to; `keep`: the capture to be made of it, with what it takes to hear it again beside it."""
    from sweep.wifi.session import hear_stand

    if keep is None:
        return hear_stand(wish, air, line)
    from sweep.wifi.keep import keep_stand

    with keep_stand(keep, wish, air, line) as keeping:
        return hear_stand(wish, keeping.air, keeping.line)


def judged(task: Task[Any], wish: WifiWish, heard: HeardStand) -> Measurement:
    """The measurement of what was heard."""
    from sweep.wifi.observations import judge_stand

    return judge_stand(task, wish, heard)


def is_kept(path: Path) -> bool:
    """Whether a capture is the frames of a kept stand."""
    from sweep.wifi.kept_lines import steps_beside

    return steps_beside(path).exists()


def measure_kept(task: Task[Any], path: Path, line: Line = NOBODY) -> Measurement:
    """A kept stand heard again, as it was wished for then; what is missing of it is counted."""
    from sweep.wifi.kept import open_kept

    try:
        with open_kept(path, line) as kept:
            found = judged(task, kept.wish, hear(kept.wish, kept.air, kept.line, kept_in(task.keep)))
    except (CaptureFileError, OSError):
        return unreadable(task, "wifi", path)
    return replace(found, rejections=found.rejections | dict(kept.rejected)) if kept.rejected else found


def measure_capture(task: Task[Any], recorded: RecordedWifi, own: frozenset[int]) -> Measurement:
    """Transmitters of a recorded capture, and where light was played, whether their traffic follows it."""
    from sweep.wifi.observations import judge_wifi
    from sweep.wifi.scan import read_log, scan_log
    from sweep.wifi.sequence import read_sequence
    from sweep.wifi.stimulus import judge_stimulus

    follows: dict[int, StimulusJudgement] = {}
    try:
        log, tally = read_log(recorded.path)
        scan = scan_log(log, cut_tail_octets=tally.cut_tail_octets)
    except (ValueError, OSError):
        return unreadable(task, "wifi", recorded.path)
    troubles: dict[str, int] = {}
    if recorded.sequence is not None:
        try:
            for judged in judge_stimulus(log, read_sequence(recorded.sequence)).transmitters:
                one_judgement = StimulusJudgement(
                    verdict=judged.verdict,
                    p_value=judged.adjusted_p_value,
                    reason=judged.reason if judged.verdict == "not_assessable" else None,
                    tested_s=round(judged.tested_s, 3),
                )
                follows |= dict.fromkeys(judged.addresses, one_judgement)
        except (ValueError, OSError):  # what was heard counts without it; that the light cannot be judged is said
            troubles = {"sequence_unreadable": 1}
    found = judge_wifi(task, scan, follows, own=own, listened_s=scan.listened_s)
    if not troubles:
        return found
    return replace(found, rejections=found.rejections | troubles, limits=(*found.limits, "trial_broken_off"))

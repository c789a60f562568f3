"""The Wi-Fi of one position after the other, in the process that measures it: from a source to a measurement.

An air is listened to over its channels, then what sends like a camera is tested by light or by a walk.  `hear_position`
does that; it knows no process, no file and no clock but the air's.  A transmitter whose answer is known in this zone
already is not tested again.  Everything that kept a test from being made or finished has a name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from sweep.captures.packets import CaptureFileError
from sweep.modality.addresses import parse_address
from sweep.modality.looks import is_again
from sweep.modality.measurement import Measurement, code_of
from sweep.modality.messages import NOBODY, PLAYED_OUT, SKIPPED, Leave, Line, Progress, SkipResponseTests
from sweep.modality.mode import SHORT_OF_TIME
from sweep.modality.partial_results import PartialResultSender
from sweep.modality.pending_light import LIGHT_LATER
from sweep.modality.task import Task, blind, unreadable
from sweep.report import StimulusJudgement, WifiObservation
from sweep.wifi.capture.air import Air, CaptureOpenError
from sweep.wifi.capture.channels import NOTHING_KNOWN
from sweep.wifi.capture.sources import AirSource, RecordedWifi
from sweep.wifi.listen import Listener
from sweep.wifi.observations import judge_position, tag_of
from sweep.wifi.outside_levels import OutsideLevels
from sweep.wifi.partial_result_line import OnSofar, PartialResultLine
from sweep.wifi.position import PositionResult, Stimulus, WifiRequest, light_time
from sweep.wifi.recorded import measure_capture
from sweep.wifi.recording.lines import steps_beside
from sweep.wifi.recording.player import open_recording
from sweep.wifi.recording.recorder import record_position
from sweep.wifi.response_test_schedule import LEFT_OUT, TagOf, no_tag, run_response_tests
from sweep.wifi.scan import WifiScan, scan_log
from sweep.wifi.stimulus.response_test import FOLLOWS, REPORT_EVERY_S, SETTLED, not_assessable
from sweep.wifi.targets import LOUDER_ELSEWHERE, is_louder, may_be_camera, targets_by_channel
from sweep.wifi.transmitters.earlier_flows import EarlierFlows
from sweep.wifi.transmitters.live_levels import NOBODY_LED, Led, LiveLevels
from sweep.wifi.transmitters.shared_addresses import find_shared
from sweep.wifi.transmitters.streams import list_flows
from sweep.wifi.words import WORDS

KEPT_NAME: Final = "wifi.pcapng"


class WifiSession:
    """Measures position after position; remembers which transmitters answered in which zone, so that none is asked
    twice.
    """

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
        self._tagged: dict[str, frozenset[int]] = {}
        """Addresses of the transmitters of earlier positions, by tag."""
        self._outside = OutsideLevels()
        self._earlier = EarlierFlows()

    def measure(self, task: Task[RecordedWifi | AirSource], line: Line) -> Measurement:
        """Transmitters of a capture, or of an air and how they answer to what is played; each with its level outside
        the door, where it was measured there before.
        """
        found = self._measure(task, line)
        if task.is_outside:
            self._outside.take(found)
        else:
            self._outside.remember(found)
        self._tagged |= addresses_by_tag(found)
        return self._outside.beside(found)

    def _measure(self, task: Task[RecordedWifi | AirSource], line: Line) -> Measurement:
        if task.source is None:
            return blind(task, "wifi", task.nothing_because)
        if isinstance(task.source, RecordedWifi):
            if is_recording(task.source.path):
                return measure_recording(task, task.source.path, line, self._earlier)
            return measure_capture(task, task.source, self._own, self._earlier)
        wish = self._request_at(task, task.source)
        try:
            with task.source.open(line) as (air, answers):
                partial_result = partial_results_to(line, task, wish, self._earlier)
                tag = partial(tag_of, task)
                led = {one: self._tagged[one] for one in task.led_tags if one in self._tagged}
                heard = hear(wish, air, answers, kept_in(task.keep), partial_result, self._earlier, tag, led)
                if task.is_outside:  # the survey is made inside
                    air.memory = NOTHING_KNOWN
        except CaptureOpenError as error:  # a gap, and a sentence for the inspector
            nothing = blind(task, "wifi", error.code, {error.code: 1})
            return replace(nothing, guidance=(WORDS.guidance[error.code].text(),))
        self.remember(task.position.zone_id, heard.follows)
        return judge_and_remember(task, wish, heard, self._earlier)

    def _request_at(self, task: Task[Any], source: AirSource) -> WifiRequest:
        if task.is_outside:
            return WifiRequest(task.dwell_s, own_addresses=self._own)
        why_no_light = task.no_light_because or source.why_no_light
        wish = self.wish(task.position.zone_id, task.dwell_s, why_no_light=why_no_light, is_walk=task.is_walk)
        wish = replace(wish, surveys_first=True)
        if task.is_walk:
            return wish
        wish = replace(wish, tests_longest_s=task.light_s, open_tests_longest_s=task.open_light_s)
        only = frozenset(address for tag in task.light_tags for address in self._tagged.get(tag, ()))
        if only:
            return replace(wish, only=only)
        if is_again(task.position.position_id) or task.no_light_because == LIGHT_LATER:
            return wish
        return replace(wish, elsewhere_dbm=self._outside.elsewhere(task.position.zone_id))

    def wish(self, zone_id: str, dwell_s: float, *, why_no_light: str | None, is_walk: bool) -> WifiRequest:
        """Light where the settings want it; a walk whenever a person asked for one, also of what denied the light."""
        known = self._answers.get(zone_id, {})
        if is_walk:
            follows = frozenset(address for address, verdict in known.items() if verdict == FOLLOWS)
            return WifiRequest(dwell_s, "motion", is_any_uplink=True, decided=follows, own_addresses=self._own)
        return WifiRequest(
            dwell_s,
            None if self._stimulus == "never" else "light",
            test_longest_s=self._longest_s,
            is_any_uplink=self._stimulus == "always",
            no_test_because=why_no_light,
            decided=frozenset(known),
            own_addresses=self._own,
        )

    def remember(self, zone_id: str, answers: Mapping[int, StimulusJudgement]) -> None:
        """Answers that a later position in the same zone need not ask for again."""
        known = self._answers.setdefault(zone_id, {})
        for address, one in answers.items():
            if one.verdict != "not_assessable" and known.get(address) != FOLLOWS:
                known[address] = one.verdict


def addresses_by_tag(found: Measurement) -> dict[str, frozenset[int]]:
    """Addresses of the transmitters of a position, by the first of their tags."""
    return {
        min(one.addresses, key=lambda a: (a.key_id, a.tag)).tag: frozenset(map(parse_address, who.addresses))
        for one in found.observations
        if isinstance(one, WifiObservation) and (who := found.identities.get(str(one.observation_id))) is not None
    }


def kept_in(folder: Path | None) -> Path | None:
    """The capture of a position that is kept in `folder`."""
    return None if folder is None else folder / KEPT_NAME


def is_recording(path: Path) -> bool:
    """Whether a capture is the frames of a kept position."""
    return steps_beside(path).exists()


def measure_recording(
    task: Task[Any], path: Path, line: Line = NOBODY, earlier: EarlierFlows | None = None
) -> Measurement:
    """A kept position heard again, as it was wished for then; what is missing of it is counted."""
    try:
        with open_recording(path, line) as kept:
            heard = hear(kept.wish, kept.air, kept.line, kept_in(task.keep), earlier=earlier)
            found = judge_and_remember(task, kept.wish, heard, earlier)
    except (CaptureFileError, OSError):
        return unreadable(task, "wifi", path)
    return replace(found, rejections=found.rejections | dict(kept.rejected)) if kept.rejected else found


def judge_and_remember(
    task: Task[Any], wish: WifiRequest, heard: PositionResult, earlier: EarlierFlows | None
) -> Measurement:
    """What a position came to, together with those before it, and in time for those that come."""
    found = judge_position(task, wish, heard, earlier)
    if earlier is not None:
        earlier.remember(list_flows(heard.heard.log), find_shared(heard.heard.log))
    return found


def hear(
    wish: WifiRequest,
    air: Air,
    line: Line,
    keep: Path | None,
    on_partial_result: OnSofar = lambda _: None,
    earlier: EarlierFlows | None = None,
    tag: TagOf = no_tag,
    led: Led = NOBODY_LED,
) -> PositionResult:
    """What an air came to; `keep`: the capture to be made of it, with what it takes to hear it again beside it."""
    if keep is None:
        return hear_position(wish, air, line, on_partial_result, earlier, tag, led)
    with record_position(keep, wish, air, line) as keeping:
        return hear_position(wish, keeping.air, keeping.line, on_partial_result, earlier, tag, led)


def partial_results_to(line: Line, task: Task[Any], wish: WifiRequest, earlier: EarlierFlows | None = None) -> OnSofar:
    """Tells the runner what a position has come to so far."""
    teller = PartialResultSender(line)
    return lambda so_far: teller.offer(lambda: judge_position(task, wish, so_far(), earlier))


class _Interruption:
    """Hears the runner while the air is listened to, and tells it how far that is."""

    def __init__(self, air: Air, line: Line, longest_s: float) -> None:
        self._air = air
        self._line = line
        self._longest_s = longest_s
        self._begun_ns = self._told_ns = air.now_ns()
        self.left: str | None = None
        """Why everything has to stop."""
        self.is_skipped = False
        """A person wants no test here."""

    def goes_on(self) -> bool:
        """False when the runner wants everything to stop."""
        for word in self._line.hear():
            match word:
                case Leave(reason=reason):
                    self.left = reason
                case SkipResponseTests():
                    self.is_skipped = True
                case _:
                    pass
        now_ns = self._air.now_ns()
        if now_ns - self._told_ns >= REPORT_EVERY_S * 1e9:
            self._told_ns = now_ns
            elapsed_s = (now_ns - self._begun_ns) / 1e9
            self._line.say(Progress("listening", min(elapsed_s, self._longest_s), self._longest_s))
        return self.left is None


def not_here(scan: WifiScan, wish: WifiRequest) -> dict[int, StimulusJudgement]:
    """Why transmitters are not tested that were louder elsewhere."""
    return {
        address: not_assessable("light", LOUDER_ELSEWHERE)
        for item in scan.transmitters
        if may_be_camera(item) and wish.kind == "light" and is_louder(item, wish.elsewhere_dbm)
        for address in item.transmitter.addresses
        if address not in wish.decided
    }


def hear_position(
    wish: WifiRequest,
    air: Air,
    line: Line,
    on_partial_result: OnSofar = lambda _: None,
    earlier: EarlierFlows | None = None,
    tag: TagOf = no_tag,
    led: Led = NOBODY_LED,
) -> PositionResult:
    """What is heard of `air` from now on, and what answers to what is played at the other end of `line`.

    `on_partial_result` may ask what it has come to so far, which changes nothing.  `tag`: how persons hear of a
    transmitter. `led`: those to which somebody is led already, by tag; whoever is tested joins them.
    """
    listener = Listener(air, LiveLevels(line.say, led))
    told = PartialResultLine(line, on_partial_result, listener)
    survey_s = listener.survey_s if wish.surveys_first else 0.0
    interruption = _Interruption(air, told, survey_s + wish.dwell_s)
    if survey_s:
        listener.survey(interruption.goes_on)
    heard = listener.listen(wish.dwell_s, interruption.goes_on)
    follows: dict[int, StimulusJudgement] = {}
    troubles: Counter[str] = Counter({f"left_{interruption.left}": 1} if interruption.left else {})
    is_settled = True
    if interruption.left is None and wish.kind is not None:
        because = SKIPPED if interruption.is_skipped else wish.no_test_because
        scan, known = scan_log(heard.log, earlier=earlier), wish.decided | wish.own_addresses
        wanted = targets_by_channel(
            scan, heard, is_any=wish.is_any_uplink, decided=known, elsewhere_dbm=wish.elsewhere_dbm, only=wish.only
        )
        follows |= not_here(scan, wish)
        results = run_response_tests(replace(wish, no_test_because=because), wish.kind, wanted, listener, told, tag)
        for one, result in zip(wanted, results, strict=True):
            follows |= result.judgements
            troubles["light_open_left_out"] += result.ended == SHORT_OF_TIME and not one.has_video
            troubles += result.chips
            if result.left is not None:
                troubles[f"left_{result.left}"] = 1
            if result.ended not in SETTLED:
                is_settled &= result.ended in LEFT_OUT
                troubles[code_of(f"{result.kind}_{result.ended}")] += 1
            elif result.ended == PLAYED_OUT and result.longest_s < wish.test_longest_s:
                troubles["light_cut_short"] += 1
        if results:
            heard = listener.heard()
    return PositionResult(heard, follows, +troubles, is_settled, *light_time(told.results))

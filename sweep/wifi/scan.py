"""A capture file in, transmitters out: `sweep wifi FILE`.

Input is a pcap or pcapng file of an 802.11 link type, or of Ethernet when it is to be read as flows; output is a
`WifiScan`.  A long capture is judged window by window, in memory that does not grow with it.  Addresses leave it as
tags under a key unless full ones are asked for.  SSIDs never appear in its JSON.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, cast

from sweep.captures.packets import ReadTally
from sweep.modality.addresses import AddressForm, AddressKey, format_address, is_locally_administered, to_oui

from .frames.background_dissector import BackgroundDissector, background_dissector
from .frames.element_reader import Said, read_elements
from .frames.fork_pool import ForkPool
from .frames.framelog import WINDOW_FRAMES, FrameLog
from .frames.management import Management
from .frames.reading import open_windows
from .traffic.clips import Run, join_runs, judge_runs, list_runs
from .traffic.loss_evidence import NO_WITNESSES, LossEvidence, weigh_loss_evidence
from .traffic.reception import Reception, conclude_reception, temper_video
from .traffic.video import CLIP_SCORE, MIN_SECONDS, NOTHING_HEARD, TOO_SHORT, VideoVerdict, find_strongest, judge_flows
from .transmitters.census import EMPTY_CENSUS, MAX_ADDRESSES, Census, take_census
from .transmitters.earlier_flows import EarlierFlows
from .transmitters.flow import Flow
from .transmitters.shared_addresses import TWO_TRANSMITTERS, Sign, find_shared
from .transmitters.streams import list_flows
from .transmitters.transmitters import Transmitter, describe_transmitters, list_sources

TOO_LITTLE: Final = frozenset({"too_few_frames", TOO_SHORT})
"""Reasons of which nothing comes anyway."""


@dataclass(frozen=True, slots=True)
class JudgedTransmitter:
    """A transmitter and what its traffic looks like."""

    transmitter: Transmitter
    video: VideoVerdict
    """In view of how well it was heard."""
    hearing: Reception
    signs: tuple[Sign, ...] = ()
    """What shows that two transmitters use its address; empty where nothing does."""


@dataclass(frozen=True, slots=True)
class WifiScan:
    """What one capture holds."""

    frames: int
    """Frames whose header could be read."""
    rejected: dict[str, int]
    """Frames left out, by named reason."""
    cut_tail_octets: int
    """Octets at the end of the file that belong to no whole record."""
    start_ns: int
    """Time of the first frame by the capture's clock."""
    listened_s: float
    unheard_senders: int
    """Addresses whose data was acknowledged but that were never heard themselves."""
    said: Said
    """What management frames say of their senders."""
    transmitters: tuple[JudgedTransmitter, ...]

    def to_json(self, *, addresses: AddressForm = "hashed", key: AddressKey | None = None) -> dict[str, Any]:
        """The scan as a JSON object (fields as DESIGN says); `key` makes tags comparable between scans."""
        used = key or AddressKey.random()
        return {
            "frames": self.frames,
            "rejected": self.rejected,
            "cut_tail_octets": self.cut_tail_octets,
            "listened_s": round(self.listened_s, 3),
            "unheard_senders": self.unheard_senders,
            "elements": {
                "dissected": self.said.dissected,
                "not_understood": dict(sorted(self.said.rejected.items())),
            },
            "addresses": addresses,
            "key_id": used.key_id if addresses == "hashed" else None,
            "transmitters": [_transmitter_json(item, addresses, used, self.listened_s) for item in self.transmitters],
        }


def _transmitter_json(item: JudgedTransmitter, form: AddressForm, key: AddressKey, listened_s: float) -> dict[str, Any]:
    one, video, hearing = item.transmitter, item.video, item.hearing
    basis, share = hearing.witness or (None, None)
    return {
        "addresses": [format_address(a) if form == "full" else key.tag(a) for a in one.addresses],
        "ouis": [to_oui(a) for a in one.addresses],
        "is_locally_administered": [is_locally_administered(a) for a in one.addresses],
        "joined_by": list(one.joined_by),
        "signature": one.signature,
        "security": list(one.security),
        "device_category": one.device_category,
        "role": one.role,
        "vendor": one.vendor,
        "is_randomised": one.is_randomised,
        "channel_mhz": one.channel_mhz,
        "rssi_dbm": {"median": one.level.median_dbm, "max": one.level.max_dbm} if one.level else None,
        "frames": one.frames,
        "retries": one.retries,
        "bytes_up": one.bytes_up,
        "bytes_down": one.bytes_down,
        "video": {
            "verdict": video.verdict,
            "score": round(video.score, 4),
            "decided_after_s": video.decided_after_s,
            "reason": _reason(item, listened_s),
        },
        "two_transmitters": list(item.signs),
        "hearing": {
            "basis": basis,
            "heard_share": None if share is None else round(share, 3),
            "unheard_to": hearing.unheard_to,
            "airtime_share": round(hearing.reserved_s / listened_s, 4) if listened_s > 0 else 0.0,
            "clock_hz": hearing.clock_hz,
        },
    }


def _reason(item: JudgedTransmitter, listened_s: float) -> str | None:
    """Why a transmitter is left open, in view of what the whole capture holds."""
    one, reason = item.transmitter, item.video.reason
    if reason != NOTHING_HEARD.reason or one.frames < 2:
        return reason
    if not one.bytes_up:
        return "no_data_sent"
    if not listened_s:
        return "no_times"
    return TOO_SHORT if listened_s < MIN_SECONDS else reason


class Scanner:
    """Takes the logs of one capture one after the other; what it keeps does not grow with their number."""

    def __init__(
        self, *, processes: int = 1, earlier: EarlierFlows | None = None, ahead: BackgroundDissector | None = None,
        alone: frozenset[int] = frozenset(),
    ) -> None:  # fmt: skip
        """With several `processes` a log is counted while its flows are judged, with what `earlier` stands heard of
        them.  What is said of the addresses in `alone`, or of any that sends data of its own, is said of no other.
        """
        self._processes = processes
        self._earlier = earlier
        self._ahead = ahead
        self._logs = 0
        self._frames = 0
        self._start_ns = 0
        self._end_ns = 0
        self._census = EMPTY_CENSUS
        self._witnesses = NO_WITNESSES
        self._said = Said()
        self._management = Management()
        self._rejected: Counter[str] = Counter()
        self._verdicts: dict[int, VideoVerdict] = {}
        self._shared: dict[int, frozenset[Sign]] = {}
        self._runs: dict[tuple[int, int], tuple[Run, ...]] = {}
        self._chains: list[tuple[int, ...]] = []
        self._alone = set(alone)

    def add(self, log: FrameLog) -> None:
        """Judge the flows of a log and count what its addresses did."""
        by_sender: dict[int, list[Flow]] = {}
        all_flows = list_flows(log)
        self._alone |= list_sources(all_flows)
        for flow in all_flows:
            by_sender.setdefault(flow.sender, []).append(flow)
            if flow.successors:
                self._chains.append((flow.sender, *flow.successors))
        senders = sorted(by_sender, key=lambda sender: -sum(len(flow.t_ns) for flow in by_sender[sender]))

        counts = find_shared, weigh_loss_evidence, take_census

        def work(number: int) -> dict[int, frozenset[Sign]] | LossEvidence | Census | VideoVerdict:
            if number < len(counts):
                return counts[number](log)
            flows, earlier = by_sender[senders[number - len(counts)]], self._earlier
            return judge_flows(tuple(flows if earlier is None else map(earlier.beside, flows)))

        if self._ahead is not None:
            self._ahead.ask(log.management)
        with ForkPool(work, len(counts) + len(senders), self._processes) as forked:
            shared, witnesses, census, *verdicts = forked.finish()
        self._witnesses += cast("LossEvidence", witnesses)
        self._census += cast("Census", census)
        for sender, verdict in zip(senders, cast("list[VideoVerdict]", verdicts), strict=True):
            self._verdicts[sender] = find_strongest([self._verdicts.get(sender, NOTHING_HEARD), verdict])
        if log.management != self._management:
            read = read_elements if self._ahead is None else self._ahead.read
            self._said, self._management = read(log.management), log.management
        self._note_runs(by_sender)
        for sender, signs in cast("dict[int, frozenset[Sign]]", shared).items():
            self._shared[sender] = self._shared.get(sender, frozenset()) | signs
        if len(log.frames):
            self._start_ns = min(log.start_ns, self._start_ns) if self._frames else log.start_ns
            self._end_ns = max(log.end_ns, self._end_ns) if self._frames else log.end_ns
        self._logs += 1
        self._frames += len(log.frames)
        self._rejected = log.rejected

    def _note_runs(self, by_sender: dict[int, list[Flow]]) -> None:
        for flow in (flow for flows in by_sender.values() for flow in flows):
            joined = join_runs(self._runs.get((flow.sender, flow.peer), ()), list_runs(flow))
            if joined:
                self._runs[flow.sender, flow.peer] = joined
        if len(self._verdicts) > MAX_ADDRESSES or len(self._runs) > MAX_ADDRESSES:
            known = set(self._census.senders.tolist())
            self._verdicts = {sender: one for sender, one in self._verdicts.items() if sender in known}
            self._runs = {pair: found for pair, found in self._runs.items() if pair[0] in known}
            self._shared = {sender: signs for sender, signs in self._shared.items() if sender in known}
            self._alone &= known

    def finish(self, *, tally: ReadTally) -> WifiScan:
        """Describe the transmitters of all logs; `tally` is what reading them came to."""
        listened_s = (self._end_ns - self._start_ns) / 1e9
        report = conclude_reception(self._witnesses, self._census.senders)
        verdict_of = dict(self._verdicts)
        if self._logs > 1:
            for (sender, _), runs in self._runs.items():
                after_s = judge_runs(runs)
                if after_s is not None:
                    clips = VideoVerdict("video_uplink", CLIP_SCORE, round(after_s, 3), None)
                    verdict_of[sender] = find_strongest([verdict_of.get(sender, NOTHING_HEARD), clips])
        judged = []
        for one in describe_transmitters(self._census, self._said.by_sender, self._chains, frozenset(self._alone)):
            hearing = report.of(one.addresses)
            verdict = find_strongest([verdict_of[a] for a in one.addresses if a in verdict_of])
            signs = frozenset[Sign]().union(*(self._signs_of(a) for a in one.addresses))
            tempered = doubt_video(temper_video(verdict, hearing, listened_s), signs)
            judged.append(JudgedTransmitter(one, tempered, hearing, tuple(sorted(signs))))
        rejected = self._rejected + tally.rejected + Counter({"over_transmitter_limit": self._census.dropped})
        return WifiScan(
            frames=self._frames,
            rejected=dict(sorted(rejected.items())),
            cut_tail_octets=tally.cut_tail_octets,
            start_ns=self._start_ns,
            listened_s=listened_s,
            unheard_senders=report.unheard_senders,
            said=self._said,
            transmitters=tuple(judged),
        )

    def _signs_of(self, address: int) -> frozenset[Sign]:
        now = self._shared.get(address, frozenset[Sign]())
        return now if self._earlier is None else now | self._earlier.signs_of(address)


def doubt_video(verdict: VideoVerdict, signs: frozenset[Sign]) -> VideoVerdict:
    """The verdict that stands where `signs` show two transmitters under one address: whatever was said of what both
    sent, but that it was too little, is open for that reason; the score stays.
    """
    if signs and verdict.reason not in TOO_LITTLE:
        return replace(verdict, verdict="not_assessable", decided_after_s=None, reason=TWO_TRANSMITTERS)
    return verdict


def scan_log(
    log: FrameLog, *, cut_tail_octets: int = 0, earlier: EarlierFlows | None = None, alone: frozenset[int] = frozenset()
) -> WifiScan:
    """Describe and judge the transmitters of one log; what `earlier` stands heard of a flow is judged with it.

    What is said of the addresses in `alone` is said of no other.
    """
    scanner = Scanner(earlier=earlier, alone=alone)
    scanner.add(log)
    return scanner.finish(tally=ReadTally(cut_tail_octets=cut_tail_octets))


def scan_file(
    path: Path, *, as_flows: bool = False, processes: int = 1, window_frames: int = WINDOW_FRAMES
) -> WifiScan:
    """Read a capture and describe its transmitters; CaptureFileError (one line) when that cannot be done.

    More than `window_frames` frames are judged in windows, so that memory does not grow with the length: what spans a
    seam is judged on either side of it.
    """
    with (
        open_windows(path, as_flows=as_flows, window_frames=window_frames) as reader,
        background_dissector(is_wanted=processes > 1 and not as_flows) as ahead,
    ):
        scanner = Scanner(processes=processes, ahead=ahead)
        for log in reader.windows:
            scanner.add(log)
            del log  # or it stays while the next one is read
    return scanner.finish(tally=reader.tally)

"""A capture file in, transmitters out: `sweep wifi FILE`.

Input is a pcap or pcapng file of an 802.11 link type, or of Ethernet when it is to be read as flows; output is a
`WifiScan`.  Addresses leave it as tags under a key unless full ones are asked for.  SSIDs never appear in its JSON.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sweep.addresses import AddressForm, AddressKey, format_address, is_locally_administered, to_oui
from sweep.captures.files import open_capture
from sweep.captures.packets import LINK_ETHERNET, CaptureFileError, PacketBlock, ReadTally, shown

from .blindness import Hearing, assess_hearing, temper_video
from .dot11 import Dot11Frames, parse_block
from .earlier import EarlierFlows
from .element_reader import Said, read_elements
from .flows import EthernetReader
from .forked import Forked
from .framelog import FrameLog, build_log
from .radio_headers import WIFI_LINK_TYPES
from .transmitters import Flow, Transmitter, list_flows, list_transmitters
from .video import VideoVerdict, find_strongest, judge_flows

_LINK_ADVICE: Final = {
    1: "this is Ethernet, read it with --flows",
    187: "this is Bluetooth, use sweep ble",
    201: "this is Bluetooth, use sweep ble",
    251: "this is Bluetooth, use sweep ble",
    256: "this is Bluetooth, use sweep ble",
    272: "this is Bluetooth, use sweep ble",
}


@dataclass(frozen=True, slots=True)
class JudgedTransmitter:
    """A transmitter and what its traffic looks like."""

    transmitter: Transmitter
    video: VideoVerdict
    """In view of how well it was heard."""
    hearing: Hearing


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
            "reason": video.reason,
        },
        "hearing": {
            "basis": basis,
            "heard_share": None if share is None else round(share, 3),
            "unheard_to": hearing.unheard_to,
            "airtime_share": round(hearing.reserved_s / listened_s, 4) if listened_s > 0 else 0.0,
            "clock_hz": hearing.clock_hz,
        },
    }


def read_log(path: Path, *, as_flows: bool = False) -> tuple[FrameLog, ReadTally]:
    """All usable frames of a capture file.

    `as_flows` also takes Ethernet captures, whose packets stand for the 802.11 frames that would have carried them.
    Raises CaptureFileError for a file that is no capture or holds packets of other link types only.
    """
    ethernet = EthernetReader()
    seen: set[int] = set()

    def noted(blocks: Iterator[PacketBlock]) -> Iterator[PacketBlock]:
        for block in blocks:
            seen.add(block.link_type)
            yield block

    def parse(block: PacketBlock) -> tuple[Dot11Frames, Counter[str]]:
        return ethernet.parse(block) if block.link_type == LINK_ETHERNET else parse_block(block)

    wanted = WIFI_LINK_TYPES | {LINK_ETHERNET} if as_flows else WIFI_LINK_TYPES
    with open_capture(path) as reader:
        log = build_log(noted(reader.blocks), parse=parse, link_types=wanted)
        if seen and not seen & wanted:
            link_type = min(seen)
            advice = _LINK_ADVICE.get(link_type, "record in monitor mode")
            raise CaptureFileError(f"{shown(path)}: holds no 802.11 frames (link type {link_type}); {advice}")
    log = replace(log, rejected=log.rejected + reader.tally.rejected)
    if as_flows and LINK_ETHERNET in seen:
        log = replace(log, frames=ethernet.mark_direction(log.frames))
    return log, reader.tally


def scan_log(
    log: FrameLog, *, cut_tail_octets: int = 0, processes: int = 1, earlier: EarlierFlows | None = None
) -> WifiScan:
    """Describe and judge the transmitters of a log; with several `processes` flows are judged at the same time.

    What `earlier` stands heard of a flow is judged with it.
    """
    by_sender: dict[int, list[Flow]] = {}
    for flow in list_flows(log):
        by_sender.setdefault(flow.sender, []).append(flow if earlier is None else earlier.beside(flow))
    senders = sorted(by_sender, key=lambda sender: -sum(len(flow.t_ns) for flow in by_sender[sender]))
    with Forked(lambda number: judge_flows(tuple(by_sender[senders[number]])), len(senders), processes) as forked:
        report = assess_hearing(log)
        said = read_elements(log.management)
        transmitters = list_transmitters(log, said.by_sender)
        verdict_of = dict(zip(senders, forked.finish(), strict=True))
    judged = []
    for one in transmitters:
        hearing = report.of(one.addresses)
        verdict = find_strongest([verdict_of[a] for a in one.addresses if a in verdict_of])
        judged.append(JudgedTransmitter(one, temper_video(verdict, hearing, log.listened_s), hearing))
    return WifiScan(
        frames=len(log.frames),
        rejected=dict(sorted(log.rejected.items())),
        cut_tail_octets=cut_tail_octets,
        start_ns=log.start_ns,
        listened_s=log.listened_s,
        unheard_senders=report.unheard_senders,
        said=said,
        transmitters=tuple(judged),
    )


def scan_file(path: Path, *, as_flows: bool = False, processes: int = 1) -> WifiScan:
    """Read a capture and describe its transmitters; CaptureFileError (one line) when that cannot be done."""
    log, tally = read_log(path, as_flows=as_flows)
    return scan_log(log, cut_tail_octets=tally.cut_tail_octets, processes=processes)

"""Capture files as frame logs: one of all frames, or one after the other in bounded memory.

Input is a pcap or pcapng file of an 802.11 link type, or of Ethernet when it is to be read as flows; output is
`FrameLog`s.  A file of other link types only is refused with one line that says what to do instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sweep.captures.files import open_capture
from sweep.captures.packets import LINK_ETHERNET, CaptureFileError, PacketBlock, ReadTally, shown
from sweep.phrases import Phrase

from .dot11 import Dot11Frames, parse_block
from .flows import RouterFinder, parse_ethernet
from .framelog import WINDOW_FRAMES, FrameLog, ParseBlock, build_log, read_windows
from .radio_headers import WIFI_LINK_TYPES

_BLUETOOTH: Final = Phrase("this_is_bluetooth")
_IP_ONLY: Final = Phrase("packets_without_senders")
_COOKED: Final = Phrase("recorded_on_any")
_LINK_ADVICE: Final = {
    1: Phrase("ethernet_read_flows"),
    **dict.fromkeys((187, 201, 251, 256, 272), _BLUETOOTH),
    **dict.fromkeys((0, 12, 14, 101, 108, 228, 229), _IP_ONLY),
    **dict.fromkeys((113, 276), _COOKED),
}
"""By LINKTYPE_ value; 0 and 108 are loopback, 12 and 14 raw IP as some systems number it."""


@dataclass(frozen=True, slots=True)
class WindowReader:
    """A capture open for one pass: iterate `windows` once, then read `tally`."""

    windows: Iterator[FrameLog]
    tally: ReadTally


@contextmanager
def open_windows(path: Path, *, as_flows: bool = False, window_frames: int = WINDOW_FRAMES) -> Iterator[WindowReader]:
    """A capture file as logs of `window_frames` frames or somewhat more, one at least.

    `as_flows` also takes Ethernet captures, whose packets stand for the 802.11 frames that would have carried them;
    who is the router is known only at their end, so they are read twice.  Raises CaptureFileError for a file that is
    no capture, and at its end for one that holds packets of other link types only.
    """
    wanted, parse = _find_parser(path, as_flows=as_flows)
    with open_capture(path) as reader:
        seen: set[int] = set()
        windows = read_windows(_noted(reader.blocks, seen), parse=parse, link_types=wanted, window_frames=window_frames)
        yield WindowReader(windows, reader.tally)
        _refuse_foreign(path, seen, wanted)


def read_log(path: Path, *, as_flows: bool = False) -> tuple[FrameLog, ReadTally]:
    """All usable frames of a capture file, 6.8 million at most; raises as `open_windows` does."""
    wanted, parse = _find_parser(path, as_flows=as_flows)
    seen: set[int] = set()
    with open_capture(path) as reader:
        log = build_log(_noted(reader.blocks, seen), parse=parse, link_types=wanted)
    _refuse_foreign(path, seen, wanted)
    return replace(log, rejected=log.rejected + reader.tally.rejected), reader.tally


def _noted(blocks: Iterator[PacketBlock], seen: set[int]) -> Iterator[PacketBlock]:
    for block in blocks:
        seen.add(block.link_type)
        yield block


def _find_parser(path: Path, *, as_flows: bool) -> tuple[frozenset[int], ParseBlock]:
    """Link types that are read, and how."""
    if not as_flows:
        return WIFI_LINK_TYPES, parse_block
    finder = RouterFinder()
    with open_capture(path) as reader:
        for block in reader.blocks:
            if block.link_type == LINK_ETHERNET:
                finder.note(block)
    router = finder.find()

    def parse(block: PacketBlock) -> tuple[Dot11Frames, Counter[str]]:
        return parse_ethernet(block, router) if block.link_type == LINK_ETHERNET else parse_block(block)

    return WIFI_LINK_TYPES | {LINK_ETHERNET}, parse


def _refuse_foreign(path: Path, seen: set[int], wanted: frozenset[int]) -> None:
    if seen and not seen & wanted:
        link_type = min(seen)
        advice = _LINK_ADVICE.get(link_type, Phrase("record_in_monitor_mode"))
        raise CaptureFileError(Phrase("capture_without_wifi", file=shown(path), link_type=link_type, advice=advice))

"""A BLE capture in, devices out: `sweep ble FILE`.

Input is a pcap, pcapng, btsnoop or JSON file; output is a `BleScan`, one device per address.  Addresses leave it as
tags under a key unless full ones are asked for; names stay inside then, except that of a camera hint, which is the
evidence itself.  Names are escaped before they reach any text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from sweep.captures.files import CaptureReader, open_capture
from sweep.captures.packets import CaptureFileError, PacketBlock, ReadTally, open_regular_file, shown
from sweep.captures.pcapng import MAGIC as PCAPNG_MAGIC
from sweep.modality.addresses import AddressForm, AddressKey, format_address, to_oui
from sweep.phrases import Phrase, phrase_of

from . import btsnoop
from .adverts import Advert
from .identity import Identity, identify
from .jsonadverts import read_json_adverts
from .linklayer import BLE_LINK_TYPES, Found, read_event, read_packet

MAX_ADVERTS: Final = 2_000_000
"""Adverts kept per capture: guessed, an hour in a crowded hall; what comes after is counted."""
MAX_KEPT_PER_DEVICE: Final = 512
"""Different adverts kept per device for its identity: bounds the work on hostile input."""
_TEXT_STARTS: Final = b"[{ \t\r\n\xef"


@dataclass(frozen=True, slots=True)
class LevelSummary:
    """Levels over the adverts of a device; medians, since dBm is never averaged."""

    median_dbm: float
    max_dbm: float


@dataclass(frozen=True, slots=True)
class Device:
    """One advertiser."""

    addresses: tuple[int, ...]
    """48-bit numbers; empty for a record that carries none."""
    is_random: bool
    identity: Identity
    name: bytes
    """Raw octets: hostile, for the body of a finding only."""
    level: LevelSummary | None
    adverts: int
    """Packets heard from the device itself."""
    requests: int
    """Packets in which another device addressed it."""
    is_connectable: bool
    first_ns: int
    last_ns: int


@dataclass(frozen=True, slots=True)
class BleScan:
    """What one capture holds."""

    adverts: int
    rejected: dict[str, int]
    """Packets left out, by named reason."""
    cut_tail_octets: int
    devices: tuple[Device, ...]

    def to_json(self, *, addresses: AddressForm = "hashed", key: AddressKey | None = None) -> dict[str, Any]:
        """The scan as a JSON object (fields as DESIGN says); `key` makes tags comparable between scans."""
        used = key or AddressKey.random()
        return {
            "adverts": self.adverts,
            "rejected": self.rejected,
            "cut_tail_octets": self.cut_tail_octets,
            "addresses": addresses,
            "key_id": used.key_id if addresses == "hashed" else None,
            "devices": [_device_json(device, addresses, used) for device in self.devices],
        }


def _device_json(device: Device, form: AddressForm, key: AddressKey) -> dict[str, Any]:
    from sweep.report import display_text  # loads Pydantic

    identity = device.identity
    shows_name = bool(device.name) and (form == "full" or identity.kind == "camera_hint")
    return {
        "addresses": [format_address(a) if form == "full" else key.tag(a) for a in device.addresses],
        "ouis": [None if device.is_random else to_oui(a) for a in device.addresses],
        "address_type": "random" if device.is_random else "public",
        "kind": identity.kind,
        "name": display_text(device.name) if shows_name else None,
        "company": identity.company,
        "hints": [{"code": hint.code, "weight_log10": hint.weight_log10} for hint in identity.hints],
        "camera_weight_log10": identity.camera_weight_log10,
        "rssi_dbm": {"median": device.level.median_dbm, "max": device.level.max_dbm} if device.level else None,
        "adverts": device.adverts,
        "requests": device.requests,
        "is_connectable": device.is_connectable,
    }


def scan_file(path: Path) -> BleScan:
    """Read a capture and describe its devices; CaptureFileError (one line) when that cannot be done."""
    adverts, rejected, tally = read_adverts(path)
    return build_scan(adverts, rejected=rejected, cut_tail_octets=tally.cut_tail_octets)


def read_adverts(path: Path) -> tuple[list[Advert], Counter[str], ReadTally]:
    """All adverts of a capture file of any format that is read, with what was left out."""
    with open_regular_file(path) as stream:
        head = stream.read(8)
    tally = ReadTally()
    if head.startswith(btsnoop.MAGIC):
        adverts, rejected = _collect(_btsnoop_results(path, tally))
        return adverts, rejected + tally.rejected, tally
    if head[:1] and head[:1] in _TEXT_STARTS and not head.startswith(PCAPNG_MAGIC):
        adverts, rejected = read_json_adverts(path)
        return adverts, rejected, tally
    with _open_capture(path) as reader:
        link_types: set[int] = set()
        adverts, rejected = _collect(_packet_results(reader.blocks, link_types))
        if link_types and not link_types & BLE_LINK_TYPES:
            raise CaptureFileError(Phrase("capture_without_bluetooth", file=shown(path), link_type=min(link_types)))
        return adverts, rejected + reader.tally.rejected, reader.tally


@contextmanager
def _open_capture(path: Path) -> Iterator[CaptureReader]:
    """As `open_capture`; what is of no format at all is told with every format that is read here."""
    try:
        with open_capture(path) as reader:
            yield reader
    except CaptureFileError as error:
        told = phrase_of(error)
        if told.code != "not_a_pcap_capture":
            raise
        raise CaptureFileError(Phrase("not_a_bluetooth_capture", **told.values)) from None


def _packet_results(blocks: Iterator[PacketBlock], link_types: set[int]) -> Iterator[Found]:
    for block in blocks:
        link_types.add(block.link_type)
        is_known = block.link_type in BLE_LINK_TYPES
        for index in range(len(block)):
            t_ns = int(block.t_ns[index])
            yield read_packet(block.link_type, block.packet(index), t_ns) if is_known else "foreign_link_type"


def _btsnoop_results(path: Path, tally: ReadTally) -> Iterator[Found]:
    for link_type, packet, t_ns in btsnoop.read_packets(path, tally):
        yield read_event(packet, t_ns) if link_type == btsnoop.HCI_EVENTS else read_packet(link_type, packet, t_ns)


def _collect(results: Iterable[Found]) -> tuple[list[Advert], Counter[str]]:
    adverts: list[Advert] = []
    rejected: Counter[str] = Counter()
    for found in results:
        if isinstance(found, str):
            rejected[found] += 1
        elif len(adverts) >= MAX_ADVERTS:
            rejected["over_advert_limit"] += len(found)
        else:
            adverts += found
    return adverts, rejected


def build_scan(adverts: Iterable[Advert], *, rejected: Counter[str], cut_tail_octets: int = 0) -> BleScan:
    """Group adverts by address and identify each device; an advert without address is a device of its own."""
    groups: dict[tuple[int, bool] | int, list[Advert]] = {}
    count = 0
    for number, advert in enumerate(adverts):
        key = number if advert.address is None else (advert.address, advert.is_random)
        groups.setdefault(key, []).append(advert)
        count += not advert.is_request
    devices = [_describe(group) for group in groups.values()]
    return BleScan(
        adverts=count,
        rejected={reason: number for reason, number in sorted(rejected.items()) if number},
        cut_tail_octets=cut_tail_octets,
        devices=tuple(sorted(devices, key=lambda device: -device.adverts)),
    )


def _describe(group: list[Advert]) -> Device:
    heard = [advert for advert in group if not advert.is_request]
    levels = [advert.rssi_dbm for advert in heard if advert.rssi_dbm is not None]
    said = {(a.name, a.manufacturer_data, a.service_uuids, a.service_data, a.appearance): a for a in heard}.values()
    names = Counter(advert.name for advert in heard if advert.name)
    times = [advert.t_ns for advert in group]
    return Device(
        addresses=() if group[0].address is None else (group[0].address,),
        is_random=group[0].is_random,
        identity=identify(list(said)[:MAX_KEPT_PER_DEVICE]),
        name=max(names, key=lambda name: (names[name], len(name))) if names else b"",
        level=LevelSummary(float(median(levels)), float(max(levels))) if levels else None,
        adverts=len(heard),
        requests=len(group) - len(heard),
        is_connectable=any(advert.is_connectable for advert in heard),
        first_ns=min(times),
        last_ns=max(times),
    )

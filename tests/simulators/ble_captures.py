"""Simulated BLE advertisers as a sniffer or a controller at one place would record them.

Output is a pcap of link layer packets with valid checksums behind a radio header, or the JSON form that `sweep ble`
reads, by the suffix of the path.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sweep.ble.linklayer import ADVERTISING_ACCESS_ADDRESS, LINK_LL_RADIO, compute_crc
from sweep.modality.addresses import parse_address
from sweep.sim.air.ble import DEFAULT_START_NS, BleEmitter, HeardAdvert, hear_adverts
from tests.simulators.pcap import write_pcap

_ADV_IND, _ADV_NONCONN = 0x00, 0x02
_RANDOM_ADDRESS: Final = 0x40


def write_ble_capture(
    path: Path,
    *,
    emitters: Sequence[BleEmitter],
    listener_xy_m: tuple[float, float],
    seconds: float,
    seed: int,
    start_ns: int = DEFAULT_START_NS,
) -> int:
    """Write what a receiver at `listener_xy_m` hears within `seconds`; returns the number of adverts.

    A path that ends in `.json` becomes JSON, any other a pcap.  ValueError for a bad address.
    """
    heard = hear_adverts(emitters=emitters, listener_xy_m=listener_xy_m, seconds=seconds, seed=seed, start_ns=start_ns)
    if path.suffix == ".json":
        rows = [_to_row(advert) for advert in heard]
        path.write_text(json.dumps({"adverts": rows}, separators=(",", ":")) + "\n", encoding="utf-8")
        return len(rows)
    return write_pcap(path, [_to_packet(advert) for advert in heard], link_type=LINK_LL_RADIO)


def _to_packet(advert: HeardAdvert) -> tuple[int, bytes, int]:
    kind = _ADV_IND if advert.is_connectable else _ADV_NONCONN
    body = parse_address(advert.emitter.address).to_bytes(6, "little") + advert.payload
    pdu = bytes([kind | _RANDOM_ADDRESS, len(body)]) + body
    # Channel, level, noise, offences, reference access address, flags: dewhitened, level valid, CRC checked and valid.
    radio = struct.pack("<BbbBIH", 0, advert.level_dbm, -128, 0, ADVERTISING_ACCESS_ADDRESS, 0x0C03)
    packet = radio + struct.pack("<I", ADVERTISING_ACCESS_ADDRESS) + pdu + compute_crc(pdu)
    return advert.t_ns, packet, len(packet)


def _to_row(advert: HeardAdvert) -> dict[str, Any]:
    return {
        "t_s": round(advert.t_ns / 1e9, 3),
        "address": advert.emitter.address,
        "address_type": "random",
        "rssi_dbm": advert.level_dbm,
        "is_connectable": advert.is_connectable,
        "raw": advert.payload.hex(),
    }

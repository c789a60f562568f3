"""BLE packets as sniffers and host controllers record them, one by one, to adverts.

Input is the octets of one captured packet and its link type; output is a list of `Advert` or a named reason for
rejection.  Link types: 251 (link layer), 256 (the same behind a radio header, Ubertooth), 272 (nRF Sniffer), 187 and
201 (HCI of a host), 254 (Linux monitor).  Packets whose checksum fails are noise and are rejected.  Of a scan or
connection request only the advertiser it names is taken: whoever sent it is a bystander's device and is passed over.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Final

from sweep.phrases import Phrase

from .adverts import Advert, read_body

LINK_H4, LINK_H4_DIRECTION, LINK_LL, LINK_MONITOR, LINK_LL_RADIO, LINK_NORDIC = 187, 201, 251, 254, 256, 272
BLE_LINK_TYPES: Final = frozenset({LINK_H4, LINK_H4_DIRECTION, LINK_LL, LINK_MONITOR, LINK_LL_RADIO, LINK_NORDIC})
ADVERTISING_ACCESS_ADDRESS: Final = 0x8E89BED6
UNKNOWN_RSSI: Final = 127

_ADV_IND, _ADV_DIRECT, _ADV_NONCONN, _SCAN_REQUEST, _SCAN_RESPONSE, _CONNECT_REQUEST, _ADV_SCAN, _ADV_EXTENDED = range(
    8
)
Found = list[Advert] | str


@lru_cache(maxsize=1)
def _crc_table() -> tuple[int, ...]:
    table = []
    for octet in range(256):
        value = octet
        for _ in range(8):
            value = value >> 1 ^ 0xDA6000 if value & 1 else value >> 1  # x^24+x^10+x^9+x^6+x^4+x^3+x+1, bits reversed
        table.append(value)
    return tuple(table)


def compute_crc(pdu: bytes) -> bytes:
    """The three CRC octets of an advertising channel PDU, in the order of transmission."""
    table = _crc_table()
    state = 0xAAAAAA  # CRC_INIT with its bits reversed
    for octet in pdu:
        state = state >> 8 ^ table[(state ^ octet) & 0xFF]
    return state.to_bytes(3, "little")


def read_packet(link_type: int, packet: bytes, t_ns: int) -> Found:
    """The adverts of one packet, or why there are none; ValueError for a link type outside BLE_LINK_TYPES."""
    match link_type:
        case 251:
            return _read_link_layer(packet, t_ns, None)
        case 256:
            return _read_radio_header(packet, t_ns)
        case 272:
            return _read_nordic(packet, t_ns)
        case 187:
            return read_h4(packet, t_ns)
        case 201:
            return read_h4(packet[4:], t_ns)
        case 254:
            if len(packet) < 4:
                return "short_header"
            is_event = int.from_bytes(packet[2:4], "big") == 3
            return read_event(packet[4:], t_ns) if is_event else "not_an_advert"
        case other:
            raise ValueError(Phrase("link_type_without_bluetooth", link_type=other))


def _read_radio_header(packet: bytes, t_ns: int) -> Found:
    # Channel u8, signal i8, noise i8, offences u8, reference access address u32, flags u16 (little-endian).
    if len(packet) < 10:
        return "short_header"
    _, signal, _, _, _, flags = struct.unpack_from("<BbbBIH", packet)
    if not flags & 0x0001:
        return "still_whitened"
    if flags & 0x0C00 == 0x0400:
        return "bad_crc"
    return _read_link_layer(packet[10:], t_ns, signal if flags & 0x0002 else None)


def _read_nordic(packet: bytes, t_ns: int) -> Found:
    # Board u8, then header: v1 length u8, payload u8; v2, v3 payload u16; version u8, counter u16, packet kind u8; then
    # length (10) u8, flags u8, channel u8, minus RSSI u8, event counter u16, time u32, link layer packet.
    if len(packet) < 17:
        return "short_header"
    if packet[3] not in {1, 2, 3}:
        return "unknown_sniffer_version"
    length, flags, level = packet[7], packet[8], packet[10]
    if length != 10:
        return "unknown_sniffer_version"
    if not flags & 1:
        return "bad_crc"
    return _read_link_layer(packet[17:], t_ns, -level)


def _read_link_layer(packet: bytes, t_ns: int, rssi_dbm: int | None) -> Found:
    # Access address u32, header (type, flags; length), payload, CRC.
    if len(packet) < 6:
        return "short_header"
    if int.from_bytes(packet[:4], "little") != ADVERTISING_ACCESS_ADDRESS:
        return "not_an_advert"
    kind, is_random, length = packet[4] & 0x0F, bool(packet[4] & 0x40), packet[5]
    if len(packet) < 6 + length:
        return "cut_packet"
    crc = packet[6 + length : 9 + length]
    if len(crc) == 3 and crc != compute_crc(packet[4 : 6 + length]):
        return "bad_crc"
    payload = packet[6 : 6 + length]
    if kind == _ADV_EXTENDED:
        return _read_extended(payload, t_ns, rssi_dbm, is_random=is_random)
    if kind in {_SCAN_REQUEST, _CONNECT_REQUEST}:
        return _read_request(payload, t_ns, is_random=bool(packet[4] & 0x80))
    if kind not in {_ADV_IND, _ADV_DIRECT, _ADV_NONCONN, _SCAN_RESPONSE, _ADV_SCAN}:
        return "not_an_advert"
    if length < 6:
        return "cut_packet"
    data = b"" if kind == _ADV_DIRECT else payload[6:]
    return [build_advert(t_ns, payload[:6], data, rssi_dbm, is_random=is_random, is_connectable=kind in {0, 1})]


def _read_request(payload: bytes, t_ns: int, *, is_random: bool) -> Found:
    # Requester's address, advertiser's address, for a connection its parameters.
    if len(payload) < 12:
        return "cut_packet"
    address = int.from_bytes(payload[6:12], "little")
    return [Advert(t_ns, address, is_random, rssi_dbm=None, is_connectable=True, is_request=True)]


def _read_extended(payload: bytes, t_ns: int, rssi_dbm: int | None, *, is_random: bool) -> Found:
    # Header length (6 bits) and mode (2 bits), flags u8, then fields in the order of the flags; AdvA is the first.
    if len(payload) < 2:
        return "cut_packet"
    header_length, mode = payload[0] & 0x3F, payload[0] >> 6
    if header_length < 1 or 1 + header_length > len(payload):
        return "cut_packet"
    if not payload[1] & 0x01 or header_length < 7:
        return "extended_without_address"
    data = payload[1 + header_length :]
    return [build_advert(t_ns, payload[2:8], data, rssi_dbm, is_random=is_random, is_connectable=mode == 1)]


def read_h4(packet: bytes, t_ns: int) -> Found:
    """A host controller packet behind its H4 type octet; only events hold adverts."""
    if not packet:
        return "short_header"
    return read_event(packet[1:], t_ns) if packet[0] == 4 else "not_an_advert"


def read_event(event: bytes, t_ns: int) -> Found:
    """An HCI event: code u8, length u8, parameters; LE advertising reports, legacy and extended."""
    if len(event) < 3:
        return "short_header"
    if event[0] != 0x3E or event[2] not in {0x02, 0x0D}:
        return "not_an_advert"
    body = event[3 : 2 + event[1]]
    if len(event) < 2 + event[1] or not body:
        return "cut_packet"
    read = _read_legacy_report if event[2] == 0x02 else _read_extended_report
    found: list[Advert] = []
    position = 1
    for _ in range(body[0]):
        report = read(body, position, t_ns)
        if report is None:
            break
        position = report[0]
        found.append(report[1])
    return found or "cut_packet"


def _read_legacy_report(body: bytes, at: int, t_ns: int) -> tuple[int, Advert] | None:
    # Event type u8, address type u8, address, length u8, data, RSSI i8.
    if len(body) < at + 10 or len(body) < at + 10 + body[at + 8]:
        return None
    length = body[at + 8]
    data, level = body[at + 9 : at + 9 + length], struct.unpack_from("b", body, at + 9 + length)[0]
    advert = build_advert(
        t_ns,
        body[at + 2 : at + 8],
        data,
        level,
        is_random=bool(body[at + 1] & 1),
        is_connectable=body[at] in {0, 1},
    )
    return at + 10 + length, advert


def _read_extended_report(body: bytes, at: int, t_ns: int) -> tuple[int, Advert] | None:
    # Event type u16, address type u8, address, PHYs 2, set u8, power i8, RSSI i8, interval u16, direct address 7,
    # length u8, data.
    if len(body) < at + 24 or len(body) < at + 24 + body[at + 23]:
        return None
    length = body[at + 23]
    advert = build_advert(
        t_ns,
        body[at + 3 : at + 9],
        body[at + 24 : at + 24 + length],
        struct.unpack_from("b", body, at + 13)[0],
        is_random=bool(body[at + 2] & 1),
        is_connectable=bool(body[at] & 1),
    )
    return at + 24 + length, advert


def build_advert(
    t_ns: int, address: bytes, data: bytes, rssi_dbm: int | None, *, is_random: bool, is_connectable: bool
) -> Advert:
    """An advert from address octets as transmitted (least significant first) and AD structures."""
    body = read_body(data)
    return Advert(
        t_ns=t_ns,
        address=int.from_bytes(address, "little"),
        is_random=is_random,
        rssi_dbm=None if rssi_dbm is None or rssi_dbm == UNKNOWN_RSSI or rssi_dbm >= 20 else rssi_dbm,
        is_connectable=is_connectable,
        name=body.name,
        manufacturer_data=body.manufacturer_data,
        service_uuids=body.service_uuids,
        service_data=body.service_data,
        appearance=body.appearance,
    )

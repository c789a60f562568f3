"""Adverts written as JSON, by this project or by decoders that publish labelled examples.

Input is a file that holds a list of objects, or an object with the list under `adverts`.  Fields, all optional: `t_s`
(epoch seconds), `address`, `address_type` (`public`, `random`), `rssi_dbm`, `is_connectable`, `name` or `name_hex`,
`manufacturer_data` {company: hex}, `service_uuids` [uuid], `service_data` {uuid: hex}, `appearance`, `raw` (hex of AD
structures).  The spelling of theengs/decoder (`mac`, `manufacturerdata`, `uuid`, `servicedata`, `datatype`, `data`) is
read too.  A field that is not known or cannot be read is counted and left out; refused is only a file that is no such
list, or in whose objects no field is known.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from sweep.captures.packets import CaptureFileError, read_document, shown
from sweep.modality.addresses import format_address, parse_address
from sweep.phrases import Phrase

from .adverts import NO_UUID16, Advert, AdvertBody, read_body, to_uuid16

FIELDS: Final = (
    "t_s", "address", "address_type", "rssi_dbm", "is_connectable", "name", "name_hex", "manufacturer_data",
    "service_uuids", "service_data", "appearance", "raw",
)  # fmt: skip
KNOWN_FIELDS: Final = frozenset({*FIELDS, "mac", "manufacturerdata", "uuid", "servicedata", "datatype", "data"})
UNKNOWN_FIELD: Final = "unknown_field"
"""Counted once for each object's field."""
MAX_FILE_OCTETS: Final = 64 * 1024 * 1024
MAX_VALUE_OCTETS: Final = 1650
"""Longest data of one field: the most an extended advertisement carries (Core Specification 6, 4E 7.8.57)."""


def read_json_adverts(path: Path) -> tuple[list[Advert], Counter[str]]:
    """All adverts of a JSON file, and counts of what could not be read in it; CaptureFileError for anything else."""
    document = read_document(path, MAX_FILE_OCTETS, Phrase("give_advertisements"))
    rows = document.get("adverts") if isinstance(document, dict) else document
    if not isinstance(rows, list):
        raise CaptureFileError(Phrase("no_advertisement_list", file=shown(path)))
    rejected: Counter[str] = Counter()
    adverts = []
    for row in rows:
        if not isinstance(row, dict):
            rejected["not_an_object"] += 1
            continue
        unknown = len(row.keys() - KNOWN_FIELDS)
        rejected[UNKNOWN_FIELD] += unknown
        if row and unknown == len(row):
            rejected["no_known_field"] += 1
        else:
            adverts.append(_read_row(row, rejected))
    if rejected["no_known_field"] and not adverts:
        raise CaptureFileError(Phrase("no_advertisement_fields", file=shown(path), fields=", ".join(FIELDS)))
    return adverts, +rejected


def write_json_adverts(path: Path, adverts: Iterable[Advert]) -> None:
    """Write adverts so that reading gives them again; of several values under one company or service the last."""
    rows = [_to_row(advert) for advert in adverts]
    path.write_text(json.dumps({"adverts": rows}, separators=(",", ":")) + "\n", encoding="ascii")


def _to_row(advert: Advert) -> dict[str, Any]:
    row: dict[str, Any] = {
        "t_s": advert.t_ns / 1e9,
        "address": None if advert.address is None else format_address(advert.address),
        "address_type": "random" if advert.is_random else "public",
        "rssi_dbm": advert.rssi_dbm,
        "is_connectable": advert.is_connectable,
        "name_hex": advert.name.hex(),
        "manufacturer_data": {f"{company:04x}": data.hex() for company, data in advert.manufacturer_data},
        "service_uuids": [f"{number:04x}" for number in sorted(advert.service_uuids)],
        "service_data": {f"{number:04x}": data.hex() for number, data in advert.service_data},
        "appearance": advert.appearance,
    }
    return {field: value for field, value in row.items() if value not in (None, "", {}, [])}


def _read_row(row: dict[str, Any], rejected: Counter[str]) -> Advert:
    body = _body(row, rejected)
    address = _address(row, rejected)
    seconds = _number(row, "t_s", 0.0, 4e9, rejected)
    level = _number(row, "rssi_dbm", -200.0, 20.0, rejected)
    return Advert(
        t_ns=int((seconds or 0.0) * 1e9),
        address=address,
        is_random=row.get("address_type", "public") == "random",
        rssi_dbm=None if level is None else round(level),
        is_connectable=row.get("is_connectable") is True,
        name=body.name,
        manufacturer_data=body.manufacturer_data,
        service_uuids=body.service_uuids,
        service_data=body.service_data,
        appearance=body.appearance,
    )


def _body(row: dict[str, Any], rejected: Counter[str]) -> AdvertBody:
    raw = read_body(_hex(row.get("raw"), "raw", rejected) or b"")
    companies, services, uuids = list(raw.manufacturer_data), list(raw.service_data), set(raw.service_uuids)
    for key, value in _items(row, "manufacturer_data", rejected):
        number, data = _uuid(key), _hex(value, "manufacturer_data", rejected)
        if number != NO_UUID16 and data is not None:
            companies.append((number, data))
    for key, value in _items(row, "service_data", rejected):
        number, data = _uuid(key), _hex(value, "service_data", rejected)
        if number != NO_UUID16 and data is not None:
            services.append((number, data))
    listed = row.get("service_uuids")
    uuids |= {_uuid(item) for item in listed if isinstance(item, str)} if isinstance(listed, list) else set()
    _read_theengs(row, companies, services, uuids, rejected)
    appearance = _number(row, "appearance", 0, 0xFFFF, rejected)
    return AdvertBody(
        name=_name(row, rejected) or raw.name,
        manufacturer_data=tuple(companies),
        service_uuids=frozenset(uuids - {NO_UUID16}),
        service_data=tuple(services),
        appearance=raw.appearance if appearance is None else int(appearance),
        is_cut=raw.is_cut,
    )


def _read_theengs(
    row: dict[str, Any],
    companies: list[tuple[int, bytes]],
    services: list[tuple[int, bytes]],
    uuids: set[int],
    rejected: Counter[str],
) -> None:
    joined = _hex(row.get("manufacturerdata"), "manufacturerdata", rejected)
    if joined is not None and len(joined) >= 2:
        companies.append((int.from_bytes(joined[:2], "little"), joined[2:]))
    number = _uuid(row.get("uuid"))
    if number == NO_UUID16:
        return
    uuids.add(number)
    value = row.get("servicedata", row.get("data") if row.get("datatype") == "servicedata" else None)
    data = _hex(value, "servicedata", rejected)
    if data:
        services.append((number, data))


def _address(row: dict[str, Any], rejected: Counter[str]) -> int | None:
    text = row.get("address", row.get("mac"))
    if text is None:
        return None
    try:
        return parse_address(text)
    except (ValueError, AttributeError):
        rejected["bad_address"] += 1
        return None


def _name(row: dict[str, Any], rejected: Counter[str]) -> bytes:
    octets = _hex(row.get("name_hex"), "name_hex", rejected)
    if octets is not None:
        return octets
    text = row.get("name", "")
    if not isinstance(text, str):
        rejected["bad_name"] += 1
        return b""
    return text.encode("utf-8", "surrogatepass")[:MAX_VALUE_OCTETS]


def _items(row: dict[str, Any], field: str, rejected: Counter[str]) -> list[tuple[str, Any]]:
    value = row.get(field)
    if value is None:
        return []
    if not isinstance(value, dict):
        rejected[f"bad_{field}"] += 1
        return []
    return list(value.items())


def _hex(value: object, field: str, rejected: Counter[str]) -> bytes | None:
    """The octets of a hexadecimal string; None when the field is absent or (counted) unreadable."""
    if value is None:
        return None
    try:
        octets = bytes.fromhex(value) if isinstance(value, str) else None
    except ValueError:
        octets = None
    if octets is None or len(octets) > MAX_VALUE_OCTETS:
        rejected[f"bad_{field}"] += 1
        return None
    return octets


def _uuid(value: object) -> int:
    """The 16-bit number of `fd5a`, `0xFD5A` or a whole UUID; NO_UUID16 for anything else."""
    if not isinstance(value, str):
        return NO_UUID16
    digits = value.lower().removeprefix("0x").replace("-", "")
    try:
        return to_uuid16(bytes.fromhex(digits))
    except ValueError:
        return NO_UUID16


def _number(row: dict[str, Any], field: str, low: float, high: float, rejected: Counter[str]) -> float | None:
    value = row.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        rejected[f"bad_{field}"] += 1
        return None
    return float(value)

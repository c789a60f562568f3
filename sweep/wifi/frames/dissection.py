"""The only module that imports scapy: the elements of one management frame taken apart.

Input is the octets behind the fixed fields; output is `Elements`.  The list of elements and the attributes of WPS are
declared as scapy packets here, what stands inside of an element (RSN, WPA, the operation elements) scapy knows.  A list
is bounded and flat, so that neither nesting nor a loop can be built out of it, and each element is dissected by itself,
so that one that lies about its length spoils nothing behind it.  What scapy cannot read is a named rejection.  scapy is
loaded without its interfaces, routes, vendors and caches: it dissects here and never opens anything.
"""

from __future__ import annotations

import hashlib
import logging
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any, Final

from sweep.phrases import Phrase

from .elements import MAX_NAMES, Elements
from .management import MAX_BODIES

_UNUSED: Final[dict[str, dict[str, object] | None]] = {
    "cryptography": None,  # to decrypt
    "scapy.main": {"SCAPY_CACHE_FOLDER": None},  # the console; makes folders in the home directory
    "scapy.libs.manuf": {"DATA": ""},  # vendors, 15 MB in memory; `vendors` has its own
    "scapy.libs.bluetoothids": {"DATA": {}},
    "scapy.arch": dict.fromkeys(("get_if_addr", "get_if_hwaddr")),
    "scapy.sendrecv": dict.fromkeys(("sendp", "sniff", "srp", "srp1", "srploop")),
    "scapy.ansmachine": {"AnsweringMachine": list},  # answers others; a base that takes a parameter
    "scapy.layers.inet": dict.fromkeys(("IP", "TCP")),
}
"""Modules that its 802.11 layer loads and that are never used here, with what it asks of them; None: as if it were not
installed, which it can do without."""


@contextmanager
def _without_surroundings() -> Iterator[None]:
    """Let scapy load without asking the kernel for interfaces and routes, and without what is `_UNUSED`."""
    stand_ins: dict[str, ModuleType | None] = {}
    for name, asked in _UNUSED.items():
        if name not in sys.modules:
            stand_ins[name] = None if asked is None else ModuleType(name)
            vars(stand_ins[name] or ModuleType(name)).update(asked or {})
    sys.modules.update(stand_ins)  # type: ignore[arg-type]  # None is how Python notes a module that is not there
    try:
        from scapy.config import conf

        autoload = conf.route_autoload, conf.route6_autoload
        conf.route_autoload = conf.route6_autoload = False
        from scapy.interfaces import ifaces

        vars(ifaces).update(reload=lambda: None, load_confiface=lambda: None)
        yield
        del ifaces.reload, ifaces.load_confiface
        conf.route_autoload, conf.route6_autoload = autoload
    finally:
        for name in stand_ins:
            del sys.modules[name]


with _without_surroundings():
    from scapy import VERSION
    from scapy.error import Scapy_Exception
    from scapy.fields import ByteField, FieldLenField, PacketListField, ShortField, StrLenField
    from scapy.layers.dot11 import (
        AKMSuite,
        Dot11EltDSSSet,
        Dot11EltHEOperation,
        Dot11EltHTOperation,
        Dot11EltMicrosoftWPA,
        Dot11EltRSN,
        RSNCipherSuite,
    )
    from scapy.packet import Packet

logging.getLogger("scapy").setLevel(logging.CRITICAL)  # its warnings repeat what the air says

MAX_ELEMENTS: Final = 128
"""Elements of one frame: guessed, an access point of 2024 sends 40; at 2,300 octets 1,150 empty ones would fit."""
MAX_ATTRIBUTES: Final = 64
"""Attributes of one WPS element: guessed, devices send 10 to 20."""
MAX_NAME_OCTETS: Final = 32
"""Of a device name, as the Wi-Fi Simple Configuration specification allows."""
MAX_SSID_OCTETS: Final = 32
MAX_SUITES: Final = 8
"""Suites told of one element: guessed; 62 would fit."""
FAULTS: Final = (struct.error, Scapy_Exception, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What scapy's fields raise over octets that are not what they should be."""

_DSSS, _HT_OPERATION, _VENDOR, _EXTENSION = 3, 61, 221, 255
_HE_OPERATION: Final = 36
_STABLE: Final = frozenset({1, 45, 50, 59, 127, 191})
"""Elements whose contents belong to the radio and not to the moment: rates, HT, operating classes, extended, VHT."""
_STABLE_EXTENSIONS: Final = frozenset({35, 108})  # HE and EHT capabilities
_WPA, _WPS = b"\x00\x50\xf2\x01", b"\x00\x50\xf2\x04"
_WPS_NAMES, _WPS_UUID, _WPS_TYPE = (0x1011, 0x1021, 0x1023), 0x1047, 0x1054
"""Attributes: device name, manufacturer, model name; UUID-E; primary device type."""
WPS_CATEGORIES: Final = {
    1: "computer", 2: "input", 3: "printer", 4: "camera", 5: "storage", 6: "network", 7: "display", 8: "multimedia",
    9: "gaming", 10: "telephone", 11: "audio",
}  # fmt: skip
"""Wi-Fi Simple Configuration 2.0.8, table 41."""
_PADDING: Final = bytes(24)
"""Behind an RSN element, which may end after any of its fields; scapy takes its own example for what is not there."""


class Element(Packet):
    """Number, length and value, whatever the number (IEEE 802.11-2020, 9.4.2.1)."""

    name = "element"
    fields_desc = [  # noqa: RUF012  as scapy wants it
        ByteField("number", 0),
        FieldLenField("length", None, length_of="value", fmt="B"),
        StrLenField("value", b"", length_from=lambda packet: packet.length),
    ]

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        """What follows is the next element and no part of this one."""
        return b"", s


class WpsAttribute(Packet):
    """Type and length of two octets each, then the value (Wi-Fi Simple Configuration 2.0.8, 12)."""

    name = "attribute"
    fields_desc = [  # noqa: RUF012  as scapy wants it
        ShortField("type", 0),
        FieldLenField("length", None, length_of="value", fmt="H"),
        StrLenField("value", b"", length_from=lambda packet: packet.length),
    ]

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        """What follows is the next attribute."""
        return b"", s


def _list_of(layer: type[Packet], most: int) -> PacketListField:
    return PacketListField("list", [], layer, count_from=lambda _: most, max_count=most)


_ELEMENTS: Final = _list_of(Element, MAX_ELEMENTS)
_ATTRIBUTES: Final = _list_of(WpsAttribute, MAX_ATTRIBUTES)


@lru_cache(maxsize=MAX_BODIES)
def dissect_body(octets: bytes, *, is_announcement: bool) -> Elements:
    """What a run of elements says; the same octets, whoever sends them, are dissected once.

    Rejections: `cut_element` (the last one is cut) and `too_many_elements`: what stands before counts, but gives no
    signature; `odd_name` (longer than a name may be), and `odd_security`, `odd_channel` and `odd_wps` for the contents
    of such elements.
    """
    rest, elements = _ELEMENTS.getfield(Packet(), octets)
    return _Reader(elements, is_announcement=is_announcement).read("too_many_elements" if rest else None)


def examine() -> Phrase | None:
    """What is wrong with the installed scapy; None when it reads a known frame as it should.

    A beacon of a WPA3 camera: name, channel, RSN, WPS.
    """
    said = dissect_body(
        b"\0\4room\3\1\6"
        b"\x30\x12\1\0"
        b"\0\x0f\xac\4\1\0"
        b"\0\x0f\xac\4\1\0"
        b"\0\x0f\xac\x08"
        b"\xdd\x10\0\x50\xf2\4"
        b"\x10\x54\0\x08\0\4\0\x50\xf2\4\0\1",
        is_announcement=True,
    )
    if (said.ssids, said.channel_mhz, said.security, said.device_category) == (
        (b"room",), 2_437, ("rsn sae, ccmp-128",), "camera",
    ):  # fmt: skip
        return None
    return Phrase("scapy_reads_differently", version=VERSION)


class _Reader:
    """Goes through the elements of one frame once."""

    def __init__(self, elements: list[Any], *, is_announcement: bool) -> None:
        self._elements = elements
        self._is_announcement = is_announcement
        self._digest = hashlib.sha256()
        self._ssids: list[bytes] = []
        self._names: list[bytes] = []
        self._uuid = b""
        self._category: str | None = None
        self._security: list[str] = []
        self._channel_mhz: int | None = None
        self._rejected: dict[str, None] = {}

    def read(self, fault: str | None) -> Elements:
        """What was found; `fault` says what is wrong with the list itself."""
        for element in self._elements:
            if not isinstance(element, Element) or len(element.value) < element.length:
                fault = "cut_element"
                break
            self._sign(element.number, element.value)
            self._take(element.number, element.value)
        if fault is not None:
            self._rejected[fault] = None
        return Elements(
            signature=self._digest.hexdigest()[:16] if fault is None else None,
            ssids=tuple(dict.fromkeys(self._ssids))[:MAX_NAMES],
            names=tuple(self._names[:MAX_NAMES]),
            uuid=self._uuid,
            device_category=self._category,
            security=tuple(dict.fromkeys(self._security))[:MAX_SUITES],
            channel_mhz=self._channel_mhz,
            rejected=tuple(self._rejected),
        )

    def _sign(self, number: int, value: bytes) -> None:
        self._digest.update(bytes([number]))
        if number == _VENDOR:
            self._digest.update(value[:4])
        elif number == _EXTENSION:
            self._digest.update(value if value[:1] and value[0] in _STABLE_EXTENSIONS else value[:1])
        elif number in _STABLE:
            self._digest.update(value)

    def _take(self, number: int, value: bytes) -> None:
        """Read the contents of an element that matters."""
        subject = "security"
        try:
            match number:
                case 0 if self._is_announcement and value.strip(b"\0"):  # a name of zeros is hidden
                    if len(value) > MAX_SSID_OCTETS:
                        self._rejected["odd_name"] = None
                    else:
                        self._ssids.append(value)
                case 48:
                    self._security.append("rsn " + _describe_suites(Dot11EltRSN, number, value))
                case 221 if value.startswith(_WPA):
                    self._security.append("wpa " + _describe_suites(Dot11EltMicrosoftWPA, number, value))
                case 221 if value.startswith(_WPS):
                    subject = "wps"
                    self._take_wps(value[len(_WPS) :])
                case 3 | 61 | 255:
                    subject = "channel"
                    found = _read_channel(number, value)
                    self._channel_mhz = self._channel_mhz or found
                case _:
                    pass
        except FAULTS:
            self._rejected[f"odd_{subject}"] = None

    def _take_wps(self, value: bytes) -> None:
        rest, attributes = _ATTRIBUTES.getfield(Packet(), value)
        if rest:
            self._rejected["odd_wps"] = None
        for attribute in attributes:
            if not isinstance(attribute, WpsAttribute):  # cut
                self._rejected["odd_wps"] = None
                return
            content = attribute.value
            if attribute.type in _WPS_NAMES and content.strip(b"\0 "):
                self._names.append(content[:MAX_NAME_OCTETS])
            elif attribute.type == _WPS_UUID and len(content) == 16 and any(content):
                self._uuid = content
            elif attribute.type == _WPS_TYPE and len(content) == 8 and content[2:6] == _WPS:
                self._category = self._category or WPS_CATEGORIES.get(int.from_bytes(content[:2]))


def _describe_suites(layer: type[Packet], number: int, value: bytes) -> str:
    """How to join and by which ciphers: `psk sae, ccmp-128`."""
    if len(value) < 2:
        raise ValueError("no version")
    found = _dissect(layer, number, value, _PADDING)
    counts = found.nb_pairwise_cipher_suites, found.nb_akm_suites
    if 4 * sum(counts) > len(value) or found.version != 1:
        raise ValueError("more suites than there is room for")
    keys = [_name_suite(one, one.suite, AKMSuite) for one in found.akm_suites[:MAX_SUITES]]
    ciphers = [_name_suite(one, one.cipher, RSNCipherSuite) for one in found.pairwise_cipher_suites[:MAX_SUITES]]
    return f"{' '.join(keys)}, {' '.join(ciphers)}"


def _name_suite(suite: Any, number: int, layer: type[Packet]) -> str:
    """As scapy names it; vendors' own suites by their numbers."""
    if suite.oui not in {0x000FAC, 0x0050F2}:
        return f"{suite.oui:06x}:{number}"
    numbered: Any = layer.fields_desc[1]
    return str(numbered.i2s.get(number, number)).lower().replace(" ", "-")


def _read_channel(number: int, value: bytes) -> int | None:
    """MHz of the primary channel; None where this element does not tell."""
    if number == _DSSS:
        return _to_mhz(_dissect(Dot11EltDSSSet, number, value).channel)
    if number == _HT_OPERATION:
        return _to_mhz(_dissect(Dot11EltHTOperation, number, value).primary_channel)
    if value[:1] != bytes([_HE_OPERATION]):
        return None
    operation = _dissect(Dot11EltHEOperation, number, value)
    channel = operation.he_6g_operation_info.primary_channel if operation.six_g_op_info_present else 0
    return 5_950 + 5 * channel if 1 <= channel <= 233 else None


def _dissect(layer: type[Packet], number: int, value: bytes, padding: bytes = b"") -> Any:
    """One element by scapy's own layer for it, and by no layer behind it."""
    return layer(bytes([number, len(value)]) + value + padding, stop_dissection_after=layer)


def _to_mhz(channel: int) -> int | None:
    """Of 2.4 and 5 GHz (IEEE 802.11-2020, annex E); None for a number that is no channel of either."""
    if 1 <= channel <= 13:
        return 2_407 + 5 * channel
    if channel == 14:
        return 2_484
    return 5_000 + 5 * channel if 36 <= channel <= 177 else None

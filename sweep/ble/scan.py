"""The live door: advertisements from the probe's own Bluetooth controller, through bleak and BlueZ.

Input is how long to listen and how; output is adverts.  An active scan transmits scan requests, so the runner pauses
it during RF windows; a passive one needs BlueZ 5.56 or later with its experimental features.  It identifies nothing.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal

from sweep.addresses import parse_address

from .adverts import NO_UUID16, Advert, to_uuid16
from .signatures import SIGNATURES

if TYPE_CHECKING:
    from bleak.assigned_numbers import AdvertisementDataType
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData

BUS_VARIABLE: Final = "DBUS_SYSTEM_BUS_ADDRESS"
MAX_QUEUED: Final = 100_000
"""Adverts held per scan: guessed, 20 s of the busiest hall; what comes after is counted by the caller's own total."""


class BleDoorError(RuntimeError):
    """No usable Bluetooth controller; the message is one line that says what to do."""

    def __init__(self, message: str, heard: tuple[Advert, ...] = ()) -> None:
        super().__init__(message)
        self.heard = heard
        """What arrived before it failed."""


def to_advert(address: str, properties: dict[str, Any], advertisement: AdvertisementData, t_ns: int) -> Advert | None:
    """An advert from what BlueZ reports; None when the address is not one."""
    try:
        number = parse_address(address)
    except ValueError:
        return None
    uuids = {_uuid16(text) for text in advertisement.service_uuids} - {NO_UUID16}
    services = [(_uuid16(text), bytes(data)) for text, data in advertisement.service_data.items()]
    return Advert(
        t_ns=t_ns,
        address=number,
        is_random=properties.get("AddressType") == "random",
        rssi_dbm=advertisement.rssi if -127 < advertisement.rssi < 20 else None,
        is_connectable=False,
        name=(advertisement.local_name or "").encode("utf-8", "surrogatepass"),
        manufacturer_data=tuple((number, bytes(data)) for number, data in advertisement.manufacturer_data.items()),
        service_uuids=frozenset(uuids),
        service_data=tuple((number, data) for number, data in services if number != NO_UUID16),
        appearance=properties.get("Appearance"),
    )


def _uuid16(text: str) -> int:
    try:
        return to_uuid16(bytes.fromhex(text.replace("-", "")))
    except ValueError:
        return NO_UUID16


def passive_patterns() -> list[tuple[int, AdvertisementDataType, bytes]]:
    """What a passive scan asks BlueZ for: general flags and every company and service of the signature table."""
    from bleak.assigned_numbers import AdvertisementDataType

    flags = [(0, AdvertisementDataType.FLAGS, bytes([value])) for value in (0x02, 0x04, 0x05, 0x06, 0x1A, 0x1B)]
    kinds = {
        "company": (AdvertisementDataType.MANUFACTURER_SPECIFIC_DATA,),
        "service": (AdvertisementDataType.SERVICE_DATA_UUID16, AdvertisementDataType.COMPLETE_LIST_SERVICE_UUID16),
    }
    found = {
        (0, kind, signature.value.to_bytes(2, "little"))
        for signature in SIGNATURES
        if isinstance(signature.value, int)
        for kind in kinds[signature.field]
    }
    return flags + sorted(found)


async def listen(
    seconds: float,
    *,
    mode: Literal["active", "passive"] = "active",
    bus: str | None = None,
    now_ns: Callable[[], int] = time.time_ns,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> list[Advert]:
    """Adverts heard within `seconds`, one for each change that BlueZ reports; `bus`: the address of its message bus,
    where that is not the system's.

    Raises BleDoorError when there is no controller, BlueZ refuses the scan or the controller was lost on the way.
    """
    from bleak import BleakScanner
    from bleak.backends.bluezdbus.manager import get_global_bluez_manager
    from bleak.exc import BleakError
    from dbus_fast import DBusError, InvalidAddressError

    heard: list[Advert] = []

    def note(device: BLEDevice, advertisement: AdvertisementData) -> None:
        details = device.details if isinstance(device.details, dict) else {}
        advert = to_advert(device.address, details.get("props", {}), advertisement, now_ns())
        if advert is not None and len(heard) < MAX_QUEUED:
            heard.append(advert)

    is_running = False
    try:
        scanner = (
            BleakScanner(note, scanning_mode="passive", bluez={"or_patterns": [*passive_patterns()]})
            if mode == "passive"
            else BleakScanner(note, scanning_mode="active")
        )
        with _system_bus(bus):
            async with scanner:
                is_running = True
                await pause(seconds)
            # A controller that is switched off falls silent without a word: ask, or it would look like an empty room.
            (await get_global_bluez_manager()).get_default_adapter()
    except (BleakError, OSError, EOFError, DBusError, InvalidAddressError, KeyError) as error:
        raise BleDoorError(_explain(error, is_running=is_running), tuple(heard)) from None
    return heard


@contextmanager
def _system_bus(address: str | None) -> Iterator[None]:
    """What this process takes for the system bus: bleak lets nobody say it otherwise.  None: as it is."""
    if address is None:
        yield
        return
    before = os.environ.get(BUS_VARIABLE)
    os.environ[BUS_VARIABLE] = address
    try:
        yield
    finally:
        if before is None:
            del os.environ[BUS_VARIABLE]
        else:
            os.environ[BUS_VARIABLE] = before


def _explain(error: Exception, *, is_running: bool) -> str:
    """One line: what happened and what to do."""
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    advice = "check that bluetoothd runs and hci0 is up"
    if isinstance(error, KeyError):  # bleak reads properties that an old BlueZ does not have
        reason, advice = f"BlueZ is too old: it lacks {reason}", "install BlueZ 5.56 or later"
    elif "No powered" in reason:
        advice = "switch it on: bluetoothctl power on"
    elif "adapters found" in reason and not is_running:
        advice = "plug one in or enable it"
    begun = "it stopped while listening: " if is_running else ""
    return f"Bluetooth cannot be scanned ({begun}{reason}); {advice}"

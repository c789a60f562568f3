"""The live door: advertisements from the probe's own Bluetooth controller, through bleak and BlueZ.

Input is how long to listen and how; output is adverts.  An active scan transmits scan requests, so it takes turns with
RF windows; a passive one needs BlueZ 5.56 or later with its experimental features.  It identifies nothing.
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
    from bleak.args.bluez import BlueZScannerArgs
    from bleak.assigned_numbers import AdvertisementDataType
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData

BUS_VARIABLE: Final = "DBUS_SYSTEM_BUS_ADDRESS"
MAX_QUEUED: Final = 100_000
"""Adverts held per scan: guessed, 20 s of the busiest hall; what comes after is counted by the caller's own total."""


Trouble = Literal["ble_adapter_away", "ble_switched_off", "ble_too_old", "ble_no_service", "ble_refused"]
"""Why nothing can be scanned."""


class BleDoorError(RuntimeError):
    """No usable Bluetooth controller; the message is one line that says what to do."""

    def __init__(self, message: str, code: Trouble, heard: tuple[Advert, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
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
    adapter: str | None = None,
    bus: str | None = None,
    now_ns: Callable[[], int] = time.time_ns,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    heard: list[Advert] | None = None,
) -> list[Advert]:
    """Adverts heard within `seconds`, one for each change that BlueZ reports.

    `adapter`: `hci0` and the like; None: the first that is switched on.  `bus`: the address of BlueZ's message bus,
    where that is not the system's.  `heard`: gets each as it comes.

    Raises BleDoorError when there is no controller, BlueZ refuses the scan or the controller was lost on the way.
    """
    from bleak import BleakScanner
    from bleak.backends.bluezdbus.manager import get_global_bluez_manager
    from bleak.exc import BleakError
    from dbus_fast import DBusError, InvalidAddressError

    heard = [] if heard is None else heard

    def note(device: BLEDevice, advertisement: AdvertisementData) -> None:
        details = device.details if isinstance(device.details, dict) else {}
        advert = to_advert(device.address, details.get("props", {}), advertisement, now_ns())
        if advert is not None and len(heard) < MAX_QUEUED:
            heard.append(advert)

    is_running = False
    try:
        arguments: BlueZScannerArgs = {} if adapter is None else {"adapter": adapter}
        if mode == "passive":
            arguments["or_patterns"] = [*passive_patterns()]
        scanner = BleakScanner(note, scanning_mode=mode, bluez=arguments)
        with _system_bus(bus):
            async with scanner:
                is_running = True
                await pause(seconds)
            # A controller that is switched off falls silent without a word: ask, or it would look like an empty room.
            if adapter is None:
                (await get_global_bluez_manager()).get_default_adapter()
            else:
                await _check_power(adapter)
    except (BleakError, OSError, EOFError, DBusError, InvalidAddressError, KeyError) as error:
        raise _explain(error, is_running=is_running, heard=heard) from None
    return heard


async def _check_power(adapter: str) -> None:
    """Raises BleakError unless the adapter is there and on; of one that is named bleak does not tell."""
    from bleak.exc import BleakError
    from dbus_fast import BusType, Message
    from dbus_fast.aio import MessageBus

    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    try:
        objects = "org.freedesktop.DBus.ObjectManager"
        asked = Message(destination="org.bluez", path="/", interface=objects, member="GetManagedObjects")
        reply = await bus.call(asked)
    finally:
        bus.disconnect()
    known = reply.body[0] if reply.body and isinstance(reply.body[0], dict) else {}
    properties = known.get(f"/org/bluez/{adapter}", {}).get("org.bluez.Adapter1")
    if properties is None:
        raise BleakError(f"adapter '{adapter}' not found")
    if not properties["Powered"].value:
        raise BleakError(f"No powered adapter: '{adapter}' is off")


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


def _explain(error: Exception, *, is_running: bool, heard: list[Advert]) -> BleDoorError:
    """One line: what happened and what to do."""
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    code: Trouble = "ble_refused"
    advice = "check that bluetoothd runs and hci0 is up"
    if isinstance(error, KeyError):  # bleak reads properties that an old BlueZ does not have
        code, advice = "ble_too_old", "install BlueZ 5.56 or later"
        reason = f"BlueZ is too old: it lacks {reason}"
    elif "No powered" in reason or "NotReady" in reason or "Not Ready" in reason:
        code, advice = "ble_switched_off", "switch it on: bluetoothctl power on"
    elif "adapters found" in reason or "not found" in reason or (is_running and "Error.Unknown" in reason):
        code = "ble_adapter_away"
        advice = advice if is_running else "plug one in or enable it"
    elif not is_running and not _is_answer(error):
        code = "ble_no_service"
    begun = "it stopped while listening: " if is_running else ""
    return BleDoorError(f"Bluetooth cannot be scanned ({begun}{reason}); {advice}", code, tuple(heard))


def _is_answer(error: Exception) -> bool:
    """Whether BlueZ itself refused; else nobody was there to ask."""
    from bleak.exc import BleakDBusError, BleakError

    if isinstance(error, BleakDBusError):
        return "ServiceUnknown" not in str(error.dbus_error)
    return isinstance(error, BleakError) and "ServiceUnknown" not in str(error)

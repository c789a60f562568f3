"""The live source: advertisements from the probe's own Bluetooth controller, through bleak and BlueZ.

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

from sweep.modality.addresses import parse_address
from sweep.phrases import Phrase, quoted

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


class _AdapterError(RuntimeError):
    """The adapter that was named is away or off."""

    def __init__(self, phrase: Phrase, code: Literal["ble_adapter_away", "ble_switched_off"]) -> None:
        super().__init__(phrase)
        self.code: Trouble = code


class BleSourceError(RuntimeError):
    """No usable Bluetooth controller; the message is one line that says what to do."""

    def __init__(self, phrase: Phrase, code: Trouble, heard: tuple[Advert, ...] = ()) -> None:
        super().__init__(phrase)
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

    Raises BleSourceError when there is no controller, BlueZ refuses the scan or the controller was lost on the way.
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
            if adapter is not None:
                await _check_power(adapter)
            async with scanner:
                is_running = True
                await pause(seconds)
            # A controller that is switched off falls silent without a word: ask, or it would look like an empty room.
            if adapter is None:
                (await get_global_bluez_manager()).get_default_adapter()
            else:
                await _check_power(adapter)
    except (_AdapterError, BleakError, OSError, EOFError, DBusError, InvalidAddressError, KeyError) as error:
        raise _explain(error, is_running=is_running, heard=heard) from None
    return heard


async def _check_power(adapter: str) -> None:
    """Raises _AdapterError unless the adapter is there and on, BleakError where nobody answers; bleak does not ask."""
    from bleak.exc import BleakDBusError
    from dbus_fast import BusType, Message, MessageType
    from dbus_fast.aio import MessageBus

    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    try:
        objects = "org.freedesktop.DBus.ObjectManager"
        asked = Message(destination="org.bluez", path="/", interface=objects, member="GetManagedObjects")
        reply = await bus.call(asked)
    finally:
        bus.disconnect()
    if reply.message_type is MessageType.ERROR:
        raise BleakDBusError(reply.error_name or "", reply.body)
    known = reply.body[0] if reply.body and isinstance(reply.body[0], dict) else {}
    properties = known.get(f"/org/bluez/{adapter}", {}).get("org.bluez.Adapter1")
    if properties is None:
        raise _AdapterError(Phrase("bluetooth_adapter_not_found", adapter=adapter), "ble_adapter_away")
    if not properties["Powered"].value:
        raise _AdapterError(Phrase("bluetooth_adapter_off", adapter=adapter), "ble_switched_off")


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


def _explain(error: Exception, *, is_running: bool, heard: list[Advert]) -> BleSourceError:
    """What happened and what to do."""
    code = _trouble(error, is_running=is_running)
    why: Phrase | str = quoted(error)
    if code == "ble_too_old":
        why = Phrase("bluez_too_old", lacking=why)
    if is_running:
        why = Phrase("bluetooth_stopped_listening", why=why)
    advice = _advice(code, is_running=is_running)
    return BleSourceError(Phrase("bluetooth_not_scanned", why=why, advice=advice), code, tuple(heard))


def _advice(code: Trouble, *, is_running: bool) -> Phrase:
    match code:
        case "ble_too_old":
            return Phrase("advice_bluez_update")
        case "ble_switched_off":
            return Phrase("advice_bluetooth_switch_on")
        case "ble_adapter_away" if not is_running:
            return Phrase("advice_bluetooth_plug_in")
        case _:
            return Phrase("advice_bluetooth_check")


def _trouble(error: Exception, *, is_running: bool) -> Trouble:
    """What kind of error it is: by its class, its reason and the name that D-Bus gives it."""
    from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakDBusError, BleakError

    if isinstance(error, KeyError):  # bleak reads properties that an old BlueZ does not have
        return "ble_too_old"
    if isinstance(error, _AdapterError):
        return error.code
    if isinstance(error, BleakBluetoothNotAvailableError):
        if error.reason is BleakBluetoothNotAvailableReason.POWERED_OFF:
            return "ble_switched_off"
        if error.reason is BleakBluetoothNotAvailableReason.NO_BLUETOOTH:
            return "ble_adapter_away"
    name = error.dbus_error if isinstance(error, BleakDBusError) else ""
    if name == "org.bluez.Error.NotReady":
        return "ble_switched_off"
    if is_running and name.startswith("org.freedesktop.DBus.Error.Unknown"):
        return "ble_adapter_away"
    is_answer = isinstance(error, BleakError) and name != "org.freedesktop.DBus.Error.ServiceUnknown"
    return "ble_refused" if is_running or is_answer else "ble_no_service"

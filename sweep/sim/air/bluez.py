"""A Bluetooth daemon that is not there: enough of BlueZ on a private D-Bus that the real bleak scans through it.

Adapters, devices and adverts are given by the simulation or by a test; what BlueZ does with them follows: an active
scan reports every device, an advertisement monitor only those that one of its patterns matches, and a powered-off
adapter refuses.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Sequence
from typing import Any, Self

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio.message_bus import MessageBus

from sweep.host.scratch import scratch_folder
from sweep.phrases import Phrase

ADAPTER = "org.bluez.Adapter1"
DEVICE = "org.bluez.Device1"
MONITOR = "org.bluez.AdvertisementMonitor1"
MONITORS = "org.bluez.AdvertisementMonitorManager1"
OBJECTS = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"
UUID_TAIL = "-0000-1000-8000-00805f9b34fb"

COMPANY, SERVICE_DATA, SERVICES, NAME, FLAGS = 0xFF, 0x16, 0x03, 0x09, 0x01
"""Types of advertising data (Assigned Numbers, section 2.3)."""

Section = tuple[int, bytes]
BUS_DAEMON = "dbus-daemon"
DIES_WITH_PARENT = ("setpriv", "--pdeathsig", "TERM")
"""Of util-linux: the bus does not outlive a process that is killed."""
BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="false"/>
<allow receive_sender="*" eavesdrop="false"/></policy></busconfig>
"""


@contextlib.asynccontextmanager
async def private_bus(daemon: str = BUS_DAEMON) -> AsyncIterator[str]:
    """A message bus of its own that nobody else is on; gives its address.  OSError where there can be none."""
    program = shutil.which(daemon)
    if program is None:
        raise FileNotFoundError(Phrase("daemon_not_installed", program=daemon))
    with scratch_folder("bus") as folder:  # a socket's path must stay short
        config = folder / "bus.conf"
        config.write_text(BUS_CONFIG.format(socket=folder / "bus"), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            *DIES_WITH_PARENT, program, "--nofork", "--nopidfile", "--print-address=1", f"--config-file={config}",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            first = b"" if process.stdout is None else await asyncio.wait_for(process.stdout.readline(), 20.0)
            if not first:
                raise OSError(Phrase("daemon_not_started", program=daemon))
            yield first.decode().strip()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


class FakeBlueZ:
    """The daemon; an async context manager that owns `org.bluez` on the bus at `address`."""

    def __init__(self, address: str, *, has_monitors: bool = True) -> None:
        self._bus = MessageBus(bus_address=address)
        self._objects: dict[str, dict[str, dict[str, Variant]]] = {}
        self._patterns: dict[tuple[str, str], list[tuple[int, int, bytes]]] = {}
        self._discovering: set[str] = set()
        self._has_monitors = has_monitors
        self._tasks: set[asyncio.Task[None]] = set()
        self.scanning = asyncio.Event()
        """Set once a scan runs."""
        self.calls: list[str] = []
        """Methods that were called, in order."""
        self.filters: list[dict[str, Any]] = []
        """Discovery filters that were set."""

    async def __aenter__(self) -> Self:
        await self._bus.connect()
        self._bus.add_message_handler(self._answer)
        await self._bus.request_name("org.bluez")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._bus.disconnect()

    @property
    def patterns(self) -> list[tuple[int, int, bytes]]:
        """All patterns of all monitors that are registered."""
        return [one for patterns in self._patterns.values() for one in patterns]

    def add_adapter(
        self, name: str = "hci0", *, powered: bool = True, roles: Sequence[str] | None = ("central",)
    ) -> None:
        """An adapter comes up; `roles` None is a BlueZ too old to tell."""
        properties = {"Address": Variant("s", "00:00:5E:00:53:FF"), "Powered": Variant("b", powered)}
        if roles is not None:
            properties["Roles"] = Variant("as", list(roles))
        self._add(
            f"/org/bluez/{name}", {ADAPTER: properties, MONITORS: {}} if self._has_monitors else {ADAPTER: properties}
        )

    def remove_adapter(self, name: str = "hci0") -> None:
        """The adapter is pulled out, and all of its devices with it."""
        home = f"/org/bluez/{name}"
        self._discovering.discard(home)
        self._patterns = {key: one for key, one in self._patterns.items() if key[0] != home}
        for path in [path for path in self._objects if path.startswith(f"/org/bluez/{name}")]:
            gone = list(self._objects.pop(path))
            self._signal("/", OBJECTS, "InterfacesRemoved", "oas", [path, gone])

    def power_off(self, name: str = "hci0") -> None:
        """The adapter is switched off."""
        self._discovering.discard(f"/org/bluez/{name}")
        self._change(f"/org/bluez/{name}", ADAPTER, {"Powered": Variant("b", False)})

    def advertise(
        self, address: str, rssi_dbm: int, sections: Sequence[Section], *, is_random: bool = True, adapter: str = "hci0"
    ) -> bool:
        """One advertisement is in the air; what BlueZ passes on depends on who scans.  Gives whether that is any."""
        home = f"/org/bluez/{adapter}"
        wanted = home in self._discovering or any(
            _matches(sections, pattern)
            for (owner, _), patterns in self._patterns.items()
            if owner == home
            for pattern in patterns
        )
        if not wanted:
            return False
        path = f"{home}/dev_{address.replace(':', '_')}"
        properties = _properties(home, address, rssi_dbm, sections, is_random=is_random)
        known = self._objects.get(path, {}).get(DEVICE)
        if known is None:
            self._add(path, {DEVICE: properties})
            return True
        self._change(path, DEVICE, {k: v for k, v in properties.items() if known.get(k) != v})
        return True

    def _add(self, path: str, interfaces: dict[str, dict[str, Variant]]) -> None:
        self._objects[path] = interfaces
        self._signal("/", OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [path, interfaces])

    def _change(self, path: str, interface: str, changed: dict[str, Variant]) -> None:
        self._objects[path][interface].update(changed)
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, changed, []])

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        if self._bus.connected:
            _ = self._bus.send(  # in order; nothing here waits for it
                Message(
                    message_type=MessageType.SIGNAL,
                    path=path,
                    interface=interface,
                    member=member,
                    signature=signature,
                    body=body,
                )
            )

    def _answer(self, call: Message) -> Message | None:
        if call.message_type != MessageType.METHOD_CALL:
            return None
        self.calls.append(str(call.member))
        path = str(call.path)
        if (path, call.member) == ("/", "GetManagedObjects"):
            return Message.new_method_return(call, "a{oa{sa{sv}}}", [self._objects])
        if call.interface not in self._objects.get(path, {}):
            return Message.new_error(call, "org.freedesktop.DBus.Error.UnknownMethod", "no such method")
        if call.interface == ADAPTER and not self._objects[path][ADAPTER]["Powered"].value:
            return Message.new_error(call, "org.bluez.Error.NotReady", "Resource Not Ready")
        match call.member:
            case "SetDiscoveryFilter":
                self.filters.append({name: value.value for name, value in call.body[0].items()})
            case "StartDiscovery":
                self._discovering.add(path)
                self.scanning.set()
            case "StopDiscovery":
                self._discovering.discard(path)
            case "RegisterMonitor":
                task = asyncio.get_running_loop().create_task(self._read_monitor(path, str(call.sender), call.body[0]))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            case "UnregisterMonitor":
                self._patterns.pop((path, call.body[0]), None)
            case _:
                return Message.new_error(call, "org.freedesktop.DBus.Error.UnknownMethod", "no such method")
        return Message.new_method_return(call)

    async def _read_monitor(self, adapter: str, owner: str, path: str) -> None:
        """As BlueZ does: ask the monitor for its patterns, then tell it that it is active."""
        reply = None
        for _ in range(200):  # it may export its object a moment after the reply
            reply = await self._bus.call(
                Message(
                    destination=owner, path=path, interface=PROPERTIES, member="GetAll", signature="s", body=[MONITOR]
                )
            )
            if reply.message_type == MessageType.METHOD_RETURN:
                break
            await asyncio.sleep(0.01)
        if reply is None or reply.body[0]["Type"].value != "or_patterns":
            raise ValueError(Phrase("bluetooth_monitor_without_patterns"))
        self._patterns[adapter, path] = [(at, kind, bytes(data)) for at, kind, data in reply.body[0]["Patterns"].value]
        await self._bus.call(Message(destination=owner, path=path, interface=MONITOR, member="Activate"))
        self.scanning.set()


def _matches(sections: Sequence[Section], pattern: tuple[int, int, bytes]) -> bool:
    at, kind, data = pattern
    return any(found == kind and octets[at : at + len(data)] == data for found, octets in sections)


def _properties(
    adapter: str, address: str, rssi_dbm: int, sections: Sequence[Section], *, is_random: bool
) -> dict[str, Variant]:
    names = [octets.decode() for kind, octets in sections if kind == NAME]
    companies = {int.from_bytes(o[:2], "little"): Variant("ay", o[2:]) for kind, o in sections if kind == COMPANY}
    data = {_uuid(o[:2]): Variant("ay", o[2:]) for kind, o in sections if kind == SERVICE_DATA}
    uuids = [_uuid(o[n : n + 2]) for kind, o in sections if kind == SERVICES for n in range(0, len(o), 2)]
    result = {
        "Adapter": Variant("o", adapter),
        "Address": Variant("s", address),
        "AddressType": Variant("s", "random" if is_random else "public"),
        "Alias": Variant("s", names[0] if names else address.replace(":", "-")),
        "RSSI": Variant("n", rssi_dbm),
        "UUIDs": Variant("as", uuids),
    }
    if names:
        result["Name"] = Variant("s", names[0])
    if companies:
        result["ManufacturerData"] = Variant("a{qv}", companies)
    if data:
        result["ServiceData"] = Variant("a{sv}", data)
    return result


def _uuid(octets: bytes) -> str:
    return f"0000{int.from_bytes(octets, 'little'):04x}{UUID_TAIL}"

"""The real bleak against a BlueZ that is not there: what is in the air arrives, and what fails says so in one line."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Literal

import pytest

from sweep.ble.adverts import Advert
from sweep.ble.scan import BleSourceError, listen
from sweep.sim.air.bluez import COMPANY, FLAGS, NAME, SERVICE_DATA, FakeBlueZ, private_bus
from tests.waiting import PATIENCE_S

TAG, LAMP, GLASSES = "C2:00:00:00:00:01", "C2:00:00:00:00:02", "C2:00:00:00:00:03"
TAG_DATA = [(SERVICE_DATA, bytes.fromhex("5afd") + b"tag")]
LAMP_DATA = [(NAME, b"lamp"), (COMPANY, bytes.fromhex("ff7f") + b"x")]  # of no company that the table knows
GLASSES_DATA = [(FLAGS, b"\x06"), (COMPANY, bytes.fromhex("ab01") + b"y")]

Scenario = Callable[[FakeBlueZ, Callable[[int], Awaitable[None]]], Awaitable[None]]


def scan(
    mode: Literal["active", "passive"],
    scenario: Scenario,
    prepare: Callable[[FakeBlueZ], None] = FakeBlueZ.add_adapter,
    *,
    adapter: str | None = None,
    has_monitors: bool = True,
) -> tuple[list[Advert], FakeBlueZ]:
    """Listen while `scenario` plays; it may wait until a number of adverts has arrived."""

    async def play() -> tuple[list[Advert], FakeBlueZ]:
        ticks = itertools.count(1)
        arrivals: asyncio.Queue[int] = asyncio.Queue()

        def now_ns() -> int:
            number = next(ticks)
            arrivals.put_nowait(number)
            return number

        async def until(count: int) -> None:
            async with asyncio.timeout(PATIENCE_S):
                while await arrivals.get() < count:
                    pass

        async with private_bus() as address, FakeBlueZ(address, has_monitors=has_monitors) as bluez:
            prepare(bluez)

            async def pause(_: float) -> None:
                async with asyncio.timeout(PATIENCE_S):
                    await bluez.scanning.wait()
                await scenario(bluez, until)

            return await listen(1.0, mode=mode, adapter=adapter, bus=address, now_ns=now_ns, pause=pause), bluez

    return asyncio.run(play())


async def three_devices(bluez: FakeBlueZ, until: Callable[[int], Awaitable[None]]) -> None:
    bluez.advertise(LAMP, -70, LAMP_DATA)
    bluez.advertise(TAG, -60, TAG_DATA)
    bluez.advertise(GLASSES, -50, GLASSES_DATA, is_random=False)
    bluez.advertise(TAG, -48, TAG_DATA)
    await until(3)


def levels(adverts: list[Advert]) -> list[tuple[str, int | None]]:
    names = {int(a.replace(":", ""), 16): n for a, n in ((TAG, "tag"), (LAMP, "lamp"), (GLASSES, "glasses"))}
    return [(names[a.address or 0], a.rssi_dbm) for a in adverts]


def test_an_active_scan_hears_every_device_and_every_change_of_level() -> None:
    async def and_all(bluez: FakeBlueZ, until: Callable[[int], Awaitable[None]]) -> None:
        await three_devices(bluez, until)
        await until(4)  # one more than a passive scan is told of

    heard, bluez = scan("active", and_all)
    assert levels(heard) == [("lamp", -70), ("tag", -60), ("glasses", -50), ("tag", -48)]
    lamp, tag, glasses, _ = heard
    assert (lamp.name, lamp.manufacturer_data, lamp.is_random) == (b"lamp", ((0x7FFF, b"x"),), True)
    assert tag.service_data == ((0xFD5A, b"tag"),)
    assert (glasses.manufacturer_data, glasses.is_random, glasses.t_ns) == (((0x01AB, b"y"),), False, 3)
    assert [call for call in bluez.calls if call.endswith("Discovery")] == ["StartDiscovery", "StopDiscovery"]
    assert bluez.filters[0]["Transport"] == "le"
    assert "RegisterMonitor" not in bluez.calls


def test_a_passive_scan_asks_for_patterns_and_never_for_discovery() -> None:
    heard, bluez = scan("passive", three_devices)
    assert levels(heard) == [("tag", -60), ("glasses", -50), ("tag", -48)]
    assert "StartDiscovery" not in bluez.calls
    assert bluez.calls[-1] == "UnregisterMonitor"
    assert bluez.patterns == []


def unplug(bluez: FakeBlueZ) -> None:
    bluez.remove_adapter()


def switch_off(bluez: FakeBlueZ) -> None:
    bluez.power_off()


@pytest.mark.parametrize("mode", ["active", "passive"])
@pytest.mark.parametrize(
    ("prepare", "says", "code"),
    [
        (lambda bluez: None, "No Bluetooth adapters found", "ble_adapter_away"),
        (lambda bluez: bluez.add_adapter(powered=False), "powered .*bluetoothctl power on", "ble_switched_off"),
        (lambda bluez: bluez.add_adapter(roles=("peripheral",)), "central", "ble_refused"),
        (lambda bluez: bluez.add_adapter(roles=None), "too old", "ble_too_old"),
    ],
    ids=["missing", "off", "no-scanner", "old"],
)
def test_an_adapter_that_cannot_scan_is_one_line(
    mode: Literal["active", "passive"],
    prepare: Callable[[FakeBlueZ], None],
    says: str,
    code: str,
) -> None:
    with pytest.raises(BleSourceError, match=rf"^Bluetooth cannot be scanned[^\n]*{says}[^\n]*$") as caught:
        scan(mode, three_devices, prepare)
    assert (caught.value.heard, caught.value.code) == ((), code)


@pytest.mark.parametrize("mode", ["active", "passive"])
@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (lambda bluez: bluez.add_adapter("hci1"), "ble_adapter_away"),
        (lambda bluez: (bluez.add_adapter("hci1"), bluez.add_adapter(powered=False)), "ble_switched_off"),
    ],
    ids=["missing", "off"],
)
def test_another_adapter_than_the_one_that_is_named_does_not_count(
    mode: Literal["active", "passive"], prepare: Callable[[FakeBlueZ], None], code: str
) -> None:
    with pytest.raises(BleSourceError) as caught:
        scan(mode, three_devices, prepare, adapter="hci0")
    assert caught.value.code == code


def test_a_bluez_without_monitors_refuses_the_passive_scan_only() -> None:
    with pytest.raises(BleSourceError, match=r"^Bluetooth cannot be scanned[^\n]*experimental[^\n]*$"):
        scan("passive", three_devices, has_monitors=False)
    heard, _ = scan("active", three_devices, has_monitors=False)
    assert len(heard) >= 3


@pytest.mark.parametrize("mode", ["active", "passive"])
@pytest.mark.parametrize("adapter", [None, "hci0"])
@pytest.mark.parametrize(("loss", "code"), [(unplug, "ble_adapter_away"), (switch_off, "ble_switched_off")])
def test_an_adapter_lost_while_listening_is_told_and_what_was_heard_stays(
    mode: Literal["active", "passive"], adapter: str | None, loss: Callable[[FakeBlueZ], None], code: str
) -> None:
    async def then_lost(bluez: FakeBlueZ, until: Callable[[int], Awaitable[None]]) -> None:
        bluez.advertise(TAG, -60, TAG_DATA)
        await until(1)
        loss(bluez)

    with pytest.raises(
        BleSourceError, match=r"^Bluetooth cannot be scanned[^\n]*stopped while listening[^\n]*$"
    ) as caught:
        scan(mode, then_lost, adapter=adapter)
    assert levels(list(caught.value.heard)) == [("tag", -60)]
    assert caught.value.code == code


@pytest.mark.parametrize("address", ["", "nonsense", "unix:path=/nowhere/bus"])
def test_no_bus_is_one_line(address: str) -> None:
    with pytest.raises(BleSourceError, match=r"^Bluetooth cannot be scanned[^\n]+$") as caught:
        asyncio.run(listen(0.1, bus=address))
    assert caught.value.code == "ble_no_service"


def test_a_bus_without_bluez_is_no_service() -> None:
    async def play() -> None:
        async with private_bus() as address:
            await listen(0.1, bus=address)

    with pytest.raises(BleSourceError) as caught:
        asyncio.run(play())
    assert caught.value.code == "ble_no_service"

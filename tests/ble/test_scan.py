"""The live source: what BlueZ reports becomes an advert, and no controller becomes one line."""

import asyncio
from pathlib import Path
from typing import Literal

import pytest
from bleak.backends.scanner import AdvertisementData

from sweep.ble.scan import BleSourceError, listen, passive_patterns, to_advert

T_NS = 1_700_000_000_000_000_000


def reported(name: str | None = "lamp", rssi_dbm: int = -60) -> AdvertisementData:
    return AdvertisementData(
        local_name=name,
        manufacturer_data={0x02E5: b"x"},
        service_data={"0000fd5a-0000-1000-8000-00805f9b34fb": b"tag", "12345678-0000-0000-0000-000000000000": b"own"},
        service_uuids=["0000fd50-0000-1000-8000-00805f9b34fb", "not a uuid"],
        tx_power=None,
        rssi=rssi_dbm,
        platform_data=(),
    )


def test_a_report_becomes_an_advert() -> None:
    advert = to_advert("C2:00:00:00:00:01", {"AddressType": "random", "Appearance": 64}, reported(), T_NS)
    assert advert is not None
    assert (advert.address, advert.is_random, advert.rssi_dbm, advert.t_ns) == (0xC20000000001, True, -60, T_NS)
    assert (advert.name, advert.appearance) == (b"lamp", 64)
    assert advert.manufacturer_data == ((0x02E5, b"x"),)
    assert advert.service_uuids == {0xFD50}
    assert advert.service_data == ((0xFD5A, b"tag"),)


def test_odd_reports_are_taken_for_what_they_are() -> None:
    assert to_advert("not an address", {}, reported(), T_NS) is None
    advert = to_advert("00:00:5E:00:53:01", {}, reported(None, rssi_dbm=-127), T_NS)
    assert advert is not None
    assert (advert.is_random, advert.rssi_dbm, advert.name, advert.appearance) == (False, None, b"", None)


def test_a_passive_scan_asks_for_everything_that_is_known() -> None:
    patterns = passive_patterns()
    assert len(set(patterns)) == len(patterns)
    contents = {content for _, _, content in patterns}
    for number in (0x004C, 0xFD5A, 0xFCB2, 0xFEA6):
        assert number.to_bytes(2, "little") in contents


@pytest.mark.parametrize("mode", ["active", "passive"])
def test_without_a_controller_there_is_one_line(mode: Literal["active", "passive"], tmp_path: Path) -> None:
    with pytest.raises(BleSourceError, match=r"^Bluetooth cannot be scanned[^\n]+$"):
        asyncio.run(listen(0.1, mode=mode, bus=f"unix:path={tmp_path}/no-bus"))

"""Bluetooth in a live sweep: the real bleak in its own process, on a BlueZ stand-in that is switched off and pulled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sweep.ble.live import LiveBle, has_controller
from sweep.cli.config import Config
from sweep.cli.live import live_sources
from sweep.deliver.outbox import Outbox
from sweep.modality.addresses import AddressKey
from sweep.modality.control import Control
from sweep.modality.liveness import boottime_ns
from sweep.modality.next_position import NextPosition
from sweep.modality.own_transmissions import OwnTransmissions
from sweep.report import GuidanceEvent, LiveEvent, SweepReport
from sweep.run.modalities import SENSING_MODALITIES, vocabulary_of
from sweep.run.runner import Runner
from sweep.run.sweep_sources import LiveSource
from sweep.run.watch.probe_parts import ProbeParts
from sweep.sim.air.bluez import FakeBlueZ
from sweep.sim.source import default_room
from tests.ble.daemon import Bluetooth
from tests.entry_factory import signer

WORDS = vocabulary_of(SENSING_MODALITIES)

ROOM = default_room()
SCAN_S = 1.0


def sweep_of(folder: Path, ble: LiveBle, before: list[Callable[[], None]]) -> tuple[SweepReport, list[LiveEvent]]:
    """A live sweep with nothing but Bluetooth; `before` each position something happens."""
    control, events = Control(), list[LiveEvent]()
    control.declare_empty(("A-1", "A-2"))

    def positions() -> Iterator[NextPosition]:
        for zone, happens in zip(ROOM.plan.zones, before, strict=False):
            happens()
            yield NextPosition(zone.zone_id, 1.0, 1.0, 0.0)

    source = LiveSource(
        ROOM,
        inspectors=("A-1", "A-2"), probe_id="probe-demo-1", dwell_s=20.0, positions=positions(), sources={"ble": ble},
    )  # fmt: skip
    own = OwnTransmissions(boottime_ns)
    begun_ns = boottime_ns()
    with Outbox(folder / "outbox", signer(), tenant="demo-gu", subject="probe-demo-1") as outbox:
        runner = Runner(
            source, outbox, room_key=AddressKey.random("room"), control=control, on_event=events.append,
            live=ProbeParts(own_transmissions=own),
        )  # fmt: skip
        report = runner.run().report
    scans = [one for one in own.during(begun_ns, boottime_ns()) if one.radio == "ble_scan"]
    assert len(scans) == len(before), "each scan stands in the log of own transmissions"
    return report, events


def test_a_scan_goes_on_stand_by_stand_whatever_happens_to_the_adapter(tmp_path: Path) -> None:
    air = Bluetooth()

    def pull(bluez: FakeBlueZ) -> None:
        air.on_advert = lambda _: None
        bluez.remove_adapter()

    def come_back_and_be_pulled_at_the_first_advert() -> None:
        air.do(FakeBlueZ.remove_adapter)
        air.do(FakeBlueZ.add_adapter)
        air.on_advert = pull

    with air.up():
        report, events = sweep_of(
            tmp_path,
            LiveBle(seconds=SCAN_S, bus=air.address),
            [
                lambda: air.do(FakeBlueZ.add_adapter),
                lambda: air.do(FakeBlueZ.power_off),
                come_back_and_be_pulled_at_the_first_advert,
                lambda: None,
                lambda: air.do(FakeBlueZ.add_adapter),
            ],
        )
    covers = {cover.zone_id: cover for cover in report.coverage if cover.modality == "ble"}
    first, off, pulled, away, back = (covers[position.zone_id] for position in report.positions)
    for cover in (first, back):
        assert (cover.blind_reason, cover.gaps) == (None, ())
        assert cover.samples >= 5
        assert cover.dwell_s == pytest.approx(SCAN_S, abs=0.9)
    assert [cover.blind_reason for cover in (off, pulled, away)] == ["ble_switched_off", None, "ble_adapter_away"]
    assert (pulled.samples, pulled.status) == (1, "partly")
    assert [gap.reason for cover in (off, pulled, away) for gap in cover.gaps] == [
        "ble_switched_off", "ble_adapter_away", "ble_adapter_away",
    ]  # fmt: skip
    assert all(gap.end_ns >= gap.start_ns for cover in (off, pulled, away) for gap in cover.gaps)
    said = [event.text.ko for event in events if isinstance(event, GuidanceEvent)]
    assert sum("꺼져 있습니다" in text for text in said) == 1
    assert sum("수신기가 없습니다" in text for text in said) == 2
    heard = [one for one in report.observations if one.modality == "ble"]
    assert {one.zone_id for one in heard} == {first.zone_id, pulled.zone_id, back.zone_id}
    assert {one.kind for one in heard} == {"camera_hint"}
    assert not any(limit.code == "ble_never_measured" for limit in report.limits)


def test_without_a_service_the_sweep_says_so_and_goes_on(tmp_path: Path) -> None:
    ble = LiveBle(seconds=SCAN_S, bus="unix:path=/nowhere/bus")
    report, events = sweep_of(tmp_path, ble, [lambda: None])
    (cover,) = [one for one in report.coverage if one.modality == "ble" and one.zone_id == report.positions[0].zone_id]
    assert (cover.blind_reason, cover.rejections["ble_no_service"]) == ("ble_no_service", 1)
    assert [gap.reason for gap in cover.gaps] == ["ble_no_service"]
    assert WORDS.reason("ble_no_service") in [verdict.text for verdict in report.verdicts]
    assert "ble_never_measured" in {limit.code for limit in report.limits}
    said = [event.text.en for event in events if isinstance(event, GuidanceEvent)]
    assert any("Bluetooth does not answer" in text for text in said)


def test_bluetooth_is_scanned_where_the_machine_has_it_and_the_settings_do_not_forbid_it(tmp_path: Path) -> None:
    assert not has_controller(tmp_path)
    (tmp_path / "hci0").mkdir()
    assert has_controller(tmp_path)
    assert live_sources(Config(ble_adapter="hci1", ble_scan="passive"))["ble"] == LiveBle("hci1", "passive", 10.0)
    assert "ble" not in live_sources(Config(ble_adapter="hci1", ble_scan="never"))

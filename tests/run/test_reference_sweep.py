"""The reference check in a live sweep: three repeats, an entry of its own, and what the report then rests on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sweep.entry.envelope import from_wire, parse_envelope
from sweep.entry.kinds import OPENED, REFERENCE_CHECKED, REFERENCE_TYPE, REPORT
from sweep.modality.addresses import AddressKey
from sweep.modality.control import Control
from sweep.modality.measurement import Measurement
from sweep.modality.messages import Line
from sweep.modality.next_position import REFERENCE, REFERENCE_ID, NextPosition
from sweep.modality.protocol import Measure
from sweep.modality.task import Task
from sweep.report import (
    AddressToken,
    Levels,
    LiveEvent,
    Modality,
    ReferenceChecked,
    ReferenceEvent,
    VideoJudgement,
    WifiObservation,
    parse_json,
)
from sweep.run.reference.reference import ReferenceFile
from sweep.run.runner import Runner
from sweep.run.sweep_sources import LiveSource, middle_of
from sweep.run.watch.probe_parts import ProbeParts
from sweep.sim.source import default_room
from sweep.wifi.modality import WifiModality
from tests.report_factory import uid
from tests.run.honest_server import PERSONS
from tests.run.kill_rig import box

BEACON = WifiObservation(
    observation_id=uid(0x11), zone_id=REFERENCE_ID, position_id="reference-1", t_ns=1, modality="wifi",
    addresses=(AddressToken(scheme="sweep", key_id="0" * 8, tag="1" * 16, oui=None, is_locally_administered=True),),
    role="sta", vendor=None, is_randomised=True, channel_mhz=2437.0, rssi_dbm=Levels(median=-41.0, max=-40.0),
    frames=900, bytes_up=1, bytes_down=1, dwell_s=10.0, stimulus=None,
    video=VideoJudgement(verdict="not_video", score=0.1, decided_after_s=None),
)  # fmt: skip


def hear(task: Task[Any], line: Line) -> Measurement:
    """The known transmitter before the target, nothing of it in the room."""
    is_target = task.position.zone_id == REFERENCE_ID
    heard = (BEACON,) if is_target else ()
    return Measurement(task.position.zone_id, task.position.position_id, "wifi", 1.0, 500, 0, 1.0, None, heard)


class BeaconModality:
    """Wi-Fi that hears at once."""

    name: Modality = "wifi"
    calibration = None
    weigher = WifiModality.weigher
    parts = WifiModality.parts
    words = WifiModality.words

    def open(self) -> Measure:
        """Nothing is loaded."""
        return hear


def positions() -> Iterator[NextPosition]:
    yield REFERENCE
    yield middle_of(default_room().plan.zones[0])


def test_a_check_before_the_first_zone_is_signed_and_grounds_the_report(tmp_path: Path) -> None:
    room, control, events = default_room(), Control(), list[LiveEvent]()
    control.declare_empty(PERSONS)
    source = LiveSource(
        room,
        inspectors=PERSONS, probe_id="probe-demo-1", dwell_s=0.1, positions=positions(), sources={"wifi": "beacon"},
    )  # fmt: skip
    with box(tmp_path) as outbox:
        report = (
            Runner(
                source, outbox, room_key=AddressKey("room", b"r" * 32), control=control, on_event=events.append,
                modalities=(BeaconModality(),), live=ProbeParts(reference=ReferenceFile(tmp_path / "reference.json")),
            )
            .run()
            .report
        )  # fmt: skip
    told = [event for event in events if isinstance(event, ReferenceEvent)]
    assert [event.done for event in told] == [0, 1, 2, 3]
    assert told[-1].check == report.reference_check
    assert report.reference_check.status == "passed"
    (wifi,) = (part for part in report.reference_check.parts if part.part == "wifi")
    assert (wifi.status, wifi.value) == ("passed", -41.0)
    wires = [from_wire(path.read_bytes()) for path in sorted((tmp_path / "outbox").glob("*.entry"))]
    envelopes = [parse_envelope(entry.payload) for entry, _ in wires]
    assert [one.kind for one in envelopes] == [OPENED, REFERENCE_CHECKED, REPORT]
    assert (envelopes[1].sweep_id, envelopes[1].source) == (None, "live"), "it is about the probe, not about the sweep"
    (body,) = wires[1][1]
    assert body.media_type == REFERENCE_TYPE
    checked = parse_json(ReferenceChecked, body.data)
    assert checked.check == report.reference_check
    assert [(one.part, one.repeats) for one in checked.readings] == [("wifi", (-41.0,) * 3)]
    assert REFERENCE_ID not in {one.zone_id for one in report.positions}, "nothing else of it is in the report"
    reasons = {v.reason for v in report.verdicts if v.zone_id == room.plan.zones[0].zone_id and v.modality == "wifi"}
    assert reasons == {"weights_not_field"}, "the check was made before the zone, so that it is not what is missing"

"""What is told of the room after each position: the groups of devices, their levels, and how well a zone was seen."""

from __future__ import annotations

from typing import Any

from sweep.modality.measurement import Measurement
from sweep.modality.task import blind
from sweep.report import (
    AddressToken,
    BleObservation,
    DevicesEvent,
    Levels,
    Observation,
    Position,
    RfObservation,
    StimulusJudgement,
    VideoJudgement,
    WifiObservation,
)
from sweep.run.reporting.room_progress import devices_event
from tests.report_factory import make_report, uid
from tests.test_reasons import KEY, TASK

ZONES = ("stall-1", "stall-2", "stall-3")
POSITIONS = [
    Position(position_id=zone, zone_id=zone, x_m=1.0, y_m=1.0, facing_deg=0.0, start_ns=0, end_ns=1) for zone in ZONES
]
FOLLOWS = StimulusJudgement(verdict="follows_light", p_value=0.001, kind="light")


def wifi(
    number: int, zone: str, level: float | None, *, video: Any = "not_video", reason: str | None = None,
    stimulus: StimulusJudgement | None = None, id_: int = 1,
) -> WifiObservation:  # fmt: skip
    return WifiObservation(
        observation_id=uid(id_), zone_id=zone, position_id=zone, t_ns=0, modality="wifi", addresses=(token(number),),
        role="sta", vendor="Maker", is_randomised=False, channel_mhz=2437.0,
        rssi_dbm=None if level is None else Levels(median=level, max=level), frames=900, bytes_up=1, bytes_down=1,
        dwell_s=20.0, video=VideoJudgement(verdict=video, score=0.5, decided_after_s=None, reason=reason),
        stimulus=stimulus,
    )  # fmt: skip


def token(number: int) -> AddressToken:
    return KEY.token(number)


def ble(number: int, kind: str) -> BleObservation:
    return BleObservation(
        observation_id=uid(7), zone_id="stall-1", position_id="stall-1", t_ns=0, modality="ble",
        addresses=(token(number),), kind=kind, company=None, rssi_dbm=Levels(median=-61.0, max=-50.0), adverts=9,
    )  # fmt: skip


def told(*observations: Observation, cited: bool = False) -> DevicesEvent:
    measured: list[Measurement] = []
    for one in observations:
        bare = blind(TASK, one.modality, "x")
        measured.append(Measurement(one.zone_id, one.position_id, one.modality, bare.dwell_s, 1, 0, 0.5, None, (one,)))
    return devices_event(POSITIONS, measured, make_report().findings if cited else (), ())


def test_devices_that_send_like_no_camera_are_a_count_and_nothing_of_them_is_told() -> None:
    event = told(
        wifi(1, "stall-1", -50.0), wifi(1, "stall-2", -40.0), wifi(2, "stall-1", -60.0, video="not_assessable"),
        ble(3, "phone"),
    )  # fmt: skip
    assert (event.quiet, event.untold, event.devices, event.left_out) == (3, 1, (), 0)
    assert event.stands == 3


def test_what_follows_the_light_asks_for_action_and_what_streams_for_a_look() -> None:
    event = told(
        wifi(1, "stall-1", -30.0, video="video_uplink"),
        wifi(2, "stall-1", -55.0, video="not_assessable", reason="no_clock"),
        wifi(3, "stall-1", -70.0, video="video_uplink", stimulus=FOLLOWS),
        ble(4, "camera_hint"),
        RfObservation(
            observation_id=uid(8), zone_id="stall-2", position_id="stall-2", t_ns=0, modality="rf", kind="analog_video",
            centre_mhz=5800.0, level_dbm=-44.0, baseline_dbm=None, excess_db=None, duty_cycle=1.0, windows=5,
        ),
    )  # fmt: skip
    assert [(one.group, one.why) for one in event.devices] == [
        ("act", "follows_light"), ("look", "video_uplink"), ("look", "analog_video"), ("look", "may_be_camera"),
        ("look", "camera_hint"),
    ]  # fmt: skip
    assert event.quiet == 0
    assert (event.devices[2].tag, event.devices[2].channel_mhz) == (None, 5800.0)


def test_the_levels_of_a_device_come_in_the_order_of_the_stands_the_strongest_of_each() -> None:
    event = told(
        wifi(1, "stall-3", -40.0, video="video_uplink"), wifi(1, "stall-1", -60.0, video="video_uplink"),
        wifi(1, "stall-1", -52.0, video="video_uplink", id_=2), wifi(1, "stall-2", None, video="video_uplink"),
    )  # fmt: skip
    (device,) = event.devices
    assert [(one.position_index, one.zone_id, one.level_dbm) for one in device.levels] == [
        (0, "stall-1", -52.0), (2, "stall-3", -40.0),
    ]  # fmt: skip


def test_no_more_than_sixteen_are_named_and_the_rest_is_said() -> None:
    event = told(*(wifi(n, "stall-1", -40.0 - n, video="video_uplink", id_=n) for n in range(1, 20)))
    assert (len(event.devices), event.left_out, event.quiet) == (16, 3, 0)
    assert event.devices[0].levels[0].level_dbm == -41.0


def test_what_a_candidate_cites_asks_for_action() -> None:
    (finding,) = make_report().findings
    cited = next(one.observation_id for one in finding.evidence_for if one.observation_id is not None)
    heard = wifi(1, "stall-2", -40.0, video="video_uplink").model_copy(update={"observation_id": cited})
    assert [one.why for one in told(heard, cited=True).devices] == ["cited"]
    assert [one.why for one in told(heard).devices] == ["video_uplink"]

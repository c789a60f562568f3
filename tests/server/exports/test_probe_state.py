"""The probe's own state in the inspection log: what is known in numbers, what nobody could tell as that."""

from __future__ import annotations

from server.exports.columns import COLUMNS, cells_of
from server.exports.printed.sweep import printed_sweep
from server.projections.probe_state import state_words
from sweep.report import ProbeCondition

from . import sample_sweeps as s

WAS = ProbeCondition(
    lowest_battery_v=4.52, undervolted_s=3.0, highest_processor_c=None, slowed_s=0.0,
    least_disk_free_bytes=180_000_000, head_absences=2, head_away_s=9.4, camera_faults={"camera_failed": 1},
    camera_power_cuts={"head_away": 2}, hangs=1, lost={"head_line_bad_crc": 3, "wifi_dropped": 9},
)  # fmt: skip
SAID = (
    "배터리 최저 4.5 V · 전원 경보 3초 · 온도 최고 알 수 없음 · 느려짐 없음 · 저장 공간 최소 0.2 GB · "
    "센서 헤드 2번 끊김(모두 9초) · 카메라 촬영 실패 1곳, 전원 끊김 2번 · 프로그램 멈춤 1번 · 유실 12건"
)


def test_what_is_known_is_said_in_numbers_and_what_is_not_as_unknown() -> None:
    assert state_words(WAS) == SAID
    bare = WAS.model_copy(
        update={"head_absences": 0, "camera_faults": None, "camera_power_cuts": None, "hangs": 0, "lost": {}}
    )
    assert state_words(bare).endswith("센서 헤드 끊기지 않음 · 유실 0건"), (
        "a probe without a camera says nothing of one"
    )
    assert state_words(None) == "기록 없음"


def test_it_stands_in_table_and_print() -> None:
    page = s.live_page(condition=WAS)
    cells = dict(zip((column.ko for column in COLUMNS), cells_of(page.row), strict=True))
    assert cells["장비 상태"] == SAID
    assert ["장비 상태", "State of it", SAID] in printed_sweep(page, 1)["fields"]

"""The self test of a freshly assembled sensor head, from the host's side: walks it through its parts, listens to what
its receivers and its inertial sensor say, and judges what could be measured electrically. Whether a lamp shines or a
buzzer sounds only a person can tell: those rows ask for a look, never claim it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from sweep.link.decode import HeadError, Losses
from sweep.link.head import Head
from sweep.link.imu import IMU_COMPLAINTS, read_samples
from sweep.link.messages import (
    SLOT_NS,
    Counters,
    EnvelopeWindow,
    Housekeeping,
    Imu,
    ImuSet,
    Message,
    ReportCounters,
    RfStart,
    RfStop,
    SelfTest,
    SelfTestResult,
    SelfTestStep,
    TunerSet,
    TunerStop,
    TunerWindow,
)
from sweep.link.readings import BURST_BELOW_COUNTS, HYSTERESIS_COUNTS
from sweep.link.reset_cause import BAD, GOOD, HIDDEN, first_cause, words_of
from sweep.link.supply import ADC_FULL_SCALE_COUNTS, REFERENCE_V, read_supply
from sweep.link.tuner_tour import BUSY_COUNTS
from sweep.modality.motion import ImuSample
from sweep.phrases import Phrase

Verdict = Literal["ok", "fault", "look"]

PART_NAMES: Final = (
    Phrase("part_on_axis_lamps"),
    Phrase("part_off_axis_lamps"),
    Phrase("part_middle_ring_lamps"),
    Phrase("part_red_lamps"),
    Phrase("part_camera_trigger"),
    Phrase("part_white_stimulus"),
    Phrase("part_aiming_spot"),
    Phrase("part_buzzer"),
    Phrase("part_tuner_data"),
    Phrase("part_tuner_select"),
    Phrase("part_tuner_clock"),
    Phrase("part_button"),
    Phrase("part_sensors"),
    Phrase("part_outer_ring_lamps"),
)
"""By part number (messages.toml)."""
STROBE_NAME = Phrase("strobe_line")
LAMPS, RED, TRIGGER, BUZZER, BUTTON, SENSORS = (0, 1, 2, 3, 13), 3, 4, 7, 11, 12
LINES = (*range(BUTTON), 13)
"""Parts that have a line to read back; of the outer ring two together."""
SEEN_BY_EYE = (*LAMPS, TRIGGER, 5, 6, BUZZER)
"""Parts of which only the line can be measured."""
STROBE_LINE = 11
ALL_PARTS = (1 << len(PART_NAMES)) - 1
KIT_PARTS: Final = 1 << 0 | 1 << 1 | 1 << TRIGGER | 1 << BUTTON | 1 << SENSORS
"""On the bench kit's breadboard: both lamp groups, the trigger, the button, and of the sensors its supply."""
DETECTOR_V = (0.4, 2.2)
"""Output of an AD8318 over its whole range, 0.5 to 2.1 V (datasheet), and a margin; a loose wire lies outside."""
RSSI_V = (0.3, 1.5)
"""Output of an RX5808: 0.45 to 1.2 V on the modules that have been described (guessed, with a margin)."""
TUNER_MHZ, TUNER_BLOCKS = 5800, 50
WINDOW_SLOTS = 3125
REST_G = (0.9, 1.1)
"""Length of the weight vector of a head that lies or is held still: 4 g full scale, zero level 20 mg (datasheet)."""
PATIENCE_S = 5.0


class SelfTestAborted(HeadError):
    """The walk came to no end: the message says why."""


@dataclass(slots=True)
class SelfTestReadings:
    """Everything that was read during one walk."""

    result: SelfTestResult
    tuner: TunerWindow | None = None
    envelope: EnvelopeWindow | None = None
    samples: list[ImuSample] = field(default_factory=list)
    counters: Counters | None = None
    reset_cause: int = HIDDEN
    """As the head told it when it was asked who it is."""


@dataclass(frozen=True, slots=True)
class SelfTestRow:
    """One line of the table: a part, what was measured on it, and what that means."""

    part: Phrase
    measured: Phrase | str
    verdict: Verdict


def walk(
    head: Head,
    *,
    step_s: float = 1.0,
    parts: int = ALL_PARTS,
    is_room_empty: bool = False,
    on_step: Callable[[Phrase], None] = lambda _: None,
) -> SelfTestReadings:
    """Walk `head` through `parts` (a bit each), `step_s` (0.1 to 2) on each; `on_step` hears each part as it begins.
    Red is left out unless nobody but whoever tests is in the room: it flashes, which some people cannot bear.

    Raises HeadError when the head refuses or falls silent, SelfTestAborted when its lamps went off by themselves.
    """
    if not is_room_empty:
        parts &= ~(1 << RED)
    head.ask(ImuSet(312))
    head.ask(SelfTest(parts, round(step_s * 1e9 / SLOT_NS), int(is_room_empty)))
    samples: list[ImuSample] = []

    def listen(message: Message) -> bool:
        match message:
            case SelfTestStep(part=part) if part < len(PART_NAMES):
                on_step(PART_NAMES[part])
                return True
            case Imu() as batch:
                samples.extend(read_samples(batch, lambda tick: tick * SLOT_NS))
            case _:
                pass
        return False

    result = head.wait_for(SelfTestResult, step_s + PATIENCE_S, listen)
    if result is None:
        raise SelfTestAborted(Phrase("self_test_never_ended"))
    readings = SelfTestReadings(result, samples=samples, reset_cause=head.identity.reset_cause)
    if parts >> SENSORS & 1:
        _listen_to_receivers(head, readings)
    head.ask(ImuSet(0))
    head.send(ReportCounters())
    readings.counters = head.wait_for(Counters, PATIENCE_S)
    return readings


def _listen_to_receivers(head: Head, readings: SelfTestReadings) -> None:
    """One window of each receiver over the ways that a sweep uses."""
    head.ask(TunerSet(TUNER_MHZ, TUNER_BLOCKS, BUSY_COUNTS))
    readings.tuner = head.wait_for(TunerWindow, PATIENCE_S)
    head.ask(TunerStop())
    head.ask(RfStart(WINDOW_SLOTS, BURST_BELOW_COUNTS, HYSTERESIS_COUNTS))
    readings.envelope = head.wait_for(EnvelopeWindow, PATIENCE_S)
    head.ask(RfStop())


def judge(readings: SelfTestReadings, losses: Losses, *, has_receivers: bool = True) -> list[SelfTestRow]:
    """The table: a row for each part that was walked through, then for what the receivers and the line showed.

    `has_receivers`: False for the bench kit, whose head measures its supply and its reference alone.
    """
    result = readings.result
    rows = [_line_row(result, part, PART_NAMES[part]) for part in LINES if result.parts >> part & 1]
    if any(result.parts >> part & 1 for part in LAMPS):
        rows.append(_line_row(result, STROBE_LINE, STROBE_NAME))
    if result.parts >> BUTTON & 1:
        rows.append(_button_row(result))
    if result.parts >> SENSORS & 1:
        supply, reference, temperature = _supply_rows(result)
        rows += [supply, reference]
        if has_receivers:
            rows += [temperature, *_receiver_rows(readings), _imu_row(readings)]
    rows += [_loss_row(readings, losses), _reset_row(readings.reset_cause)]
    return rows


def _line_row(result: SelfTestResult, line: int, name: Phrase) -> SelfTestRow:
    if not result.lines_followed >> line & 1:
        said = Phrase("pin_does_not_move")
        return SelfTestRow(name, said, "fault")
    if result.lines_stray >> line & 1:
        said = Phrase("pin_moves_with_another")
        return SelfTestRow(name, said, "fault")
    is_line = line not in SEEN_BY_EYE or line == STROBE_LINE
    if is_line:
        return SelfTestRow(name, Phrase("pin_follows"), "ok")
    if line == BUZZER:
        said = Phrase("pin_follows_sounded")
    elif line == TRIGGER:
        said = Phrase("pin_follows_exposed")
    elif line in LAMPS and line != RED:
        said = Phrase("pin_follows_flashed")
    else:
        said = Phrase("pin_follows_shone")
    return SelfTestRow(name, said, "look")


def _button_row(result: SelfTestResult) -> SelfTestRow:
    name = PART_NAMES[BUTTON]
    if result.is_pressed and result.button_changes < 2:
        said = Phrase("stays_pressed")
        return SelfTestRow(name, said, "fault")
    if result.button_changes < 2:
        return SelfTestRow(name, Phrase("was_not_pressed"), "look")
    count = result.button_changes // 2
    return SelfTestRow(name, Phrase("pressed_times", count=count), "ok")


def _supply_rows(result: SelfTestResult) -> list[SelfTestRow]:
    supply = read_supply(
        Housekeeping(result.tick, result.battery_counts, result.bandgap_counts, result.temperature_counts, 0)
    )
    warned = supply.warnings
    reference = "–" if supply.reference_v is None else f"{supply.reference_v:.2f} V"
    rows = (
        (Phrase("supply"), f"{supply.battery_v:.2f} V", "low_battery"),
        (Phrase("reference_voltage"), reference, "reference_off"),
        (Phrase("temperature_sensor"), f"{supply.temperature_c:.0f} °C", "temperature_unread"),
    )
    return [SelfTestRow(part, value, "fault" if code in warned else "ok") for part, value, code in rows]


def _receiver_rows(readings: SelfTestReadings) -> list[SelfTestRow]:
    result, tuner, envelope = readings.result, readings.tuner, readings.envelope
    rows = [
        _voltage_row(Phrase("log_detector"), result.detector_counts, DETECTOR_V),
        _voltage_row(Phrase("tuner_rssi"), result.rssi_counts, RSSI_V),
    ]
    sync = Phrase("sync_separator")
    if tuner is None:
        rows.append(SelfTestRow(sync, Phrase("no_tuner_window"), "fault"))
    else:
        per_s = tuner.lines / (tuner.window_slots * SLOT_NS / 1e9) if tuner.window_slots else 0.0
        rows.append(SelfTestRow(sync, f"{per_s:,.0f} /s @ {tuner.mhz} MHz", "ok" if tuner.lines else "fault"))
    sampling = Phrase("detector_samples")
    if envelope is None:
        rows.append(SelfTestRow(sampling, Phrase("no_window_arrived"), "fault"))
    else:
        is_whole = envelope.dropped == 0 and envelope.samples > 0
        rows.append(
            SelfTestRow(sampling, f"{envelope.samples} / {envelope.window_slots}", "ok" if is_whole else "fault")
        )
    return rows


def _voltage_row(name: Phrase, counts: int, bounds_v: tuple[float, float]) -> SelfTestRow:
    volts = counts * REFERENCE_V / ADC_FULL_SCALE_COUNTS
    if bounds_v[0] <= volts <= bounds_v[1]:
        return SelfTestRow(name, f"{volts:.2f} V", "ok")
    said = Phrase("voltage_out_of_bounds", volts=volts)
    return SelfTestRow(name, said, "fault")


def _imu_row(readings: SelfTestReadings) -> SelfTestRow:
    name = Phrase("inertial_sensor")
    state = readings.result.imu_state
    if state in IMU_COMPLAINTS:
        return SelfTestRow(name, IMU_COMPLAINTS[state], "fault")
    part = f"WHO_AM_I 0x{readings.result.imu_who_am_i:02X}"
    if not readings.samples:
        said = Phrase("imu_no_samples", part=part)
        return SelfTestRow(name, said, "fault")
    weight_g = math.fsum(math.hypot(*sample.acceleration_g) for sample in readings.samples) / len(readings.samples)
    is_good = REST_G[0] <= weight_g <= REST_G[1]
    return SelfTestRow(name, f"{part}, {weight_g:.2f} g, {len(readings.samples)}", "ok" if is_good else "fault")


def _loss_row(readings: SelfTestReadings, losses: Losses) -> SelfTestRow:
    name = Phrase("head_line")
    counters = readings.counters
    if counters is None:
        return SelfTestRow(name, Phrase("head_losses_unknown"), "fault")
    broken = counters.rx_overrun_bytes + counters.rx_bad_frames + counters.rx_unknown_messages
    lost = sum(losses.rejected.values()) + losses.missing_messages + broken + counters.tx_dropped_messages
    said = Phrase("head_losses", lost=lost, missed_slots=counters.missed_slots)
    return SelfTestRow(name, said, "fault" if lost or counters.missed_slots else "ok")


def _reset_row(cause: int) -> SelfTestRow:
    first = first_cause(cause)
    verdict: Verdict = "fault" if first in BAD else "ok" if first in GOOD else "look"
    return SelfTestRow(Phrase("last_reset"), words_of(cause), verdict)


def count_faults(rows: Sequence[SelfTestRow]) -> int:
    """Rows that measured a fault."""
    return sum(row.verdict == "fault" for row in rows)

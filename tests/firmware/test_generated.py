"""The generated files say what the tables say, and other places that repeat a table agree with it."""

import importlib.util
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

import pytest

from sweep.link import messages, supply
from sweep.link.strobe import PHASE_NUMBERS, PULSE_SLOTS, RED_SLOTS
from sweep.sim.head import lamp_pins
from sweep.sim.head import machine as head_machine
from sweep.sim.head import pads as head_pads


@pytest.fixture(scope="module")
def generate(repo_root: Path) -> Iterator[ModuleType]:
    path = repo_root / "firmware" / "generate.py"
    spec = importlib.util.spec_from_file_location("firmware_generate", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(path.parent)  # what it imports stands beside it
        spec.loader.exec_module(module)
        yield module


def test_generated_files_are_up_to_date(generate: ModuleType) -> None:
    stale = [path.name for path, text in generate.generated().items() if path.read_text(encoding="utf-8") != text]
    assert not stale, "run python firmware/generate.py"


def test_crc_of_the_table_changes_with_a_field(generate: ModuleType, repo_root: Path, tmp_path: Path) -> None:
    text = (repo_root / "firmware" / "messages.toml").read_text(encoding="utf-8")
    changed = tmp_path / "messages.toml"
    changed.write_text(text.replace('name = "clamped_slots", type = "u16"', 'name = "clamped_slots", type = "u32"'))
    assert generate.read_table(repo_root / "firmware" / "messages.toml").crc == messages.TABLE_CRC
    assert generate.read_table(changed).crc != messages.TABLE_CRC


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("id = 0x02", "id = 0x01"),
        ('name = "rf_stop"', 'name = "rf_start"'),
        ("id = 0x81", "id = 0x41"),
        ('type = "u16", doc = "from', 'type = "f32", doc = "from'),
        ("u8[16]", "u8[200]"),
        ("line_rate = 0x95", "line_rate = 0x02"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(
    generate: ModuleType, repo_root: Path, tmp_path: Path, old: str, new: str
) -> None:
    text = (repo_root / "firmware" / "messages.toml").read_text(encoding="utf-8")
    assert old in text
    bad = tmp_path / "messages.toml"
    bad.write_text(text.replace(old, new, 1))
    with pytest.raises(generate.TableError):
        generate.read_table(bad)


def test_layouts_of_what_goes_to_the_host_do_not_change() -> None:
    """Recordings of the line are read by later releases: a message of a published version keeps its layout."""
    assert messages.PROTOCOL_VERSION == 3
    published = {
        0x81: "<BI8sIIHB",
        0x82: "<IHHHHIHHHHHHHHHH",
        0x83: "<IHHHHHHHHHHH",
        0x84: "<IIBH",
        0x85: "<IBB",
        0x86: "<BBH",
        0x87: "<BBB",
        0x88: "<IB",
        0x90: "<IHHHHIHHHHBBB",
        0x91: "<IHHBB64s",
        0x92: "<IHHHI",
        0x93: "<IB",
        0x94: "<IHH4s48s",
        0x96: "<HB80s",
        0x97: "<IBBBHHHH",
        0x98: "<IB",
        0x99: "<IHHHBBHHHHHBB",
    }
    now = {number: kind.LAYOUT.format for number, kind in messages.BY_ID.items()}
    assert {number: now[number] for number in published} == published


def test_what_is_not_acknowledged_may_be_lost() -> None:
    """A question that is asked again anyway, and the sign of life, of which the next comes soon."""
    commands = [kind for kind in messages.BY_ID.values() if not kind.IS_TO_HOST]
    unanswered = {kind for kind in commands if not kind.IS_ACKNOWLEDGED}
    assert unanswered == {messages.Identify, messages.KeepAlive, messages.ReportCounters}
    assert not any(kind.IS_ACKNOWLEDGED for kind in messages.BY_ID.values() if kind.IS_TO_HOST)


def test_the_emulator_watches_the_pins_of_the_table(repo_root: Path) -> None:
    table = tomllib.loads((repo_root / "firmware/board/atmega328p/pins.toml").read_text(encoding="utf-8"))
    for name, (module, bit) in head_pads.PINS.items():
        assert (module, bit) == (f"iog{table['pin'][name]['port']}", table["pin"][name]["bit"])
    by_lines = {frozenset(lines): name for name, lines in table["group"].items()}
    letters = {"on_axis": "A", "off_axis": "B", "middle_ring": "M", "outer_ring": "N", "red": "R"}
    assert {lines: letters[name] for lines, name in by_lines.items()} == lamp_pins.SELECTS
    limits = tomllib.loads((repo_root / "firmware/limits.toml").read_text(encoding="utf-8"))["lamp"]
    assert {letters[name]: row["phase"] for name, row in limits.items()} | {"C": 0} == PHASE_NUMBERS
    longest = {row["max_pulse_us"] // 32 for name, row in limits.items() if name != "red"}
    assert (longest, limits["red"]["max_pulse_us"] // 32) == ({PULSE_SLOTS[1]}, RED_SLOTS)
    button = table["pin"]["button"]
    assert (button["port"], button["bit"]) == head_machine.BUTTON
    for name, held in (("imu_sda", head_machine.IMU_SDA), ("imu_scl", head_machine.IMU_SCL)):
        assert (table["pin"][name]["port"], table["pin"][name]["bit"]) == held
    for name, place in (
        ("line_sync", head_machine.LINE_SYNC),
        ("tuner_data", head_machine.TUNER_DATA),
        ("tuner_select", head_machine.TUNER_SELECT),
        ("tuner_clock", head_machine.TUNER_CLOCK),
    ):
        assert (f"iog{table['pin'][name]['port']}", table["pin"][name]["bit"]) == place
    channels = (
        table["pin"]["log_detector"]["adc"],
        table["pin"]["tuner_rssi"]["adc"],
        table["analog_only"]["temperature"]["adc"],
        table["analog_only"]["battery"]["adc"],
    )
    assert channels == head_machine.ADC_CHANNELS
    assert table["analog_only"]["battery"]["divider"] == head_machine.BATTERY_DIVIDER == supply.BATTERY_DIVIDER


def test_examples_show_each_message_as_it_is_on_the_line(repo_root: Path) -> None:
    from sweep.link.frame import FrameReader, Received, encode

    text = (repo_root / "firmware" / "examples.txt").read_text(encoding="utf-8")
    document = (repo_root / "firmware" / "PROTOCOL.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```\n([a-z_]+ seq=[^`]+)```$", document, re.MULTILINE)
    assert len(shown) == 1
    assert shown[0] in text
    examples = re.findall(r"^([a-z_]+) seq=(\d+)(.*)\n  ([0-9a-f ]+)$", text, re.MULTILINE)
    by_name = {re.sub(r"(?<!^)(?=[A-Z])", "_", k.__name__).lower(): k for k in messages.BY_ID.values()}
    assert sorted(name for name, *_ in examples) == sorted(by_name)
    for name, seq, fields, octets in examples:
        kind = by_name[name]
        types = get_type_hints(kind)
        given = dict(pair.split("=") for pair in fields.split())
        values: dict[str, Any] = {k: bytes.fromhex(v) if types[k] is bytes else int(v) for k, v in given.items()}
        message = kind(**values)
        wire = bytes.fromhex(octets)
        assert encode(message, int(seq)) == wire, name
        events = FrameReader(is_to_host=kind.IS_TO_HOST).feed(wire)
        assert events == [Received(message, int(seq), len(wire))]


def test_protocol_document_names_each_reason(repo_root: Path) -> None:
    from sweep.link.frame import Reason

    text = (repo_root / "firmware" / "PROTOCOL.md").read_text(encoding="utf-8")
    for reason in Reason:
        assert f"`{reason}`" in text

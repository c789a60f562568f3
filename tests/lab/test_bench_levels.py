"""A radio's field test: drawn blind, read through its own doors, counted by level, installed and weighed by."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sweep.ble.scan import BUS_VARIABLE
from sweep.cli import build_app
from sweep.cli.config import Config
from sweep.entry.dsse import WEIGHTS_TYPE, Signer
from sweep.lab.campaign.folder import (
    Campaign,
    CampaignError,
    Drawn,
    Reading,
    new_level_test,
    open_campaign,
)
from sweep.lab.campaign.hearing import HEARINGS, HearError, hear_ble, hear_rf
from sweep.lab.campaign.session import record_all
from sweep.lab.campaign.setups import LevelSetup, draw_levels
from sweep.lab.weights.levels import count_levels
from sweep.modality.measurement import Measurement
from sweep.modality.targets import Look, ZoneLooks
from sweep.phrases import Phrase
from sweep.report import Position, utc_now
from sweep.rf.calibration import NOMINAL_LEVELS
from sweep.rf.chance import WANTED_DBM, estimate_rf
from sweep.rf.tuner import PLATEAU_DB
from sweep.run.field_weights import InstalledWeights
from sweep.sim.head.emulated import Emitter, EmulatedHead, RfScene
from tests.ble.daemon import GLASSES, Bluetooth
from tests.lab.campaign_kit import SEED, answering
from tests.report_factory import make_plan
from tests.sim.head_kit import built_elf
from tests.wifi.rings import need_live_capture

RF = Drawn(v=1, seed=SEED, setups=80, of="rf", sender_dbm=-10.0, mhz=5800)
BLE = Drawn(v=1, seed=SEED, setups=1, of="ble", sender_dbm=0.0, sender=GLASSES)
RF_PLAN = ("--of", "rf", "--sender-dbm", "-10", "--mhz", "5800")
LOUD_DBM = NOMINAL_LEVELS.law_at(5800).to_dbm(NOMINAL_LEVELS.wideband.to_counts(-25.0))
"""What -25 dBm reads: the emulated detector has one law, the probe's at 5.8 GHz is another."""
DISTRICT = Signer.from_seed(b"d" * 32)
PLAN = make_plan()


def recorded(folder: Path, hears: Callable[[LevelSetup], bool], most: int = 999, drawn_as: Drawn = RF) -> Campaign:
    """A test of the RF receiver of which so many readings were made."""
    drawn = draw_levels(SEED, HEARINGS["rf"].attenuations_db)
    test = new_level_test(folder, drawn_as, drawn)
    by_number = test.level_setups()

    def hear(name: str) -> Reading:
        setup = by_number[int(name[1:])]
        return Reading(level_dbm=-10.0 - setup.attenuation_db if hears(setup) else None, count=10)

    answers = [str(number) for number in test.left[:most]]
    return record_all(test, hear, answering(answers, []), lambda _: None)


def bench(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(build_app(["bench"]), ["bench", *map(str, arguments)], terminal_width=200)
    return done.exit_code, " ".join(done.output.split())


def test_the_order_is_drawn_and_the_sheet_is_the_setters(tmp_path: Path) -> None:
    code, said = bench("plan", tmp_path / "rf", "--seed", "7", *RF_PLAN)
    assert (code, "80 set-ups drawn" in said) == (0, True)
    test = open_campaign(tmp_path / "rf")
    assert (test.drawn.of, test.drawn.sender_dbm, test.drawn.mhz) == ("rf", -10.0, 5800)
    sheet = test.level_setups()
    counted = Counter((one.attenuation_db, one.is_on) for one in sheet.values())
    assert counted == dict.fromkeys([(float(db), True) for db in range(0, 61, 10)], 8) | {(0.0, False): 24}
    assert tuple(sheet.values()) == draw_levels(7, HEARINGS["rf"].attenuations_db)
    assert [one.is_on for one in list(sheet.values())[:24]] != [one.is_on for one in list(sheet.values())[24:48]]
    assert "a field test already" in bench("plan", tmp_path / "rf", "--seed", "7")[1]
    assert "--sender-dbm" in bench("plan", tmp_path / "x", "--seed", "7", "--of", "rf")[1]
    code, said = bench("plan", tmp_path / "x", "--seed", "7", "--of", "ble", "--sender-dbm", "0", "--sender", "me")
    assert (code, (tmp_path / "x").exists()) == (2, False)


def test_what_would_harm_the_receiver_or_is_not_heard_by_the_tuner_is_refused(tmp_path: Path) -> None:
    code, said = bench("plan", tmp_path / "x", "--seed", "7", "--of", "rf", "--sender-dbm", "14", "--mhz", "5800")
    assert (code, "up to 14 dBm would reach the receiver: put fixed attenuators" in said) == (2, True), said
    for mhz in ((), ("--mhz", "1200")):
        code, said = bench("plan", tmp_path / "x", "--seed", "7", "--of", "rf", "--sender-dbm", "-46", *mhz)
        assert (code, "between 5325 and 5945 MHz, where the tuner hears: --mhz" in said) == (2, True), said
    assert not (tmp_path / "x").exists()


def test_readings_go_on_where_they_were_left_and_are_counted_by_level(tmp_path: Path) -> None:
    test = recorded(tmp_path / "rf", lambda setup: setup.is_on and setup.attenuation_db <= 40.0, most=30)
    assert (len(test.tries), test.left[0]) == (30, 31)
    assert test.tries[0].background is None
    with pytest.raises(CampaignError, match="too little to count: "):
        count_levels(test)
    by_number = test.level_setups()

    def hear(name: str) -> Reading:
        setup = by_number[int(name[1:])]
        is_weak, is_even = setup.attenuation_db == 40.0, setup.number % 2 == 0
        is_heard = setup.is_on and (setup.attenuation_db < 40.0 or (is_weak and is_even))
        return Reading(level_dbm=-20.0 if is_heard else None, count=10)

    open_again = open_campaign(tmp_path / "rf")
    test = record_all(open_again, hear, answering([str(n) for n in open_again.left], []), lambda _: None)
    assert test.left == ()
    table = count_levels(test)
    assert table.levels_dbm == (-70.0, -60.0, -50.0, -40.0, -30.0, -20.0, -10.0)
    assert [rate.of for rate in table.rates] == [8] * 7
    assert [rate.hits for rate in table.rates][:2] == [0, 0]
    assert [rate.hits for rate in table.rates][3:] == [8] * 4
    assert (table.silent.hits, table.silent.of) == (0, 24)
    assert table.rates[-1].low == pytest.approx(0.688, abs=0.001), "Clopper and Pearson"
    assert table.silent.high == pytest.approx(0.117, abs=0.001)
    assert "80 readings" not in table.made_from, "those with the sender off are none of a level"
    assert "56 readings at 7 levels" in table.made_from


def test_a_radio_that_hears_its_sender_while_it_is_off_gives_no_table(tmp_path: Path) -> None:
    deaf = recorded(tmp_path / "all", lambda _: True)
    with pytest.raises(CampaignError, match=r"^with the sender off something was heard 24 of 24 times"):
        count_levels(deaf)
    assert bench("weights", tmp_path / "all", "--out", tmp_path / "x.json")[0] == 2
    assert not (tmp_path / "x.json").exists()
    off = [number for number, one in deaf.level_setups().items() if not one.is_on]
    with pytest.raises(CampaignError, match="4 of 24 times"):
        count_levels(recorded(tmp_path / "four", lambda setup: setup.is_on or setup.number in off[:4]))


def test_what_is_heard_with_the_sender_off_is_taken_out(tmp_path: Path) -> None:
    setups = draw_levels(SEED, HEARINGS["rf"].attenuations_db)
    off = [one.number for one in setups if not one.is_on]
    at_60 = [one.number for one in setups if one.is_on and one.attenuation_db == 60.0]
    heard = {*off[:3], *at_60[:4]}
    table = count_levels(recorded(tmp_path / "rf", lambda s: s.number in heard or (s.is_on and s.attenuation_db < 60)))
    assert (table.silent.hits, table.rates[0].hits, table.rates[0].share) == (3, 4, 0.5), "as counted"
    rate = table.at(-70.0)
    assert rate is not None
    assert (rate.hits, rate.of) == (4, 8)
    assert rate.share == pytest.approx((0.5 - 0.125) / (1.0 - 0.125))
    assert rate.low == 0.0, "of 4 of 8 so much may be the noise of 3 of 24"
    assert rate.high == pytest.approx((table.rates[0].high - table.silent.low) / (1.0 - table.silent.low))
    always = table.model_copy(update={"silent": table.rates[-1]})
    assert always.at(-70.0) is None, "a table that was signed all the same says nothing"


def test_what_fails_is_asked_again_and_nothing_is_noted(tmp_path: Path) -> None:
    test = new_level_test(tmp_path / "rf", RF, draw_levels(SEED, (0.0, 10.0)))
    said: list[str] = []

    def hear(_: str) -> Reading:
        raise HearError(Phrase("radio_not_listening", why="ble_adapter_away"))

    test = record_all(test, hear, answering(["1", "1"], []), lambda phrase: said.append(str(phrase)))
    assert test.tries == ()
    assert sum("the radio did not listen" in one for one in said) == 2


def test_the_table_is_signed_installed_shown_and_says_what_would_have_been_heard(tmp_path: Path) -> None:
    test = recorded(tmp_path / "rf", lambda setup: setup.is_on and setup.attenuation_db <= 40.0)
    code, said = bench("weights", tmp_path / "rf", "--out", tmp_path / "rf.json")
    assert (code, "-50 dBm" in said, "sender off" in said) == (0, True, True), said
    document = (tmp_path / "rf.json").read_bytes()
    (tmp_path / "signed.json").write_text(json.dumps(DISTRICT.sign(WEIGHTS_TYPE, document).to_json()))
    kept = InstalledWeights(tmp_path / "state", "demo-gu")
    kept.install(tmp_path / "signed.json", DISTRICT.public_key, utc_now())
    told = tmp_path / "told.json"
    arguments = ["weights", "show", "--state", str(tmp_path / "state"), "--json", str(told)]
    assert CliRunner().invoke(build_app(["weights"]), arguments).exit_code == 0
    grounds = {one["table"]: one["source"] for one in json.loads(told.read_bytes())["grounds"]["rf"]}
    assert grounds == {"analog_video": "simulated", "continuous_carrier": "guessed", "levels": "field"}
    table = count_levels(test)
    position = Position(position_id="p1", zone_id="stall-1", x_m=0.7, y_m=0.9, facing_deg=0.0, start_ns=0, end_ns=1)
    measured = Measurement("stall-1", "p1", "rf", 8.0, 60, 0, 0.8, None, limits=("rf_tuner_5_8_ghz_only",))
    looks = ZoneLooks(PLAN, PLAN.zones[0], (Look(position, measured),))
    guessed, known = ({one.target: one for one in estimate_rf(looks, *given).chances} for given in ((), (table,)))
    assert WANTED_DBM == -44.0
    assert guessed["analog_5800"].source == "guessed"
    assert (known["analog_5800"].source, known["analog_5800"].probability) == ("field", 1.0)
    assert known["analog_5800"].low == pytest.approx((0.688 - 0.117) / (1.0 - 0.117), abs=0.001), (
        "less what noise may be"
    )
    for mhz in (None, 1200, 2400):
        elsewhere = table.model_copy(update={"mhz": mhz})
        assert estimate_rf(looks, elsewhere).chances == estimate_rf(looks).chances, "its sender was not at 5.8 GHz"
    assert known["analog_1200"] == guessed["analog_1200"], "the bench's sender was at 5.8 GHz"
    weak = table.model_copy(update={"levels_dbm": tuple(dbm + 60.0 for dbm in table.levels_dbm)})
    assert estimate_rf(looks, weak).chances == estimate_rf(looks).chances, "nobody measured a level so weak"


def test_a_table_that_nothing_is_stated_by_is_shown_and_no_file_is_written(tmp_path: Path) -> None:
    recorded(tmp_path / "ble", lambda setup: setup.is_on, drawn_as=RF.model_copy(update={"of": "ble", "mhz": None}))
    said = bench("weights", tmp_path / "ble")
    assert (said[0], "-70 dBm" in said[1], "nothing on a probe is stated by a table of ble levels" in said[1]) == (
        0, True, True,
    )  # fmt: skip
    code, told = bench("weights", tmp_path / "ble", "--out", tmp_path / "ble.json")
    assert (code, told.endswith("no file is written"), (tmp_path / "ble.json").exists()) == (2, True, False), told


def test_the_head_is_read_through_its_own_firmware() -> None:
    settings: dict[str, Any] = {}
    there, elsewhere = {"centre_mhz": 5800.0}, {"centre_mhz": 5705.0}
    for dbm, where, is_heard in (
        (-25.0, there, True), (-70.0, there, True), (-98.0, there, False), (-25.0, {}, False),
        (-25.0, elsewhere, False),
    ):  # fmt: skip
        scene = RfScene((Emitter("continuous", dbm, **where),))
        with EmulatedHead(scene, built_elf()) as emulated:
            settings["port"] = emulated.port
            reading = hear_rf(Config(**settings), RF, 4.0)
        assert reading.count >= 5, "windows at and near 5800 MHz alone"
        assert (reading.level_dbm is not None) == is_heard, (dbm, where)
        if reading.level_dbm is not None and dbm == -25.0:
            assert reading.level_dbm == pytest.approx(LOUD_DBM, abs=2.0)
        elif reading.level_dbm is not None:
            assert dbm - PLATEAU_DB <= reading.level_dbm <= dbm + 1.0, "the tuner's, of a channel beside the peak"
    with pytest.raises(HearError, match="name the sensor head's port"):
        hear_rf(Config(), RF, 2.0)
    with pytest.raises(HearError, match="--mhz"):
        hear_rf(Config(**settings), RF.model_copy(update={"mhz": None}), 2.0)


def test_the_command_records_a_reading_and_goes_on_from_it(tmp_path: Path) -> None:
    folder = tmp_path / "rf"
    new_level_test(folder, RF, draw_levels(SEED, HEARINGS["rf"].attenuations_db))

    def record(port: str, *answers: str) -> str:
        arguments = ["bench", "record", str(folder), "--port", port, "--seconds", "4"]
        done = CliRunner().invoke(build_app(["bench"]), arguments, input="\n".join((*answers, "q", "")))
        assert done.exit_code == 0, done.output
        return done.output

    for number in (1, 2):
        with EmulatedHead(RfScene((Emitter("continuous", -25.0, centre_mhz=5800.0),)), built_elf()) as emulated:
            record(emulated.port, str(number))
        (*_, last) = open_campaign(folder).tries
        assert last.setup == number
        assert last.reading is not None
        assert last.reading.level_dbm == pytest.approx(LOUD_DBM, abs=2.0)
    assert "Nothing was recorded" in record(str(tmp_path / "ttyUSB9"), "3")
    assert open_campaign(folder).left[0] == 3


def test_bluetooth_is_read_through_bluez(monkeypatch: pytest.MonkeyPatch) -> None:
    with Bluetooth().up() as daemon:
        monkeypatch.setenv(BUS_VARIABLE, daemon.address)
        with pytest.raises(HearError, match="the radio did not listen"):
            hear_ble(Config(), BLE, 1.0)
        daemon.do(lambda bluez: bluez.add_adapter())
        reading = hear_ble(Config(), BLE, 1.0)
        stranger = hear_ble(Config(), BLE.model_copy(update={"sender": "00:00:5E:00:53:99"}), 1.0)
    assert reading.level_dbm is not None
    assert -60.0 <= reading.level_dbm <= -50.0
    assert reading.count >= 3
    assert (stranger.level_dbm, stranger.count) == (None, 0)


def test_wifi_is_read_through_the_capture() -> None:
    need_live_capture()
    command = ["unshare", "-n", sys.executable, "-m", "tests.lab.wifi_level_rig"]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    loud, usual, silent = json.loads(done.stdout)
    assert loud["level_dbm"] == -20.0
    assert usual["level_dbm"] == -47.0, "what was sent before the reading is none of it"
    assert usual["count"] > 20
    assert silent["level_dbm"] is None

"""Frames of sensors without an external trigger: only those lit whole are used, and each by the lamp that lit it.

The sensor here is simulated row by row, its clock and the head's drifting apart; the truth is how long each row saw
which lamp.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from sweep.cli.config import Config, ConfigError, read_config
from sweep.lens.camera.pi import PiCamera
from sweep.lens.camera.source import FREE_SHUTTER, HalfSize, camera_settings, nominal_meta
from sweep.lens.camera.v4l2 import V4l2Camera
from sweep.lens.clip.frames import CameraError, CameraSettings, RawFrame, next_frame
from sweep.lens.clip.pairing import PhasePairer
from sweep.lens.clip.whole_frame import can_be_lit_whole, lamp_of
from sweep.lens.optics import RollingShutter, load_optics, load_rolling_shutter
from sweep.modality.control import Control
from sweep.modality.strobe import Phase, Trigger
from tests.lens.picamera2_stand_in import Module
from tests.lens.test_camera import SETTINGS, Capture, frames

IMX219 = RollingShutter(shutter_s=0.097, readout_s=0.024, frame_s=0.1)
PULSE_NS = 2_000_000
START_NS = 10**12
ROWS = 48
PHASES: tuple[Phase, ...] = ("A", "B", "C")


@pytest.fixture
def control() -> Control:
    control = Control()
    control.declare_empty(("점검자-01", "점검자-02"))
    return control


def rows_lit_ns(stamp_ns: int, shutter: RollingShutter, trigger: Trigger) -> npt.NDArray[np.float64]:
    """How long each row of a frame saw the pulse of a trigger."""
    if trigger.phase == "C" or not trigger.is_lit:
        return np.zeros(ROWS)
    closes = stamp_ns + np.linspace(0.0, shutter.readout_s * 1e9, ROWS)
    opens = closes - shutter.shutter_s * 1e9
    begin = trigger.t_ns + 64_000
    seen = np.minimum(closes, begin + PULSE_NS) - np.maximum(opens, begin)
    return np.asarray(np.clip(seen, 0.0, None), np.float64)


def film(
    shutter: RollingShutter,
    *,
    fps: float = 9.8,
    drift: float = 0.0,
    count: int = 400,
    withheld: frozenset[int] = frozenset(),
) -> tuple[list[tuple[int, Trigger]], PhasePairer, list[Trigger]]:
    """Pairs of a frame's time stamp and its trigger, the pairer, and all triggers."""
    rng = np.random.default_rng(7)
    period_ns = 1e9 / fps * (1.0 + drift)
    triggers = [Trigger(n, START_NS + round(n * period_ns), PHASES[n % 3], n not in withheld) for n in range(count)]
    stamps = [START_NS + round(k * shutter.frame_s * 1e9 + rng.normal(0, 50_000)) for k in range(count)]
    pairer = PhasePairer(period_ns=round(period_ns), latency_ns=0)
    events = sorted(
        [(t.t_ns + 30_000_000, 0, t) for t in triggers] + [(s + 40_000_000, 1, s) for s in stamps], key=lambda e: e[:2]
    )
    paired = []
    for _, _, what in events:
        if isinstance(what, Trigger):
            got = pairer.add_trigger(what)
        else:
            got = pairer.add_frame(RawFrame(np.zeros((1, 1), np.uint16), what, 1.0, shutter))
        paired += [(one.sensor_ns, one.trigger) for one in got]
    return paired, pairer, triggers


@pytest.mark.parametrize("shutter", [IMX219, FREE_SHUTTER], ids=["rolling", "global"])
@pytest.mark.parametrize("drift", [-0.005, 0.0, 0.005])
def test_a_paired_frame_saw_its_lamp_with_every_row_and_no_other(shutter: RollingShutter, drift: float) -> None:
    paired, pairer, triggers = film(shutter, drift=drift)
    share = 0.55 if shutter is IMX219 else 0.8
    assert len(paired) > share * 400
    for stamp_ns, trigger in paired:
        seen = {t.number: rows_lit_ns(stamp_ns, shutter, t) for t in triggers if abs(t.t_ns - stamp_ns) < 10**9}
        for number, lit in seen.items():
            wanted = PULSE_NS if number == trigger.number and trigger.phase != "C" else 0
            assert lit == pytest.approx(wanted, abs=1.0), (trigger, number)
    assert set(pairer.dropped) <= {
        "frame_partly_lit",
        "frame_without_lamp",
        "trigger_without_frame",
        "frame_without_trigger",
    }
    assert len({trigger.number for _, trigger in paired}) == len(paired), "a trigger explains one frame"
    assert min(Counter(trigger.phase for _, trigger in paired).values()) > 0.15 * len(paired)


def test_a_lamp_that_was_withheld_leaves_its_frame_unexplained() -> None:
    paired, pairer, _ = film(FREE_SHUTTER, count=90, withheld=frozenset({30, 31}))
    assert not {30, 31} & {trigger.number for _, trigger in paired}
    assert pairer.dropped["lamp_withheld"] >= 2


def test_nothing_is_said_of_a_frame_before_its_lamps_are_heard_of() -> None:
    frame = RawFrame(np.zeros((1, 1), np.uint16), START_NS, 1.0, IMX219)
    flash = Trigger(0, START_NS - 40_000_000, "A", True)
    assert lamp_of(frame, IMX219, []) is None
    assert lamp_of(frame, IMX219, [flash]) is None
    later = Trigger(1, START_NS + 60_000_000, "B", True)
    assert lamp_of(frame, IMX219, [flash, later]) is flash
    assert lamp_of(frame, IMX219, [Trigger(0, START_NS - 90_000_000, "A", True), later]) == "frame_partly_lit"
    assert lamp_of(frame, IMX219, [flash, Trigger(1, START_NS + 10_000_000, "B", True), later]) == "frame_partly_lit"
    assert lamp_of(frame, IMX219, [later]) == "frame_without_lamp"


def test_every_eye_of_the_kit_can_be_lit_whole_and_is_chosen_by_the_carrier(tmp_path: Path) -> None:
    assert (Config(carrier="B").eye, Config().eye, Config(carrier="kit").eye) == ("probe", "probe", "kit")
    for module in ("imx219", "ov5647"):
        eye = Config(carrier="kit", camera_module=module).eye
        settings, optics = camera_settings(eye), load_optics(eye)
        assert (settings.model, settings.shutter) == (module, load_rolling_shutter(eye))
        assert settings.shutter is not None and can_be_lit_whole(settings.shutter)
        assert settings.fps < 1.0 / settings.shutter.frame_s, "flashes wander"
        meta = nominal_meta(settings, (), eye)
        assert (meta.width, meta.eye, meta.led["A"].offset_m) == (optics.full_width_px, eye, 0.011)
        assert meta.focal_px == pytest.approx(optics.focal_m / optics.pixel_pitch_m)
    assert camera_settings("kit") == CameraSettings() == camera_settings("probe")
    assert camera_settings("kit", is_triggered=False).shutter == FREE_SHUTTER
    refused = (
        'camera_module = "imx219"',
        'carrier = "B"\ncamera_trigger = "none"',
        'carrier = "kit"\nlens_lamps = ["red"]',
        'carrier = "D"',
        'carrier = "kit"\ncamera_module = "imx477"',
    )
    for line in refused:
        (tmp_path / "sweep.toml").write_text(line + "\n", encoding="utf-8")
        with pytest.raises(ConfigError):
            read_config(tmp_path / "sweep.toml")


def test_the_kits_table_changes_what_it_says_and_nothing_else(repo_root: Path) -> None:
    import tomllib
    from dataclasses import asdict

    kit = tomllib.loads((repo_root / "hardware" / "kit" / "kit.toml").read_text(encoding="utf-8"))
    ours, theirs = asdict(load_optics("kit")), asdict(load_optics())
    changed = {name for name in ours if ours[name] != theirs[name]}
    assert changed == {"transmission", "on_axis_offset_m", "on_axis_intensity_w_sr", "off_axis_intensity_w_sr"}
    assert ours["on_axis_offset_m"] == pytest.approx(kit["group"]["on_axis"]["radius_mm"] * 1e-3)
    assert ours["off_axis_offset_m"] == pytest.approx(kit["group"]["off_axis"]["centre_mm"] * 1e-3)
    from hardware.kit.table import group_intensity_w_sr

    assert ours["on_axis_intensity_w_sr"] == pytest.approx(group_intensity_w_sr(), abs=0.005)


def test_a_noir_module_runs_freely_with_its_own_shutter(control: Control, tmp_path: Path) -> None:
    settings = CameraSettings(width=128, height=96, fps=9.8, model="imx219", shutter=IMX219)
    module = Module(frames(ExposureTime=97_000))
    module.model = "imx219"
    camera = HalfSize(PiCamera(control.permit(), settings, trigger_mode=tmp_path / "absent", module=module), 1023.0)
    asked = module.cameras[0].camera_configuration()["controls"]
    assert (asked["ExposureTime"], asked["FrameDurationLimits"]) == (97_000, (100_000, 100_000))
    frame = next_frame(camera)
    assert frame is not None and frame.shutter == IMX219
    camera.close()


@pytest.mark.parametrize(
    ("settings", "mode", "said"),
    [
        (CameraSettings(128, 96, model="imx219"), "1", "takes no external trigger"),
        (CameraSettings(128, 96, model="imx219", shutter=RollingShutter(0.02, 0.024, 0.03)), "1", "never all open"),
        (CameraSettings(128, 96, shutter=FREE_SHUTTER), "1", "is in trigger mode"),
        (CameraSettings(128, 96), "0", "not in trigger mode"),
        (CameraSettings(128, 96, model="ov5647", shutter=IMX219), "0", "'imx296', not ov5647"),
    ],
)
def test_what_cannot_be_paired_with_lamps_is_refused_with_the_reason(
    settings: CameraSettings, mode: str, said: str, control: Control, tmp_path: Path
) -> None:
    (tmp_path / "mode").write_text(mode, encoding="ascii")
    with pytest.raises(CameraError, match=said) as refused:
        PiCamera(control.permit(), settings, trigger_mode=tmp_path / "mode", module=Module(frames()))
    assert refused.value.code == "camera_unusable"
    assert "\n" not in str(refused.value)


def test_a_sensor_that_keeps_another_shutter_is_refused(control: Control, tmp_path: Path) -> None:
    settings = CameraSettings(width=128, height=96, shutter=FREE_SHUTTER)
    camera = PiCamera(control.permit(), settings, trigger_mode=tmp_path / "absent", module=Module(frames()))
    with pytest.raises(CameraError, match=r"1\.0 ms, not 97\.0"):
        next_frame(camera)
    camera.close()


def test_of_two_cameras_the_one_of_the_settings_is_opened(control: Control, tmp_path: Path) -> None:
    module = Module(frames())
    module.others_before = ("imx219",)
    (tmp_path / "mode").write_text("1", encoding="ascii")
    camera = PiCamera(control.permit(), SETTINGS, trigger_mode=tmp_path / "mode", module=module)
    assert module.opened_numbers == [1]
    assert camera.serial == "imx296 /base/i2c/1"
    camera.close()


def test_a_v4l2_camera_of_8_bits_gives_the_whole_scale_of_10(control: Control) -> None:
    opener = Capture(formats=("GREY",), eight_bit=True)
    camera = V4l2Camera(control.permit(), SETTINGS, opener=opener)
    frame = next_frame(camera)
    assert frame is not None
    assert frame.pixels.dtype == np.uint16
    assert set(np.unique(frame.pixels)) == {99 * 4 + 99 // 64}
    assert (255 << 2) + (255 >> 6) == 1023, "saturated stays saturated"
    camera.close()

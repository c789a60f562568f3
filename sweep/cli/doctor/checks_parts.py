"""`sweep doctor`: the camera, the radios and the sensor head.

Input is the settings and this machine; output is a check for each thing.  Nothing is switched on: what would need that
is unknown.  The camera's supply, the lines of config.txt and the channels have tables of their own.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import Final

from sweep.cli.config import Config
from sweep.cli.doctor.checks import Here, Topic, run
from sweep.host import installation
from sweep.host.carrier import camera_overlay
from sweep.host.config_txt import model_number
from sweep.lens.optics import load_optics
from sweep.phrases import Phrase, phrase_of
from sweep.report import DoctorCheck

MONITOR_TYPES: Final = frozenset({"801", "803"})
"""ARPHRD_IEEE80211 and ARPHRD_IEEE80211_RADIOTAP (linux/if_arp.h)."""
LEAST_BLUEZ: Final = (5, 56)
"""From which on a passive scan takes patterns (BlueZ's release notes)."""
CAPABILITIES: Final = (1 << 12) | (1 << 13)
"""CAP_NET_ADMIN and CAP_NET_RAW (linux/capability.h)."""
NOT_SET: Final = Phrase("not_set")
PATIENCE_FILE: Final = "/usr/lib/ansim-sweep-probe/camera-timeout.json"
"""Where the package puts libcamera's settings (host/system)."""


def check_camera(settings: Config, here: Here) -> Iterator[DoctorCheck]:
    """Whether the camera would film."""
    camera = Topic("camera", "camera", Phrase("camera"))
    if settings.camera is None:
        yield camera.note(NOT_SET, 'camera = "pi"')
        return
    yield _sensor(settings, here, camera) if settings.camera == "pi" else _device(settings.camera, here, camera)
    if settings.camera == "pi" and settings.camera_power is not None:
        yield _late_driver(settings, here)
    yield _trigger(settings, here)
    yield _optics(settings)
    if settings.carrier == "kit":
        yield Topic("camera", "kit", Phrase("bench_kit")).note(Phrase("kit_camera_always_on"))
    if settings.camera == "pi":
        patience = Topic("camera", "timeout", Phrase("libcamera_timeout"))
        files = (os.environ.get("LIBCAMERA_RPI_CONFIG_FILE"), PATIENCE_FILE)
        file = next((one for one in files if one and here.path(one).exists()), None)
        advice = Phrase("advice_libcamera_file")
        yield patience.ok(file) if file else patience.note(Phrase("default_of_a_second"), advice)
    calibration = Topic("camera", "calibration", Phrase("lens_calibration"))
    if settings.lens_calibration is not None:
        yield calibration.ok(settings.lens_calibration)
    else:
        yield calibration.note(Phrase("none"), Phrase("advice_lens_calibrate"))


def _pi(here: Here) -> int | None:
    return model_number((here.read("proc/device-tree/model") or "").rstrip("\0"))


def _optics(settings: Config) -> DoctorCheck:
    """Which table of nominal optics holds."""
    topic, optics = Topic("camera", "optics", Phrase("nominal_optics")), load_optics(settings.eye)
    values = {"ring_mm": optics.on_axis_offset_m * 1e3, "focal_mm": optics.focal_m * 1e3}
    return topic.ok(Phrase("optics_are", eye=settings.eye, w_sr=optics.on_axis_intensity_w_sr, **values))


def _late_driver(settings: Config, here: Here) -> DoctorCheck:
    """How the driver finds a sensor that had no power at boot."""
    topic = Topic("camera", "sensor_driver", Phrase("sensor_driver"))
    match settings.camera_sensor:
        case "helper":
            if os.access(here.sensor_helper, os.W_OK):
                return topic.ok(Phrase("sensor_helper_there"))
            command = "systemctl start ansim-sweep-sensor.socket"
            return topic.wrong(
                Phrase("is_not_there", what=here.sensor_helper), Phrase("advice_or_root", command=command)
            )
        case "at_boot":
            return topic.note(Phrase("sensor_dark_at_boot"), 'camera_sensor = "helper"')
        case _:
            return topic.note(Phrase("sensor_driver_wants_root"))


def _trigger(settings: Config, here: Here) -> DoctorCheck:
    """How frames find their lamp."""
    topic = Topic("camera", "trigger", Phrase("external_trigger"))
    if settings.camera_module != "imx296":
        return topic.note(Phrase("module_takes_no_trigger", module=settings.camera_module))
    mode = here.read("sys/module/imx296/parameters/trigger_mode")
    if settings.camera_trigger == "none":
        if settings.camera == "pi" and mode == "1":
            return topic.wrong(Phrase("is_on"), Phrase("advice_modprobe", line="options imx296 trigger_mode=0"))
        return topic.note(Phrase("frames_paired_by_lamps"))
    if settings.camera != "pi":
        return topic.unknown(Phrase("trigger_of_device_unknown"))
    advice = Phrase("advice_modprobe", line="options imx296 trigger_mode=1")
    return topic.ok(Phrase("is_on")) if mode == "1" else topic.wrong(Phrase("is_off"), advice)


def _device(device: str, here: Here, topic: Topic) -> DoctorCheck:
    if here.path(device).exists():
        return topic.ok(device)
    return topic.wrong(Phrase("is_not_there", what=device), Phrase("advice_camera_cable"))


def _sensor(settings: Config, here: Here, topic: Topic) -> DoctorCheck:
    driver = here.path(f"sys/bus/i2c/drivers/{settings.camera_module}")
    if any(driver.glob("*-*")):
        return topic.ok(Phrase("image_sensor_answered"))
    if not driver.exists():
        advice = Phrase(
            "advice_sensor_overlay", overlay=camera_overlay(settings.camera_module, settings.camera_socket, _pi(here))
        )
        return topic.wrong(Phrase("driver_not_loaded"), advice)
    if settings.camera_power is not None:
        return topic.unknown(Phrase("unknown_while_off"))
    advice = Phrase("advice_camera_cable_restart")
    return topic.wrong(Phrase("image_sensor_silent"), advice)


def check_radio(settings: Config, here: Here) -> Iterator[DoctorCheck]:
    """Adapter, who manages it, who may open it, and Bluetooth."""
    adapter = Topic("radio", "adapter", Phrase("wifi_adapter"))
    name = settings.wifi_adapter
    if name is None:
        yield adapter.note(NOT_SET, 'wifi_adapter = "sweep0"')
    else:
        kind = here.read(f"sys/class/net/{name}/type")
        if kind is None:
            advice = Phrase("advice_plug_adapter_in")
            yield adapter.wrong(Phrase("is_not_there", what=name), advice)
        else:
            yield adapter.ok(name)
            yield _managed(here, name, kind)
        yield _capability(here)
    yield _bluetooth(settings, here)


def _managed(here: Here, name: str, kind: str) -> DoctorCheck:
    topic = Topic("radio", "managed", Phrase("monitor_mode"))
    said = run(here.nmcli, "-t", "-f", "DEVICE,STATE", "device") or ""
    state = next((line.partition(":")[2] for line in said.splitlines() if line.startswith(f"{name}:")), "unmanaged")
    if not state.startswith("unmanaged"):
        command = f"nmcli device set {name} managed no"
        return topic.wrong(
            Phrase("managed_by_network_manager", state=state),
            Phrase("advice_take_from_network_manager", command=command),
        )
    if kind in MONITOR_TYPES:
        return topic.ok(Phrase("in_monitor_mode"))
    return topic.ok(Phrase("monitor_at_sweep"))


def _capability(here: Here) -> DoctorCheck:
    topic = Topic("radio", "capability", Phrase("capture_right"))
    if os.access(here.service, os.W_OK):
        return topic.ok(Phrase("capture_service"))
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", here.read("proc/self/status") or "", re.MULTILINE)
    if found is not None and int(found[1], 16) & CAPABILITIES == CAPABILITIES:
        return topic.ok(Phrase("this_account"))
    if installation.WAY != "debian":
        return topic.wrong(Phrase("not_allowed"), f"sudo {sys.prefix}/bin/sweep")
    command = "systemctl start ansim-sweep-capture.socket"
    return topic.wrong(Phrase("not_allowed"), Phrase("advice_or_root", command=command))


def _bluetooth(settings: Config, here: Here) -> DoctorCheck:
    topic = Topic("radio", "bluetooth", Phrase("bluetooth"))
    if settings.ble_scan == "never":
        return topic.note(Phrase("not_used"))
    if not any(here.path("sys/class/bluetooth").glob("hci*")):
        is_probe = bool(settings.wifi_adapter or settings.camera or settings.port or settings.carrier)
        return (topic.wrong if is_probe else topic.note)(Phrase("no_adapter"), Phrase("advice_bluetooth"))
    version = re.search(r"(\d+)\.(\d+)", run(here.bluetoothctl, "--version") or "")
    if version is None:
        return topic.wrong(Phrase("bluez_missing"), "apt install bluez")
    if (int(version[1]), int(version[2])) < LEAST_BLUEZ:
        least = ".".join(map(str, LEAST_BLUEZ))
        return topic.wrong(Phrase("bluez_release_too_old", version=version[0]), Phrase("advice_at_least", least=least))
    return topic.ok(f"BlueZ {version[0]}")


def check_head(settings: Config, here: Here, ask: Callable[[str], str]) -> DoctorCheck:
    """Whether the head is there and of this firmware.  `ask`: opens a port and gives the head's name; ValueError says
    why it did not.
    """
    topic = Topic("head", "head", Phrase("sensor_head"))
    if settings.port is None:
        return topic.note(NOT_SET, 'port = "/dev/ansim-head"')
    if not here.path(settings.port).exists():
        advice = Phrase("advice_cable")
        return topic.wrong(Phrase("is_not_there", what=settings.port), advice)
    try:
        return topic.ok(ask(str(here.path(settings.port))))
    except ValueError as error:
        said = phrase_of(error)
        return topic.note(said) if said.code == "port_in_use_by_sweep" else topic.wrong(said, "sweep flash")

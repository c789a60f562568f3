"""`sweep doctor`: the camera, the radios and the sensor head.

Input is the settings and this machine; output is a check for each thing.  Nothing is switched on: what would need that
is unknown.  The camera's supply, the lines of config.txt and the channels have tables of their own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Final

from sweep.cli.doctor.checks import Check, Here, Topic, run
from sweep.config import Config
from sweep.phrases import phrase_of

MONITOR_TYPES: Final = frozenset({"801", "803"})
"""ARPHRD_IEEE80211 and ARPHRD_IEEE80211_RADIOTAP (linux/if_arp.h)."""
LEAST_BLUEZ: Final = (5, 56)
"""From which on a passive scan takes patterns (BlueZ's release notes)."""
CAPABILITIES: Final = (1 << 12) | (1 << 13)
"""CAP_NET_ADMIN and CAP_NET_RAW (linux/capability.h)."""
NOT_SET: Final = ("설정되지 않음", "not set")
PATIENCE_FILE: Final = "/usr/lib/ansim-sweep-probe/camera-timeout.json"
"""Where the package puts libcamera's settings (host/system)."""


def check_camera(settings: Config, here: Here) -> Iterator[Check]:
    """Whether the camera would film."""
    camera = Topic("camera", "camera", ("카메라", "camera"))
    if settings.camera is None:
        yield camera.note(NOT_SET, 'camera = "pi"')
        return
    yield _sensor(settings, here, camera) if settings.camera == "pi" else _device(settings.camera, here, camera)
    if settings.camera == "pi":
        trigger = Topic("camera", "trigger", ("외부 트리거", "external trigger"))
        is_on = here.read("sys/module/imx296/parameters/trigger_mode") == "1"
        line = "options imx296 trigger_mode=1"
        advice = (f"modprobe.d에 {line} 추가 후 재시작", f"put {line} into modprobe.d, then start anew")
        yield trigger.ok(("켜짐", "on")) if is_on else trigger.wrong(("꺼짐", "off"), advice)
        patience = Topic("camera", "timeout", ("트리거 대기 시간", "patience of libcamera"))
        files = (os.environ.get("LIBCAMERA_RPI_CONFIG_FILE"), PATIENCE_FILE)
        file = next((one for one in files if one and here.path(one).exists()), None)
        advice = ("LIBCAMERA_RPI_CONFIG_FILE을 설정하세요", "set LIBCAMERA_RPI_CONFIG_FILE")
        yield patience.ok(file) if file else patience.note(("기본값(1초)", "its default of a second"), advice)
    calibration = Topic("camera", "calibration", ("렌즈 보정", "lens calibration"))
    if settings.lens_calibration is not None:
        yield calibration.ok(settings.lens_calibration)
    else:
        yield calibration.note(
            ("없음", "none"), ("sweep lens-calibrate로 보정하세요", "calibrate with sweep lens-calibrate")
        )


def _device(device: str, here: Here, topic: Topic) -> Check:
    if here.path(device).exists():
        return topic.ok(device)
    return topic.wrong(
        (f"{device} 없음", f"{device} is not there"), ("카메라 케이블을 확인하세요", "look at the camera's cable")
    )


def _sensor(settings: Config, here: Here, topic: Topic) -> Check:
    driver = here.path("sys/bus/i2c/drivers/imx296")
    if any(driver.glob("*-*")):
        return topic.ok(("센서를 찾음", "the sensor answered"))
    if not driver.exists():
        advice = ("config.txt의 dtoverlay=imx296을 확인하세요", "look at dtoverlay=imx296 in config.txt")
        return topic.wrong(("드라이버 없음", "its driver is not loaded"), advice)
    if settings.camera_power is not None:
        return topic.unknown(("전원이 꺼져 있어 알 수 없음", "not known while its supply is off"))
    advice = ("카메라 케이블을 확인하고 재시작하세요", "look at the camera's cable, then start anew")
    return topic.wrong(("센서를 찾지 못함", "the sensor does not answer"), advice)


def check_radio(settings: Config, here: Here) -> Iterator[Check]:
    """Adapter, who manages it, who may open it, and Bluetooth."""
    adapter = Topic("radio", "adapter", ("무선랜 어댑터", "Wi-Fi adapter"))
    name = settings.wifi_adapter
    if name is None:
        yield adapter.note(NOT_SET, 'wifi_adapter = "sweep0"')
    else:
        kind = here.read(f"sys/class/net/{name}/type")
        if kind is None:
            advice = ("어댑터를 꽂으세요", "plug the adapter in")
            yield adapter.wrong((f"{name} 없음", f"{name} is not there"), advice)
        else:
            yield adapter.ok(name)
            yield _managed(here, name, kind)
        yield _capability(here)
    yield _bluetooth(settings, here)


def _managed(here: Here, name: str, kind: str) -> Check:
    topic = Topic("radio", "managed", ("모니터 모드", "monitor mode"))
    said = run(here.nmcli, "-t", "-f", "DEVICE,STATE", "device") or ""
    state = next((line.partition(":")[2] for line in said.splitlines() if line.startswith(f"{name}:")), "unmanaged")
    if not state.startswith("unmanaged"):
        command = f"nmcli device set {name} managed no"
        return topic.wrong(
            (f"NetworkManager가 관리 중({state})", f"NetworkManager manages it ({state})"),
            (f"NetworkManager에서 제외: {command}", f"take it from NetworkManager: {command}"),
        )
    if kind in MONITOR_TYPES:
        return topic.ok(("모니터 모드", "in monitor mode"))
    return topic.ok(("점검할 때 바뀜", "a sweep puts it into it"))


def _capability(here: Here) -> Check:
    topic = Topic("radio", "capability", ("무선 수신 권한", "right to open the adapter"))
    if os.access(here.service, os.W_OK):
        return topic.ok(("수신 서비스", "the helper's service"))
    found = re.search(r"^CapEff:\s*([0-9a-f]+)", here.read("proc/self/status") or "", re.MULTILINE)
    if found is not None and int(found[1], 16) & CAPABILITIES == CAPABILITIES:
        return topic.ok(("이 계정", "this account"))
    command = "systemctl start ansim-sweep-capture.socket"
    return topic.wrong(("권한 없음", "not allowed"), (f"{command}, 또는 root로 실행", f"{command}, or run as root"))


def _bluetooth(settings: Config, here: Here) -> Check:
    topic = Topic("radio", "bluetooth", ("블루투스", "Bluetooth"))
    if settings.ble_scan == "never":
        return topic.note(("쓰지 않음", "not used"))
    if not any(here.path("sys/class/bluetooth").glob("hci*")):
        advice = ("어댑터를 꽂거나 rfkill unblock bluetooth", "plug one in, or rfkill unblock bluetooth")
        return topic.wrong(("어댑터 없음", "no adapter"), advice)
    version = re.search(r"(\d+)\.(\d+)", run(here.bluetoothctl, "--version") or "")
    if version is None:
        return topic.wrong(("BlueZ 없음", "BlueZ is missing"), "apt install bluez")
    if (int(version[1]), int(version[2])) < LEAST_BLUEZ:
        least = ".".join(map(str, LEAST_BLUEZ))
        return topic.wrong(
            (f"BlueZ {version[0]}: 너무 오래됨", f"BlueZ {version[0]} is too old"),
            (f"{least} 이상으로 올리세요", f"bring it to {least} or later"),
        )
    return topic.ok(f"BlueZ {version[0]}")


def check_head(settings: Config, here: Here, ask: Callable[[str], str]) -> Check:
    """Whether the head is there and of this firmware.  `ask`: opens a port and gives the head's name; ValueError says
    why it did not.
    """
    topic = Topic("head", "head", ("센서 헤드", "sensor head"))
    if settings.port is None:
        return topic.note(NOT_SET, 'port = "/dev/ansim-head"')
    if not here.path(settings.port).exists():
        advice = ("케이블을 확인하세요", "look at its cable")
        return topic.wrong((f"{settings.port} 없음", f"{settings.port} is not there"), advice)
    try:
        return topic.ok(ask(str(here.path(settings.port))))
    except ValueError as error:
        said = phrase_of(error)
        return topic.note(said) if said.code == "port_in_use_by_sweep" else topic.wrong(said, "sweep flash")

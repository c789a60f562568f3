"""`sweep doctor`: the program and the machine it runs on.

Input is the settings and this machine; output is a check for each thing.  Nothing is changed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Final

from sweep.cli.doctor.checks import Check, Here, Topic
from sweep.config import Config
from sweep.host import compiled
from sweep.host.clock import read_wall_clock
from sweep.host.machine import Machine
from sweep.phrases import Phrase
from sweep.report import LocalText

PACKAGES: Final = ("cv2", "bleak", "serial", "gpiod", "scapy")
INSTALL: Final = "pip install 'ansim-sweep[probe]'"
PACKAGED: Final = "/usr/lib/ansim-sweep-probe"
"""Where the package lies (host/system)."""
REINSTALL: Final = "apt install --reinstall ansim-sweep-probe"
TOOLS: Final = ("iw", "avrdude")
FIRST_YEAR: Final = 2026
"""Of this software: a clock that says less was never set."""
FULL_SHARE: Final = 0.95
LEAST_FREE_BYTES: Final = 256 * 1024 * 1024
"""Guessed: twenty sweeps' reports, each 12 MiB at most."""
HOT_C, WARM_C = 80.0, 70.0
"""A Raspberry Pi slows down from 80 degrees on (its documentation); ten below it is said."""
LEAST_MEMORY_BYTES: Final = 3_500_000_000
"""Of a board of 4 GB, of which its GPU takes some."""


def check_program() -> Iterator[Check]:
    """What is installed, and whether it computes on this processor what it computes elsewhere."""
    from sweep.captures.kernel import KERNEL_TROUBLE
    from sweep.cli.doctor.golden import examine_capture, examine_lenses

    for module in PACKAGES:
        topic = Topic("program", f"package_{module}", module)
        has = find_spec(module) is not None
        yield topic.ok(("있음", "there")) if has else topic.wrong(("없음", "missing"), INSTALL)
    for tool in TOOLS:
        topic = Topic("program", f"tool_{tool}", tool)
        has = shutil.which(tool) is not None
        yield topic.ok(("있음", "there")) if has else topic.note(("없음", "missing"), f"apt install {tool}")
    yield _compiled(Topic("program", "kernel", ("빠른 기록 해석", "fast reading of captures")), KERNEL_TROUBLE)
    if find_spec("cv2") is not None:
        from sweep.lens.pixels.kernel import KERNEL_TROUBLE as LENS_TROUBLE

        yield _compiled(Topic("program", "lens_kernel", ("빠른 영상 분석", "fast reading of frames")), LENS_TROUBLE)
    if find_spec("scapy") is not None:
        yield _scapy()
    lenses = Topic("program", "golden_clip", ("렌즈 기준 영상", "lens clip of known content"))
    yield _golden(lenses, examine_lenses)
    capture = Topic("program", "golden_capture", ("무선 기준 기록", "capture of known content"))
    yield _golden(capture, examine_capture)


def _compiled(topic: Topic, trouble: Phrase | None) -> Check:
    """Whether a kernel is there, or why not; a package always brings it, so there something is broken."""
    if trouble is None:
        return topic.ok(("컴파일됨", "compiled"))
    if compiled.BUILD.is_relative_to(PACKAGED):
        return topic.wrong(Phrase("package_damaged", why=trouble), REINSTALL)
    return topic.note(trouble, "make setup")


def _scapy() -> Check:
    from sweep.wifi.frames.dissection import examine

    topic = Topic("program", "dissection", ("관리 프레임 해석", "reading of management frames"))
    wrong = examine()
    if wrong is None:
        return topic.ok(("이름·채널·보안 방식을 읽음", "reads names, channel, RSN, WPA, WPS"))
    return topic.wrong(("다르게 읽음", "differs"), wrong)


def _golden(topic: Topic, examine: Callable[[], LocalText | None]) -> Check:
    try:
        wrong = examine()
    except Exception as error:  # noqa: BLE001 - whatever a broken library raises is what this is for
        said = f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
        wrong = LocalText(ko=said, en=said)
    if wrong is None:
        return topic.ok(("다른 기기와 같은 결과", "the same as elsewhere"))
    return topic.wrong(
        (wrong.ko, wrong.en),
        (
            "이 기기로 점검하지 마세요. 운영체제와 OpenCV·NumPy 버전을 확인하세요",
            "do not sweep with this machine: look at the operating system and the releases of OpenCV and NumPy",
        ),
    )


def check_machine(settings: Config, here: Here) -> Iterator[Check]:
    """Board, memory, disk, clock, heat, supply, watchdog."""
    model = here.read("proc/device-tree/model")
    board = Topic("machine", "board", ("보드", "board"))
    yield board.ok(model) if model else board.note(("Raspberry Pi 아님", "no Raspberry Pi"))
    yield _memory(here)
    yield _disk(settings, here)
    yield _clock(here)
    state = Machine(settings.state_folder, here.path("sys")).read()
    yield _heat(state.processor_c)
    yield _supply(state.is_undervolted, state.is_slowed)
    yield _watchdog(here, is_pi=bool(model and model.startswith("Raspberry Pi")))


def _memory(here: Here) -> Check:
    topic = Topic("machine", "memory", ("메모리", "memory"))
    found = re.search(r"^MemTotal:\s+(\d+) kB", here.read("proc/meminfo") or "", re.MULTILINE)
    if found is None:
        return topic.unknown()
    octets = int(found[1]) * 1024
    said = f"{octets / 1e9:.1f} GB"
    if octets >= LEAST_MEMORY_BYTES:
        return topic.ok(said)
    return topic.wrong(said, ("4 GB 이상의 보드를 쓰세요", "use a board of 4 GB or more"))


def _disk(settings: Config, here: Here) -> Check:
    topic = Topic("machine", "disk", ("저장 공간", "disk"))
    whole, free = here.disk(settings.state_folder)
    used = 1.0 - free / max(1, whole)
    found = (f"{used:.0%} 사용, {free / 1e9:.1f} GB 남음", f"{used:.0%} used, {free / 1e9:.1f} GB free")
    if used < FULL_SHARE and free >= LEAST_FREE_BYTES:
        return topic.ok(found)
    return topic.wrong(found, ("밀린 기록을 서버로 보내고 카드를 비우세요", "deliver what waits and clear the card"))


def _clock(here: Here) -> Check:
    topic = Topic("machine", "clock", ("시계", "clock"))
    now = here.now()
    if now.year < FIRST_YEAR:
        return topic.wrong(
            (f"{now:%Y-%m-%d}: 맞춘 적이 없음", f"{now:%Y-%m-%d}: it was never set"),
            ("네트워크에 연결하거나 date로 시각을 맞추세요", "connect to a network, or set the time with date"),
        )
    if read_wall_clock().synchronised:
        return topic.ok(("동기화됨", "synchronised"))
    return topic.note(
        ("동기화되지 않음", "not synchronised"),
        ("네트워크에 연결하면 맞춰집니다", "it is set once there is a network"),
    )


def _heat(degrees: float | None) -> Check:
    topic = Topic("machine", "heat", ("온도", "temperature"))
    if degrees is None:
        return topic.unknown()
    said, advice = f"{degrees:.0f} °C", ("식히고 통풍구를 확인하세요", "let it cool, and look at its vents")
    if degrees >= HOT_C:
        return topic.wrong(said, advice)
    return topic.note(said, advice) if degrees >= WARM_C else topic.ok(said)


def _supply(is_undervolted: bool | None, is_slowed: bool | None) -> Check:
    topic = Topic("machine", "supply", ("전원", "supply"))
    advice = ("다른 보조배터리와 짧은 케이블을 쓰세요", "use another power bank and a short cable")
    if is_undervolted:
        return topic.wrong(("전압 부족", "undervoltage"), advice)
    if is_slowed:
        return topic.wrong(("속도가 제한됨", "the processor is slowed down"), advice)
    return topic.unknown() if is_undervolted is None else topic.ok(("정상", "good"))


def _watchdog(here: Here, *, is_pi: bool) -> Check:
    topic = Topic("machine", "watchdog", ("하드웨어 감시", "hardware watchdog"))
    files = [here.path("etc/systemd/system.conf")]
    for folder in ("usr/lib", "run", "etc"):
        files += sorted(here.path(f"{folder}/systemd/system.conf.d").glob("*.conf"))
    said = "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file())
    found = re.findall(r"^RuntimeWatchdogSec=(\S+)", said, re.MULTILINE)
    if found and found[-1] not in {"0", "off"}:
        return topic.ok(f"RuntimeWatchdogSec={found[-1]}")
    advice = ("system.conf에 RuntimeWatchdogSec=10 추가", "put RuntimeWatchdogSec=10 into systemd's system.conf")
    off = ("꺼짐", "off")
    return topic.wrong(off, advice) if is_pi else topic.note(off, advice)

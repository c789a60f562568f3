"""`sweep doctor`: the program and the machine it runs on.

Input is the settings and this machine; output is a check for each thing.  Nothing is changed.
"""

from __future__ import annotations

import platform
import re
import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Final

from sweep.cli.config import Config
from sweep.cli.doctor.checks import Here, Topic
from sweep.host import installation
from sweep.host.clock import read_wall_clock
from sweep.host.machine import Machine
from sweep.phrases import Phrase, quote
from sweep.report import DoctorCheck

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


def check_program() -> Iterator[DoctorCheck]:
    """What is installed, and whether it computes on this processor what it computes elsewhere."""
    from sweep.captures.kernel import KERNEL_TROUBLE
    from sweep.cli.doctor.golden import examine_capture, examine_lenses

    for module in installation.PROBE_MODULES:
        topic = Topic("program", f"package_{module}", module)
        has = find_spec(module) is not None
        yield topic.ok(Phrase("is_there")) if has else topic.wrong(Phrase("missing"), installation.command_for("probe"))
    for tool in TOOLS:
        topic = Topic("program", f"tool_{tool}", tool)
        has = shutil.which(tool) is not None
        yield topic.ok(Phrase("is_there")) if has else topic.note(Phrase("missing"), f"apt install {tool}")
    yield _compiled(Topic("program", "kernel", Phrase("capture_kernel")), KERNEL_TROUBLE)
    if find_spec("cv2") is not None:
        from sweep.lens.pixels.kernel import KERNEL_TROUBLE as LENS_TROUBLE

        yield _compiled(Topic("program", "lens_kernel", Phrase("lens_kernel")), LENS_TROUBLE)
    if find_spec("scapy") is not None:
        yield _scapy()
    lenses = Topic("program", "golden_clip", Phrase("golden_clip"))
    yield _golden(lenses, examine_lenses)
    capture = Topic("program", "golden_capture", Phrase("golden_capture"))
    yield _golden(capture, examine_capture)


def _compiled(topic: Topic, trouble: Phrase | None) -> DoctorCheck:
    """Whether a kernel is there, or why not; a package always brings it, so there something is broken."""
    if trouble is None:
        return topic.ok(Phrase("is_compiled"))
    match installation.WAY:
        case "checkout":
            return topic.note(trouble, installation.command_for("probe"))
        case "debian":
            return topic.wrong(Phrase("package_damaged", why=trouble), installation.command_for("probe"))
        case "pipx" | "environment":
            return topic.note(trouble, Phrase("advice_wheel_of_machine", machine=platform.machine()))


def _scapy() -> DoctorCheck:
    from sweep.wifi.frames.dissection import examine

    topic = Topic("program", "dissection", Phrase("dissection"))
    wrong = examine()
    if wrong is None:
        return topic.ok(Phrase("reads_management_frames"))
    return topic.wrong(Phrase("reads_differently"), wrong)


def _golden(topic: Topic, examine: Callable[[], Phrase | None]) -> DoctorCheck:
    wrong: Phrase | str | None
    try:
        wrong = examine()
    except Exception as error:  # noqa: BLE001 - whatever a broken library raises is what this is for
        wrong = quote(f"{type(error).__name__}: {error}")
    if wrong is None:
        return topic.ok(Phrase("same_as_elsewhere"))
    return topic.wrong(wrong, Phrase("advice_do_not_sweep_here"))


def check_machine(settings: Config, here: Here) -> Iterator[DoctorCheck]:
    """Board, memory, disk, clock, heat, supply, watchdog."""
    model = here.read("proc/device-tree/model")
    board = Topic("machine", "board", Phrase("board"))
    yield board.ok(model) if model else board.note(Phrase("no_raspberry_pi"))
    yield _memory(here)
    yield _disk(settings, here)
    yield _clock(here)
    state = Machine(settings.state_folder, here.path("sys")).read()
    yield _heat(state.processor_c)
    yield _supply(state.is_undervolted, state.is_slowed)
    yield _watchdog(here, is_pi=bool(model and model.startswith("Raspberry Pi")))


def _memory(here: Here) -> DoctorCheck:
    topic = Topic("machine", "memory", Phrase("memory"))
    found = re.search(r"^MemTotal:\s+(\d+) kB", here.read("proc/meminfo") or "", re.MULTILINE)
    if found is None:
        return topic.unknown()
    octets = int(found[1]) * 1024
    said = f"{octets / 1e9:.1f} GB"
    if octets >= LEAST_MEMORY_BYTES:
        return topic.ok(said)
    return topic.wrong(said, Phrase("advice_board_4_gb"))


def _disk(settings: Config, here: Here) -> DoctorCheck:
    topic = Topic("machine", "disk", Phrase("disk"))
    whole, free = here.disk(settings.state_folder)
    used = 1.0 - free / max(1, whole)
    found = Phrase("disk_used", used=used, free_gb=free / 1e9)
    if used < FULL_SHARE and free >= LEAST_FREE_BYTES:
        return topic.ok(found)
    return topic.wrong(found, Phrase("advice_clear_card"))


def _clock(here: Here) -> DoctorCheck:
    topic = Topic("machine", "clock", Phrase("clock"))
    now = here.now()
    if now.year < FIRST_YEAR:
        return topic.wrong(Phrase("clock_never_set", now=now), Phrase("advice_set_clock"))
    if read_wall_clock().synchronised:
        return topic.ok(Phrase("synchronised"))
    return topic.note(Phrase("not_synchronised"), Phrase("advice_clock_by_network"))


def _heat(degrees: float | None) -> DoctorCheck:
    topic = Topic("machine", "heat", Phrase("temperature"))
    if degrees is None:
        return topic.unknown()
    said, advice = f"{degrees:.0f} °C", Phrase("advice_cool")
    if degrees >= HOT_C:
        return topic.wrong(said, advice)
    return topic.note(said, advice) if degrees >= WARM_C else topic.ok(said)


def _supply(is_undervolted: bool | None, is_slowed: bool | None) -> DoctorCheck:
    topic = Topic("machine", "supply", Phrase("supply"))
    advice = Phrase("advice_other_bank")
    if is_undervolted:
        return topic.wrong(Phrase("undervoltage"), advice)
    if is_slowed:
        return topic.wrong(Phrase("processor_slowed"), advice)
    return topic.unknown() if is_undervolted is None else topic.ok(Phrase("is_good"))


def _watchdog(here: Here, *, is_pi: bool) -> DoctorCheck:
    topic = Topic("machine", "watchdog", Phrase("hardware_watchdog"))
    files = [here.path("etc/systemd/system.conf")]
    for folder in ("usr/lib", "run", "etc"):
        files += sorted(here.path(f"{folder}/systemd/system.conf.d").glob("*.conf"))
    said = "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file())
    found = re.findall(r"^RuntimeWatchdogSec=(\S+)", said, re.MULTILINE)
    if found and found[-1] not in {"0", "off"}:
        return topic.ok(f"RuntimeWatchdogSec={found[-1]}")
    advice = Phrase("advice_runtime_watchdog")
    off = Phrase("is_off")
    return topic.wrong(off, advice) if is_pi else topic.note(off, advice)
